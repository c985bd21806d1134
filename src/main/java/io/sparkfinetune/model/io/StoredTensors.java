package io.sparkfinetune.model.io;

import io.sparkfinetune.UserException;
import java.io.EOFException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;

/**
 * The tensors of one or more files of whatever format, once it is known where each of them lies.
 */
final class StoredTensors implements TensorSource {
  private final String name;
  private final Map<String, StoredTensor> stored;
  private final Map<String, TensorInfo> tensors;
  private final List<ByteSource> sources;

  /**
   * @param stored by name, in the order in which their data is best read
   * @param sources the files, which this closes
   */
  StoredTensors(
      String name, Map<String, StoredTensor> stored, Collection<? extends ByteSource> sources) {
    this.name = name;
    this.stored = stored;
    this.sources = List.copyOf(sources);
    Map<String, TensorInfo> infos = new LinkedHashMap<>();
    stored.forEach((tensor, where) -> infos.put(tensor, where.info()));
    this.tensors = Collections.unmodifiableMap(infos);
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
