package org.sparkfinetune.model.compute;

import org.bytedeco.javacpp.LongPointer;
import org.bytedeco.pytorch.Device;
import org.bytedeco.pytorch.DeviceOptional;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.sparkfinetune.tokenize.Batch;

/** Batches as tensors. */
public final class TokenTensors {
  private TokenTensors() {}

  /**
   * A batch's token ids, types, lengths and padding.
   *
   * @param withTypes whether the encoder has vectors for types; else the batch's are dropped
   * @param wordRows the row of the table of word vectors for each token id; null for the ids
   *     themselves
   * @param device where the tensors are to be
   */
  public static Tokens<Tensor> of(Batch batch, boolean withTypes, long[] wordRows, Device device) {
    int rows = batch.size();
    long[] lengths = new long[rows];
    boolean padded = false;
    for (int i = 0; i < rows; i++) {
      lengths[i] = batch.lengths()[i];
      padded |= lengths[i] < batch.length();
    }
    Tensor lengthTensor = int64(lengths, rows).to(device, ScalarType.Long);
    Tensor padding = null;
    if (padded) {
      Tensor positions =
          torch.arange(
              new Scalar(batch.length()),
              new TensorOptions(ScalarType.Long).device(new DeviceOptional(device)));
      padding = positions.unsqueeze(0).ge(lengthTensor.unsqueeze(1));
    }
    Tensor tokenTypeIds =
        withTypes && batch.tokenTypeIds() != null
            ? int64(batch.tokenTypeIds(), rows, batch.length()).to(device, ScalarType.Long)
            : null;
    Tensor inputIds = int64(batch.inputIds(), rows, batch.length()).to(device, ScalarType.Long);
    Tensor wordRowIds =
        wordRows == null
            ? inputIds
            : int64(wordRows, rows, batch.length()).to(device, ScalarType.Long);
    return new Tokens<>(inputIds, wordRowIds, tokenTypeIds, lengthTensor, padding);
  }

  /** The values as an int64 tensor of a shape. */
  public static Tensor int64(long[] values, long... shape) {
    Tensor tensor = torch.empty(shape, new TensorOptions(ScalarType.Long), null);
    new LongPointer(tensor.data_ptr()).put(values);
    return tensor;
  }
}
