package io.sparkfinetune.model;

import io.sparkfinetune.tokenize.Batch;
import org.bytedeco.javacpp.LongPointer;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/** Batches as tensors. */
final class TokenTensors {
  private TokenTensors() {}

  /**
   * A batch's token ids, types, lengths and padding.
   *
   * @param withTypes whether the encoder has vectors for types; else the batch's are dropped
   */
  static Tokens<Tensor> of(Batch batch, boolean withTypes) {
    int rows = batch.size();
    long[] lengths = new long[rows];
    boolean padded = false;
    for (int i = 0; i < rows; i++) {
      lengths[i] = batch.lengths()[i];
      padded |= lengths[i] < batch.length();
    }
    Tensor lengthTensor = int64(lengths, rows);
    Tensor padding = null;
    if (padded) {
      Tensor positions =
          torch.arange(new Scalar(batch.length()), new TensorOptions(ScalarType.Long));
      padding = positions.unsqueeze(0).ge(lengthTensor.unsqueeze(1));
    }
    Tensor tokenTypeIds =
        withTypes && batch.tokenTypeIds() != null
            ? int64(batch.tokenTypeIds(), rows, batch.length())
            : null;
    return new Tokens<>(
        int64(batch.inputIds(), rows, batch.length()), tokenTypeIds, lengthTensor, padding);
  }

  /** The values as an int64 tensor of a shape. */
  static Tensor int64(long[] values, long... shape) {
    Tensor tensor = torch.empty(shape, new TensorOptions(ScalarType.Long), null);
    new LongPointer(tensor.data_ptr()).put(values);
    return tensor;
  }
}
