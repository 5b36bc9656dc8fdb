"""The attacks once more in PyTorch, as their papers write them, for comparison with ours on the same weights and images.

usage: attacks.py MODEL.safetensors IMAGES.npz THREADS

IMAGES.npz holds x (uint8 N×C×H×W) and y (int64 N). Prints PyTorch's version; then, for each line [lean-|plain-]ATTACK:EPSILON[:STEPS[:ALPHA]] of its standard input, the seconds
that it took and whether each image withstands it (right when clean and at the end of the attack), as zeros and ones.
"""
import json
import math
import struct
import sys
import time

import numpy
import torch
import torch.nn.functional as F
from torch import nn

BATCH = 250


def read(path):
    with open(path, "rb") as file:
        length = struct.unpack("<Q", file.read(8))[0]
        header = json.loads(file.read(length))
        data = file.read()
    metadata = header.pop("__metadata__")
    tensors = {}
    for name, entry in header.items():
        first, last = entry["data_offsets"]
        tensors[name] = torch.from_numpy(numpy.frombuffer(data[first:last], dtype=numpy.float32).reshape(entry["shape"]).copy())
    return metadata, tensors


class VggS(nn.Module):
    def __init__(self, metadata, tensors):
        super().__init__()
        self.bits = int(metadata["activation.bits"])
        self.mean, self.scale = float(metadata["input.mean"]), float(metadata["input.scale"])
        shapes = [tensors[f"conv{i}.weight"].shape for i in range(1, 7)]
        self.convolutions = nn.ModuleList(nn.Conv2d(s[1], s[0], 3, padding=1, bias=False) for s in shapes)
        self.norms = nn.ModuleList(nn.BatchNorm2d(s[0]) for s in shapes)
        self.linear = nn.Linear(*reversed(tensors["linear.weight"].shape))
        with torch.no_grad():
            for i, (convolution, norm) in enumerate(zip(self.convolutions, self.norms), 1):
                convolution.weight.copy_(tensors[f"conv{i}.weight"])
                norm.weight.copy_(tensors[f"norm{i}.weight"])
                norm.bias.copy_(tensors[f"norm{i}.bias"])
                norm.running_mean.copy_(tensors[f"norm{i}.running_mean"])
                norm.running_var.copy_(tensors[f"norm{i}.running_var"])
            self.linear.weight.copy_(tensors["linear.weight"])
            self.linear.bias.copy_(tensors["linear.bias"])
        self.eval()

    def quantize(self, x):
        if self.bits == 32:
            return x
        levels = 2 ** self.bits - 1
        return x + ((x * (levels / 6)).round() * (6 / levels) - x).detach()

    def forward(self, x):
        x = (x - self.mean) * self.scale
        for i, (convolution, norm) in enumerate(zip(self.convolutions, self.norms)):
            x = self.quantize(F.relu6(norm(convolution(x))))
            if i in (1, 3):
                x = F.max_pool2d(x, 2)
        return self.linear(x.mean((2, 3)))


LEAN = False


def gradient(model, x, loss):
    """As PyTorch's own tutorial has it, by backward(), which fills the gradients of the weights as well; or, lean, by the images alone."""
    x = x.clone().requires_grad_()
    value = loss(model(x))
    if LEAN:
        return torch.autograd.grad(value.sum(), x)[0], value.detach()
    model.zero_grad()
    value.sum().backward()
    return x.grad, value.detach()


def cross_entropy(y):
    return lambda z: F.cross_entropy(z, y, reduction="none")


def fgsm(model, x, y, epsilon):
    step = gradient(model, x, cross_entropy(y))[0].sign()
    return (x + epsilon * step).clamp(0, 1)


def bim(model, x, y, epsilon, steps, alpha, start=None):
    now = x if start is None else start
    for _ in range(steps):
        now = now + alpha * gradient(model, now, cross_entropy(y))[0].sign()
        now = torch.min(torch.max(now, x - epsilon), x + epsilon).clamp(0, 1)
    return now


def pgd(model, x, y, epsilon, steps, alpha):
    start = (x + epsilon * (2 * torch.rand_like(x) - 1)).clamp(0, 1)
    return bim(model, x, y, epsilon, steps, alpha, start)


