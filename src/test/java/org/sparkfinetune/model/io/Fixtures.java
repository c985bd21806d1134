package org.sparkfinetune.model.io;

import java.io.IOException;
import java.io.InputStream;
import java.net.URISyntaxException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.pytorch.Tensor;

/** The committed fixtures (made by tools/goldens/model_io.py) and small helpers around them. */
public final class Fixtures {
  private Fixtures() {}

  public static Path path(String name) {
    try {
      return Path.of(Fixtures.class.getResource(name).toURI());
    } catch (URISyntaxException e) {
      throw new AssertionError(e);
    }
  }

  public static org.apache.hadoop.fs.Path hadoop(Path path) {
    return new org.apache.hadoop.fs.Path(path.toString());
  }

  static ChunkedBytes bytes(String name) {
    try (InputStream in = Files.newInputStream(path(name))) {
      return ChunkedBytes.readFrom(in);
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  /** A safetensors file of this header, unpadded, and so many bytes of zeros. */
  static ChunkedBytes safetensors(String header, int dataBytes) {
    byte[] json = header.replace('\'', '"').getBytes(StandardCharsets.UTF_8);
    ByteBuffer file = ByteBuffer.allocate(Long.BYTES + json.length + dataBytes);
    file.order(ByteOrder.LITTLE_ENDIAN).putLong(json.length).put(json);
    return new ChunkedBytes(List.of(file.array()));
  }

  static float[] values(Tensor tensor) {
    float[] values = new float[(int) tensor.numel()];
    if (values.length > 0) {
      new FloatPointer(tensor.data_ptr()).get(values);
    }
    return values;
  }

  /** All floating-point tensors of a source, which is closed. */
  static Map<String, float[]> readAll(TensorSource source) {
    Map<String, float[]> values = new LinkedHashMap<>();
    try (source) {
      for (String name : source.tensors().keySet()) {
        if (source.tensors().get(name).dtype().isWeight()) {
          try (Tensor tensor = source.read(name)) {
            values.put(name, values(tensor));
          }
        }
      }
    }
    return values;
  }

  /** Copies a fixture folder without some of its files. */
  static Path copyWithout(String folder, Path target, String... left) throws IOException {
    List<Path> files = new ArrayList<>();
    try (Stream<Path> listed = Files.list(path(folder))) {
      listed.forEach(files::add);
    }
    for (Path file : files) {
      if (!List.of(left).contains(file.getFileName().toString())) {
        Files.copy(file, target.resolve(file.getFileName()));
      }
    }
    return target;
  }
}
