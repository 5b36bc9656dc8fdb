namespace DQPipeline.Declarations;

/// <summary>A labelled set of images of one size, with a training and a test split.</summary>
public abstract record DatasetDeclaration
{
    /// <summary>The entry's name in dq.json.</summary>
    public string Name { get; init; } = "";

    /// <summary>Where dq.json declares it.</summary>
    public SourcePlace Place { get; init; }

    /// <summary>The word that stands under "kind".</summary>
    public abstract string Kind { get; }

    /// <summary>
    /// Training images, class-balanced and seeded, that are held out of training and stand in the place of the test split: for choosing options without a look at the test images.
    /// 0 holds none out. Range 0 to 100000000; the default is 0.
    /// </summary>
    public int Validation { get; init; }

    /// <summary>Seed of what is drawn: the choice where fewer images are used than there are, or the images themselves. The default is the pipeline's. Range 0 to 2147483647.</summary>
    public int Seed { get; init; }

    /// <summary>True where targets on absent data are skipped with a message instead of failing. The default is false.</summary>
    public bool Optional { get; init; }

    /// <summary>Pixels of an image's side, where the declaration alone says it.</summary>
    internal virtual int? Side => null;
}

/// <summary>A data set that is read from a path.</summary>
public abstract record StoredDatasetDeclaration : DatasetDeclaration
{
    /// <summary>
    /// The file or folder, relative to dq.json; <c>${NAME}</c> and <c>${NAME:-default}</c> take environment variables. Required.
    /// After loading it is an absolute path; keys are made from the content and never from the path.
    /// </summary>
    public string Path { get; init; } = "";

    /// <summary>Training images used, class-balanced and seeded; 0 takes all. Range 0 to 100000000; the default is 0.</summary>
    public int Train { get; init; }

    /// <summary>Test images used, class-balanced and seeded; 0 takes all. Range 0 to 100000000; the default is 0.</summary>
    public int Test { get; init; }

    /// <summary>Whether a mirrored image is still of its class, so that training may flip it: natural images yes, digits and letters no.</summary>
    public abstract bool MayFlip { get; }
}

/// <summary>Procedural house numbers: 32×32 RGB, 10 classes, made from the seed alone; needs no file and no network.</summary>
public sealed record StreetDigitsDeclaration : DatasetDeclaration
{
    /// <inheritdoc/>
    public override string Kind => "street-digits";

    /// <inheritdoc/>
    internal override int? Side => 32;

    /// <summary>Training images. Range 10 to 1000000; the default is 10000.</summary>
    public int Train { get; init; } = 10_000;

    /// <summary>Test images. Range 10 to 1000000; the default is 2000.</summary>
    public int Test { get; init; } = 2_000;
}

/// <summary>
/// CIFAR-10 as it is published: the binary version (a folder with data_batch_1..5.bin and test_batch.bin, or the .tar.gz) or the python version (data_batch_1..5 and test_batch).
/// </summary>
public sealed record Cifar10Declaration : StoredDatasetDeclaration
{
    /// <inheritdoc/>
    public override string Kind => "cifar-10";

    /// <inheritdoc/>
    internal override int? Side => 32;

    /// <inheritdoc/>
    public override bool MayFlip => true;
}

/// <summary>
/// CIFAR-100 as it is published: the binary version (a folder with train.bin, test.bin, fine_label_names.txt and coarse_label_names.txt, or the .tar.gz) or the python version
/// (train, test and meta).
/// </summary>
public sealed record Cifar100Declaration : StoredDatasetDeclaration
{
    /// <inheritdoc/>
    public override string Kind => "cifar-100";

    /// <inheritdoc/>
    internal override int? Side => 32;

    /// <summary>Which of an image's two labels is its class: "fine" (100 classes) or "coarse" (20 superclasses). The default is "fine".</summary>
    public string Labels { get; init; } = "fine";

    /// <inheritdoc/>
    public override bool MayFlip => true;
}

/// <summary>SVHN, the cropped house numbers of Street View: a folder with train_32x32.mat and test_32x32.mat, and extra_32x32.mat where it is asked for.</summary>
public sealed record SvhnDeclaration : StoredDatasetDeclaration
{
    /// <inheritdoc/>
    public override string Kind => "svhn";

    /// <inheritdoc/>
    internal override int? Side => 32;

    /// <summary>Whether extra_32x32.mat (531,131 easier digits) is used for training too, after those of train_32x32.mat. The default is false.</summary>
    public bool Extra { get; init; }

    /// <inheritdoc/>
    public override bool MayFlip => false;
}

/// <summary>Images in <c>train/CLASS/</c> and <c>test/CLASS/</c>, JPEG or PNG, as a folder or as a .zip that is read in place.</summary>
public sealed record ImageFolderDeclaration : StoredDatasetDeclaration
{
    /// <inheritdoc/>
    public override string Kind => "image-folder";

    /// <inheritdoc/>
    internal override int? Side => Size > 0 ? Size : null;

    /// <summary>Side in pixels to which every image is resized (square); 0 keeps the size, which must then be the same for all. Range 0 to 1024; the default is 0.</summary>
    public int Size { get; init; }

    /// <summary>Whether training may mirror the images. The default is true.</summary>
    public bool Flip { get; init; } = true;

    /// <summary>The share of each class's images to test on, where the folder has CLASS/*.jpg without train/ and test/. Range 0 to 0.9; the default is 0, which is for folders that have them.</summary>
    public double TestShare { get; init; }

    /// <inheritdoc/>
    public override bool MayFlip => Flip;
}

/// <summary>The MNIST family: a folder with train-images-idx3-ubyte, train-labels-idx1-ubyte, t10k-images-idx3-ubyte and t10k-labels-idx1-ubyte, each plain or .gz.</summary>
public sealed record IdxDeclaration : StoredDatasetDeclaration
{
    /// <inheritdoc/>
    public override string Kind => "idx";

    /// <summary>Whether training may mirror the images. The default is false: digits and letters have a handedness.</summary>
    public bool Flip { get; init; }

    /// <inheritdoc/>
    public override bool MayFlip => Flip;
}
