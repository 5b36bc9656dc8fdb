using DQPipeline.Onnx.Inference;
using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Transforms.Image;

namespace DQPipeline.Tool.Working;

/// <summary>Images as an ML.NET view of one column of MLImage, for a saved model to be asked about.</summary>
/// <param name="pixels">N images, N×C×H×W, of 1 or 3 channels.</param>
/// <param name="info">Their shape.</param>
internal sealed class PictureView(byte[] pixels, DeployedModelInfo info) : IDataView
{
    /// <inheritdoc/>
    public DataViewSchema Schema { get; } = Columns(info);

    /// <inheritdoc/>
    public bool CanShuffle => false;

    /// <inheritdoc/>
    public long? GetRowCount() => pixels.Length / info.ImageSize;

    /// <inheritdoc/>
    public DataViewRowCursor GetRowCursor(IEnumerable<DataViewSchema.Column> columnsNeeded, Random? rand = null) => new Cursor(this);

    /// <inheritdoc/>
    public DataViewRowCursor[] GetRowCursorSet(IEnumerable<DataViewSchema.Column> columnsNeeded, int n, Random? rand = null) => [new Cursor(this)];

    /// <summary>The schema of images of a model's size in a column <c>Image</c>.</summary>
    public static DataViewSchema Columns(DeployedModelInfo info)
    {
        var columns = new DataViewSchema.Builder();
        columns.AddColumn("Image", new ImageDataViewType(info.Height, info.Width));
        return columns.ToSchema();
    }

    private MLImage Picture(long row)
    {
        var planes = pixels.AsSpan((int)row * info.ImageSize, info.ImageSize);
        var size = info.Height * info.Width;
        var rgba = new byte[4 * size];
        for (var i = 0; i < size; i++)
        {
            for (var channel = 0; channel < 3; channel++)
                rgba[(4 * i) + channel] = planes[(channel % info.Channels * size) + i];
            rgba[(4 * i) + 3] = byte.MaxValue;
        }

        return MLImage.CreateFromPixels(info.Width, info.Height, MLPixelFormat.Rgba32, rgba);
    }

    private sealed class Cursor(PictureView view) : DataViewRowCursor
    {
        private long position = -1;

        public override long Position => position;

        public override long Batch => 0;

        public override DataViewSchema Schema => view.Schema;

        public override bool MoveNext() => ++position < view.GetRowCount();

        public override bool IsColumnActive(DataViewSchema.Column column) => true;

        public override ValueGetter<DataViewRowId> GetIdGetter() => (ref DataViewRowId value) => value = new((ulong)position, 0);

        public override ValueGetter<TValue> GetGetter<TValue>(DataViewSchema.Column column) =>
            (ValueGetter<TValue>)(Delegate)(ValueGetter<MLImage>)((ref MLImage value) => value = view.Picture(position));
    }
}
