package org.sparkfinetune.model.io;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;
import org.sparkfinetune.UserException;

/**
 * Reads <a href="https://github.com/huggingface/safetensors#format">safetensors</a> files. The
 * whole header is checked when a file is opened; data is read on demand.
 */
public final class SafetensorsReader {
  private SafetensorsReader() {}

  /**
   * Opens a file on any Hadoop file system.
   *
   * @throws UserException when there is no such file, or it is not a sound safetensors file
   */
  public static TensorSource open(Path path, Configuration hadoop) {
    try {
      return open(ByteSource.file(path, hadoop));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * Opens a file's bytes.
   *
   * @param name what messages call the file
   * @throws UserException when they are not a sound safetensors file
   */
  public static TensorSource open(ChunkedBytes bytes, String name) {
    try {
      return open(ByteSource.memory(bytes, name));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static TensorSource open(ByteSource file) throws IOException {
    return ByteSource.open(
        file, source -> new StoredTensors(source.name(), stored(source), List.of(source)));
  }

  /** Where the tensors of a file lie, in the order of their data. */
  static Map<String, StoredTensor> stored(ByteSource source) throws IOException {
    Map<String, StoredTensor> stored = new LinkedHashMap<>();
    SafetensorsHeader.read(source)
        .tensors()
        .forEach(
            (name, entry) ->
                stored.put(name, StoredTensor.contiguous(source, entry.position(), entry.info())));
    return stored;
  }
}
