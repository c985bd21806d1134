package org.sparkfinetune.model.io;

import java.util.Map;
import org.bytedeco.pytorch.Tensor;

/**
 * The tensors of a pretrained model, listed first and read one by one. Not thread-safe.
 *
 * <p>Reading all in the order of {@link #tensors()} goes through the file's data once, front to
 * back, in chunks from the stream into native memory; any other order works, and seeks.
 */
public interface TensorSource extends AutoCloseable {
  /** The file, for messages. */
  String name();

  /** Name, type and shape of each tensor, in the order of the data in the file; reads no data. */
  Map<String, TensorInfo> tensors();

  /**
   * Reads a tensor.
   *
   * <p>The result is new, fp32, contiguous, on the CPU, and owns its memory; fp16, bf16 and fp64
   * are converted as PyTorch's {@code to(float32)} does. It belongs to the caller: it is freed by
   * the {@code PointerScope} that is open on this thread, else by {@code close()} (or, late, by the
   * garbage collector).
   *
   * @throws org.sparkfinetune.UserException when the tensor does not hold floating-point weights,
   *     or the file ends before the data does
   * @throws IllegalArgumentException when there is no tensor of this name
   */
  Tensor read(String name);

  @Override
  void close();
}
