"""vgg-s in PyTorch, for comparison: the network, loss and augmentation of the benchmark, written as the paper writes them.

usage: training.py BITS BETA THREADS wall|processor; prints torch's version, then for every number of steps read from
standard input trains that many and prints the images per second.
"""
import sys
import time

import torch
import torch.nn.functional as F
from torch import nn

BITS, BETA, THREADS = int(sys.argv[1]), float(sys.argv[2]), int(sys.argv[3])
BATCH, SIDE = 128, 32
now = time.process_time if sys.argv[4] == "processor" else time.perf_counter
torch.set_num_threads(THREADS)
torch.manual_seed(2019)


def quantize(x):
    if BITS == 32:
        return x
    levels = 2 ** BITS - 1
    return x + ((x * (levels / 6)).round() * (6 / levels) - x).detach()


class VggS(nn.Module):
    def __init__(self):
        super().__init__()
        widths = [3, 32, 32, 64, 64, 128, 128]
        self.convolutions = nn.ModuleList(nn.Conv2d(i, o, 3, padding=1, bias=False) for i, o in zip(widths, widths[1:]))
        self.norms = nn.ModuleList(nn.BatchNorm2d(o) for o in widths[1:])
        self.linear = nn.Linear(128, 10)

    def forward(self, x):
        x = (x - 128 / 255) * 4
        for i, (convolution, norm) in enumerate(zip(self.convolutions, self.norms)):
            x = quantize(F.relu6(norm(convolution(x))))
            if i in (1, 3):
                x = F.max_pool2d(x, 2)
        return self.linear(x.mean((2, 3)))

    def penalty(self):
        total = 0
        for weight in [c.weight for c in self.convolutions] + [self.linear.weight]:
            w = weight.view(weight.shape[0], -1)
            total = total + (w.t() @ w - torch.eye(w.shape[1])).square().sum()
        return BETA / 2 * total


def batches():
    images = torch.randint(0, 256, (BATCH * 4, 3, SIDE, SIDE), dtype=torch.uint8)
    labels = torch.randint(0, 10, (BATCH * 4,))
    padded = F.pad(images, (4, 4, 4, 4))
    first = 0
    while True:
        batch = torch.empty((BATCH, 3, SIDE, SIDE), dtype=torch.uint8)
        offsets = torch.randint(0, 9, (BATCH, 2)).tolist()
        flips = torch.randint(0, 2, (BATCH,)).tolist()
        for i, ((dy, dx), flip) in enumerate(zip(offsets, flips)):
            crop = padded[first + i, :, dy:dy + SIDE, dx:dx + SIDE]
            batch[i] = crop.flip(2) if flip else crop
        yield batch.float() / 255, labels[first:first + BATCH]
        first = (first + BATCH) % (BATCH * 4)


network, source = VggS(), batches()
optimizer = torch.optim.SGD(network.parameters(), 0.1, momentum=0.9, nesterov=True)
print(torch.__version__, flush=True)
for line in sys.stdin:
    steps, start = int(line), now()
    for _ in range(steps):
        images, labels = next(source)
        optimizer.zero_grad(set_to_none=True)
        loss = F.cross_entropy(network(images), labels)
        if BETA > 0:
            loss = loss + network.penalty()
        loss.backward()
        optimizer.step()
        loss.item()
    print(BATCH * steps / (now() - start), flush=True)
