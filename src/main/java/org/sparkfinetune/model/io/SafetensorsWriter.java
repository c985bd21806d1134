package org.sparkfinetune.model.io;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.bytedeco.pytorch.Tensor;

/** Writes safetensors files, byte for byte as the official library does. */
public final class SafetensorsWriter {
  /** The metadata that transformers writes and asks for. */
  public static final Map<String, String> PYTORCH = Map.of("format", "pt");

  private static final int ALIGNMENT = 8;

  private SafetensorsWriter() {}

  /**
   * Writes the header, then each tensor's data, straight from native memory in chunks.
   *
   * <p>As in the official library, tensors of larger elements come first and equals by name, so the
   * order of the map does not matter. Tensors may lie on any device and need not be contiguous;
   * they stay the caller's.
   *
   * @param out not closed
   * @param metadata free text by key; no key in the file when empty
   * @throws IllegalArgumentException for an element type that safetensors does not have
   */
  public static void write(
      OutputStream out, Map<String, Tensor> tensors, Map<String, String> metadata)
      throws IOException {
    List<Stored> ordered =
        tensors.entrySet().stream()
            .map(e -> new Stored(e.getKey(), info(e.getKey(), e.getValue()), e.getValue()))
            .sorted(
                Comparator.<Stored, DType>comparing(stored -> stored.info().dtype())
                    .reversed()
                    .thenComparing(Stored::name))
            .toList();
    byte[] header = header(ordered, metadata);
    ByteBuffer length = ByteBuffer.allocate(SafetensorsHeader.LENGTH_BYTES);
    out.write(length.order(ByteOrder.LITTLE_ENDIAN).putLong(header.length).array());
    out.write(header);
    for (Stored stored : ordered) {
      NativeTensors.write(stored.tensor(), out);
    }
  }

  /** The bytes of a file of some tensors, as transformers writes it. */
  static ChunkedBytes bytes(Map<String, Tensor> tensors) {
    ChunkedBytes.Output out = new ChunkedBytes.Output();
    try {
      write(out, tensors, PYTORCH);
    } catch (IOException e) {
      throw new UncheckedIOException(e); // memory has no file to fail on
    }
    return out.toChunkedBytes();
  }

  private record Stored(String name, TensorInfo info, Tensor tensor) {}

  private static TensorInfo info(String name, Tensor tensor) {
    return TensorInfo.of(tensor)
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    "tensor '" + name + "': safetensors has no " + tensor.scalar_type()));
  }

  private static byte[] header(List<Stored> ordered, Map<String, String> metadata)
      throws IOException {
    ObjectNode json = Json.MAPPER.createObjectNode();
    if (!metadata.isEmpty()) {
      ObjectNode texts = json.putObject(SafetensorsHeader.METADATA);
      new TreeMap<>(metadata).forEach(texts::put);
    }
    long offset = 0;
    for (Stored stored : ordered) {
      ObjectNode entry = json.putObject(stored.name());
      entry.put("dtype", stored.info().dtype().name());
      entry.set("shape", Json.MAPPER.valueToTree(stored.info().shape()));
      long end = offset + stored.info().bytes();
      entry.putArray("data_offsets").add(offset).add(end);
      offset = end;
    }
    byte[] text = Json.MAPPER.writeValueAsBytes(json);
    int padded = (text.length + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    byte[] header = Arrays.copyOf(text, padded);
    Arrays.fill(header, text.length, padded, (byte) ' ');
    return header;
  }
}
