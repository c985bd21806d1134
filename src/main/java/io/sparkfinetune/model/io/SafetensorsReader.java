package io.sparkfinetune.model.io;

import io.sparkfinetune.UserException;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;
import org.bytedeco.pytorch.Tensor;

/**
 * Reads a <a href="https://github.com/huggingface/safetensors#format">safetensors</a> file. The
 * whole header is checked when the file is opened; data is read on demand.
 */
public final class SafetensorsReader implements TensorSource {
  private final ByteSource source;
  private final SafetensorsHeader header;
  private final Map<String, TensorInfo> tensors;

  private SafetensorsReader(ByteSource source) throws IOException {
    this.source = source;
    this.header = SafetensorsHeader.read(source);
    Map<String, TensorInfo> infos = new LinkedHashMap<>();
    header.tensors().forEach((name, entry) -> infos.put(name, entry.info()));
    this.tensors = Collections.unmodifiableMap(infos);
  }

  /**
   * Opens a file on any Hadoop file system.
   *
   * @throws UserException when there is no such file, or it is not a sound safetensors file
   */
  public static SafetensorsReader open(Path path, Configuration hadoop) {
    try {
      return open(ByteSource.file(path, hadoop));
    } catch (FileNotFoundException e) {
      throw new UserException(path + ": there is no such file.", e);
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
  public static SafetensorsReader open(ChunkedBytes bytes, String name) {
    try {
      return open(ByteSource.memory(bytes, name));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static SafetensorsReader open(ByteSource source) throws IOException {
    try {
      return new SafetensorsReader(source);
    } catch (IOException | RuntimeException e) {
      source.close();
      throw e;
    }
  }

  @Override
  public String name() {
    return source.name();
  }

  @Override
  public Map<String, TensorInfo> tensors() {
    return tensors;
  }

  @Override
  public Tensor read(String name) {
    SafetensorsHeader.Entry entry = header.tensors().get(name);
    if (entry == null) {
      throw new IllegalArgumentException(name() + " has no tensor '" + name + "'");
    }
    try {
      return NativeTensors.read(source.from(entry.position()), entry.info(), name, name());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public void close() {
    try {
      source.close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
