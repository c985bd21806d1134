package org.sparkfinetune.model.io;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.Test;

class SafetensorsWriterTest {
  private static final String OFFICIAL = "tiny-bert-classifier/model.safetensors";

  @Test
  void writesByteForByteWhatTransformersWrote() throws IOException {
    Map<String, Tensor> tensors = new LinkedHashMap<>();
    try (TensorSource source = SafetensorsReader.open(Fixtures.bytes(OFFICIAL), OFFICIAL)) {
      source.tensors().keySet().forEach(name -> tensors.put(name, source.read(name)));
    }
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    SafetensorsWriter.write(out, new TreeMap<>(tensors).descendingMap(), SafetensorsWriter.PYTORCH);
    assertThat(out.toByteArray()).isEqualTo(Files.readAllBytes(Fixtures.path(OFFICIAL)));
    tensors.values().forEach(Tensor::close);
  }

  @Test
  void padsTheHeaderAndPutsLargerElementsFirst() throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try (Tensor half = Tensor.create(1f, 2f).to(ScalarType.Half);
        Tensor wide = Tensor.create(3.0)) {
      SafetensorsWriter.write(out, Map.of("a", half, "b", wide), Map.of());
    }
    byte[] bytes = out.toByteArray();
    String header =
        "{\"b\":{\"dtype\":\"F64\",\"shape\":[1],\"data_offsets\":[0,8]},"
            + "\"a\":{\"dtype\":\"F16\",\"shape\":[2],\"data_offsets\":[8,12]}}";
    assertThat(bytes).hasSize(8 + 112 + 12);
    assertThat(bytes[0]).isEqualTo((byte) 112);
    assertThat(new String(bytes, 8, 112, StandardCharsets.UTF_8))
        .isEqualTo(header + " ".repeat(112 - header.length()));
  }

  @Test
  void writesATransposedViewInItsOwnOrder() throws IOException {
    ChunkedBytes.Output out = new ChunkedBytes.Output();
    try (Tensor matrix = Tensor.create(new float[] {1, 2, 3, 4, 5, 6}, 2, 3);
        Tensor view = matrix.t()) {
      SafetensorsWriter.write(out, Map.of("view", view), Map.of());
    }
    try (TensorSource source = SafetensorsReader.open(out.toChunkedBytes(), "memory")) {
      assertThat(source.tensors())
          .containsExactly(Map.entry("view", new TensorInfo(DType.F32, List.of(3L, 2L))));
    }
    assertThat(Fixtures.readAll(SafetensorsReader.open(out.toChunkedBytes(), "memory")).get("view"))
        .containsExactly(1, 4, 2, 5, 3, 6);
  }

  @Test
  void roundTripsThroughSeveralChunks() throws IOException {
    int elements = ChunkedBytes.CHUNK_BYTES / Float.BYTES * 2 + 3;
    ChunkedBytes.Output out = new ChunkedBytes.Output();
    try (Tensor big = torch.rand(elements)) {
      SafetensorsWriter.write(out, Map.of("big", big), Map.of());
      ChunkedBytes bytes = out.toChunkedBytes();
      assertThat(bytes.chunks()).hasSize(3);
      try (TensorSource source = SafetensorsReader.open(bytes, "memory");
          Tensor read = source.read("big")) {
        assertThat(read.equal(big)).isTrue();
      }
    }
  }

  @Test
  void refusesATypeThatSafetensorsDoesNotHave() {
    try (Tensor complex = Tensor.create(1f).to(ScalarType.ComplexDouble)) {
      assertThatThrownBy(
              () ->
                  SafetensorsWriter.write(
                      new ByteArrayOutputStream(), Map.of("c", complex), Map.of()))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage("tensor 'c': safetensors has no ComplexDouble");
    }
  }
}