def apgd(model, x, y, epsilon, steps, loss):
    """Croce and Hein 2020, algorithm 1; images are not let go of on the way, but the first wrong one counts."""
    noise = 2 * torch.rand_like(x) - 1
    now = (x + epsilon * noise / noise.abs().flatten(1).max(1)[0].view(-1, 1, 1, 1)).clamp(0, 1)
    n = len(x)

    def look(at):
        logits = []

        def kept(z):
            logits.append(z.detach())
            return loss(z)

        slope, value = gradient(model, at, kept)
        return slope, value, logits[0].argmax(1) != y

    slope, value, wrong = look(now)
    broken, result = wrong.clone(), now.clone()
    best, best_slope, best_value = now.clone(), slope.clone(), value.clone()
    size = torch.full((n, 1, 1, 1), 2 * epsilon)
    distance, shorter, least = max(int(0.22 * steps), 1), max(int(0.03 * steps), 1), max(int(0.06 * steps), 1)
    values, since, at_check, reduced = [value], 0, value.clone(), torch.ones(n, dtype=torch.bool)
    before = now.clone()
    for i in range(steps):
        moved, before = now - before, now.clone()
        share = 0.75 if i > 0 else 1.0
        step = torch.min(torch.max(now + size * slope.sign(), x - epsilon), x + epsilon).clamp(0, 1)
        now = torch.min(torch.max(now + (step - now) * share + moved * (1 - share), x - epsilon), x + epsilon).clamp(0, 1)
        slope, value, wrong = look(now)
        result[wrong & ~broken] = now[wrong & ~broken]
        broken |= wrong
        values.append(value)
        better = value > best_value
        best[better], best_slope[better], best_value[better] = now[better], slope[better], value[better]
        since += 1
        if since == distance:
            rises = sum((later > earlier).int() for earlier, later in zip(values[-distance - 1:-1], values[-distance:]))
            halve = (rises <= 0.75 * distance) | (~reduced & (at_check >= best_value))
            reduced, at_check = halve, best_value.clone()
            size[halve] /= 2
            now[halve], slope[halve] = best[halve], best_slope[halve]
            since, distance = 0, max(distance - shorter, least)
    result[~broken] = best[~broken]
    return result


def dlr(y):
    def value(z):
        ordered, order = z.sort(dim=1)
        isRight = (order[:, -1] == y).float()
        own = z.gather(1, y.unsqueeze(1)).squeeze(1)
        return -(own - ordered[:, -2] * isRight - ordered[:, -1] * (1 - isRight)) / (ordered[:, -1] - ordered[:, -3] + 1e-12)
    return value


def square(model, x, y, epsilon, queries):
    """Andriushchenko et al. 2020: one place of the window a query for all images, as the reference has it."""
    def margin(at, of):
        with torch.no_grad():
            z = model(at)
        own = z.gather(1, of.unsqueeze(1)).squeeze(1)
        return own - z.scatter(1, of.unsqueeze(1), -math.inf).max(1)[0]

    n, c, h, w = x.shape
    sign = lambda *shape: torch.randint(0, 2, shape).float() * 2 - 1
    best = (x + epsilon * sign(n, c, 1, w)).clamp(0, 1)
    least = margin(best, y)
    for query in range(1, queries + 1):
        standing = least >= 0
        if not standing.any():
            break
        moment = int(query / queries * 10000)
        share = 0.8 / 2 ** sum(moment > passed for passed in (10, 50, 200, 500, 1000, 2000, 4000, 6000, 8000))
        side = max(int(round(math.sqrt(share * h * w))), 1)
        top, left = torch.randint(0, h - side + 1, (1,)).item(), torch.randint(0, w - side + 1, (1,)).item()
        new = best.clone()
        new[:, :, top:top + side, left:left + side] += 2 * epsilon * sign(n, c, 1, 1)
        new = torch.min(torch.max(new, x - epsilon), x + epsilon).clamp(0, 1)
        found = torch.full_like(least, math.inf)
        found[standing] = margin(new[standing], y[standing])
        lower = found < least
        best[lower], least[lower] = new[lower], found[lower]
    return best


def standing(model, attack, pixels, classes):
    result = []
    for x, y in zip((pixels.float() / 255).split(BATCH), classes.split(BATCH)):
        with torch.no_grad():
            right = model(x).argmax(1) == y
        adversarial = attack(model, x, y)
        with torch.no_grad():
            result.append(right & (model(adversarial).argmax(1) == y))
    return torch.cat(result)


def parse(asked):
    name, *numbers = asked.split(":")
    epsilon = float(numbers[0]) / 255
    steps = int(numbers[1]) if len(numbers) > 1 else 1
    alpha = float(numbers[2]) / 255 if len(numbers) > 2 else 1 / 255
    return {
        "fgsm": lambda model, x, y: fgsm(model, x, y, epsilon),
        "bim": lambda model, x, y: bim(model, x, y, epsilon, steps, alpha),
        "pgd": lambda model, x, y: pgd(model, x, y, epsilon, steps, alpha),
        "apgd-ce": lambda model, x, y: apgd(model, x, y, epsilon, steps, cross_entropy(y)),
        "apgd-dlr": lambda model, x, y: apgd(model, x, y, epsilon, steps, dlr(y)),
        "square": lambda model, x, y: square(model, x, y, epsilon, steps),
    }[name]


def main():
    model_path, images, threads = sys.argv[1:]
    torch.set_num_threads(int(threads))
    torch.manual_seed(2019)
    model = VggS(*read(model_path))
    with numpy.load(images) as stored:
        pixels, classes = torch.from_numpy(stored["x"]), torch.from_numpy(stored["y"])
    print(torch.__version__, flush=True)
    for line in sys.stdin:
        global LEAN
        LEAN = line.startswith("lean-")
        start = time.perf_counter()
        # Plain: convolutions by other kernels than oneDNN's, whose sums end on other last digits.
        with torch.backends.mkldnn.flags(enabled=not line.startswith("plain-")):
            result = standing(model, parse(line.strip().removeprefix("lean-").removeprefix("plain-")), pixels, classes)
        print(f"{time.perf_counter() - start:.6f}", "".join("01"[int(one)] for one in result), flush=True)


main()
