package org.sparkfinetune.train.checkpoint;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Tensor;
import org.sparkfinetune.UserException;
import org.sparkfinetune.model.io.SafetensorsStream;
import org.sparkfinetune.model.io.SafetensorsWriter;
import org.sparkfinetune.model.io.TensorInfo;

/** The tensors of a training (weights, an optimizer's moments) as a safetensors file. */
public final class TensorFile {
  private TensorFile() {}

  /**
   * Writes tensors of any device and strides, in any type that safetensors has, one at a time.
   *
   * @param out not closed
   * @throws IllegalArgumentException for an element type that safetensors does not have
   */
  public static void write(OutputStream out, Map<String, Tensor> tensors) throws IOException {
    SafetensorsWriter.write(out, tensors, SafetensorsWriter.PYTORCH);
  }

  /**
   * Copies a file's tensors into live ones of the same names, types and shapes, which may lie on
   * any device and need gradients. One tensor at a time is in memory beside them. They are all
   * checked against the header before the first is changed; when the data itself ends too early,
   * those before that point have been copied.
   *
   * @param in at the start of the file; not closed
   * @param file what messages call it
   * @throws UserException when the names, a type or a shape differ, or the file is damaged
   */
  @SuppressWarnings("try") // scope and guard are there to be closed
  public static void readInto(InputStream in, String file, Map<String, Tensor> live)
      throws IOException {
    SafetensorsStream stream = SafetensorsStream.open(in, file);
    requireAlike(stream.tensors(), live, file);
    try (PointerScope scope = new PointerScope();
        NoGradGuard guard = new NoGradGuard()) {
      stream.forEach((name, stored) -> live.get(name).copy_(stored));
    }
  }

  private static void requireAlike(
      Map<String, TensorInfo> stored, Map<String, Tensor> live, String file) {
    requireNone(stored.keySet(), live.keySet(), file, "lacks", "that this training has");
    requireNone(live.keySet(), stored.keySet(), file, "has", "that this training lacks");
    stored.forEach(
        (name, info) -> {
          Tensor tensor = live.get(name);
          if (!TensorInfo.of(tensor).map(info::equals).orElse(false)) {
            throw differs(
                file
                    + ": tensor '"
                    + name
                    + "' is "
                    + info.dtype()
                    + " "
                    + info.shape()
                    + ", in this training "
                    + TensorInfo.of(tensor)
                        .map(expected -> expected.dtype() + " " + expected.shape())
                        .orElseGet(() -> tensor.scalar_type().toString()));
          }
        });
  }

  private static void requireNone(
      Set<String> there, Set<String> wanted, String file, String verb, String whose) {
    Set<String> others = new LinkedHashSet<>(wanted);
    others.removeAll(there);
    if (!others.isEmpty()) {
      String more = others.size() == 1 ? "" : " and " + (others.size() - 1) + " more";
      throw differs(
          file + " " + verb + " tensor '" + others.iterator().next() + "'" + more + " " + whose);
    }
  }

  private static UserException differs(String what) {
    return new UserException(
        what
            + ". Resume with the model and the optimizer that the checkpoint was written with, or"
            + " start anew in another folder.");
  }
}
