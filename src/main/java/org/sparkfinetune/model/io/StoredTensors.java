package org.sparkfinetune.model.io;

import java.io.EOFException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;
import org.sparkfinetune.UserException;

/**
 * The tensors of one or more files of whatever format, once it is known where each of them lies.
 */
final class StoredTensors implements TensorSource {
  /** Tied weights lie in a file once and have two names; nothing that we know has more. */
  private static final int MAX_SHARING = 4;

  private final String name;
  private final Map<String, StoredTensor> stored;
  private final Map<String, TensorInfo> tensors;
  private final List<ByteSource> sources;

  /**
   * @param stored by name, in the order in which their data is best read
   * @param sources the files, which this closes
   * @throws UserException when the tensors together are several times the files, whose data they
   *     then share over and over
   */
  StoredTensors(
      String name, Map<String, StoredTensor> stored, Collection<? extends ByteSource> sources) {
    this.name = name;
    this.stored = stored;
    this.sources = List.copyOf(sources);
    requireLittleSharing();
    Map<String, TensorInfo> infos = new LinkedHashMap<>();
    stored.forEach((tensor, where) -> infos.put(tensor, where.info()));
    this.tensors = Collections.unmodifiableMap(infos);
  }

  private void requireLittleSharing() {
    long files = 0;
    for (ByteSource source : sources) {
      if (source.length() < 0) {
        return; // a resource of our own
      }
      files += source.length();
    }
    double tensors = 0;
    for (StoredTensor tensor : stored.values()) {
      // Of a view all is read that lies between its first element and its last.
      long bytes = tensor.span() * tensor.info().dtype().bytes();
      tensors += Math.max(bytes, tensor.info().bytes());
    }
    if (tensors > (double) MAX_SHARING * files) {
      throw new UserException(
          ("%s: its %,d tensors are %,.0f bytes, and the files that they lie in %,d: they share their"
                  + " data over and over, as no model does. Get it from a source that you trust.")
              .formatted(name, stored.size(), tensors, files));
    }
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public Map<String, TensorInfo> tensors() {
    return tensors;
  }

  @Override
  public Tensor read(String tensor) {
    StoredTensor where = stored.get(tensor);
    if (where == null) {
      throw new IllegalArgumentException(name + " has no tensor '" + tensor + "'");
    }
    try {
      where.source().fetch();
      return NativeTensors.read(where, tensor);
    } catch (EOFException e) {
      throw new UserException(
          where.source().name()
              + ": the file ends before the data of tensor '"
              + tensor
              + "'. Copy it again.",
          e);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public void close() {
    try {
      ByteSource.closeAll(sources);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
