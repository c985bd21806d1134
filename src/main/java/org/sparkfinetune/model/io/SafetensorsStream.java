package org.sparkfinetune.model.io;

import java.io.IOException;
import java.io.InputStream;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.BiConsumer;
import org.bytedeco.pytorch.Tensor;
import org.sparkfinetune.UserException;

/**
 * A safetensors file that is read once, front to back, every tensor in the type that is stored:
 * what a training keeps is more than weights. {@link SafetensorsReader} seeks, and gives fp32.
 */
public final class SafetensorsStream {
  private final InputStream in;
  private final String name;
  private final Map<String, TensorInfo> tensors;

  private SafetensorsStream(InputStream in, String name, Map<String, TensorInfo> tensors) {
    this.in = in;
    this.name = name;
    this.tensors = tensors;
  }

  /**
   * Reads and checks the header.
   *
   * @param in at the start of the file; stays the caller's, to be closed by it
   * @param name what messages call the file
   * @throws UserException when this is no sound safetensors header
   */
  public static SafetensorsStream open(InputStream in, String name) throws IOException {
    Map<String, TensorInfo> tensors = new LinkedHashMap<>();
    SafetensorsHeader.read(in, SafetensorsHeader.UNKNOWN, name)
        .tensors()
        .forEach((tensor, entry) -> tensors.put(tensor, entry.info()));
    return new SafetensorsStream(in, name, Collections.unmodifiableMap(tensors));
  }

  /** Name, type and shape of each tensor, in the order of the data. */
  public Map<String, TensorInfo> tensors() {
    return tensors;
  }

  /**
   * Reads all tensors, one at a time; once only.
   *
   * @param use is given each name and tensor, which is on the CPU and freed when it returns
   * @throws UserException when the data ends too early or goes on behind the last tensor
   */
  public void forEach(BiConsumer<String, Tensor> use) throws IOException {
    // The header was found to have the tensors side by side and without holes.
    for (Map.Entry<String, TensorInfo> entry : tensors.entrySet()) {
      try (Tensor tensor = NativeTensors.readAsStored(entry.getValue(), in, entry.getKey(), name)) {
        use.accept(entry.getKey(), tensor);
      }
    }
    if (in.read() >= 0) {
      throw new UserException(
          name + ": bytes after the last tensor belong to no tensor. The file is damaged.");
    }
  }
}
