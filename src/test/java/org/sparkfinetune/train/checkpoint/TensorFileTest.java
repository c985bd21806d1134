package org.sparkfinetune.train.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.sparkfinetune.UserException;
import org.sparkfinetune.torch.Libtorch;

class TensorFileTest {
  private static final String WHAT_TO_DO =
      ". Resume with the model and the optimizer that the checkpoint was written with, or start"
          + " anew in another folder.";

  private PointerScope scope;

  @BeforeEach
  void open() {
    Libtorch.load();
    scope = new PointerScope();
  }

  @AfterEach
  void close() {
    scope.close();
  }

  @ParameterizedTest
  @CsvSource({"Float", "Double", "Long", "Int", "Half", "BFloat16", "Bool", "Byte"})
  void readsEveryBitBackInTheTypeThatWasWritten(ScalarType type) throws IOException {
    Map<String, Tensor> written = new LinkedHashMap<>();
    // Larger than a chunk, a scalar, one without elements, and a view in another order.
    written.put("big", torch.randn(700, 1000).mul(Tensor.create(1e3)).to(type));
    written.put("scalar", torch.randn(new long[0]).to(type));
    written.put("none", torch.zeros(0, 3).to(type));
    written.put("view", torch.randn(5, 7).mul(Tensor.create(100.0)).to(type).t());
    Map<String, Tensor> live = new LinkedHashMap<>();
    written.forEach((name, tensor) -> live.put(name, torch.zeros_like(tensor)));
    TensorFile.readInto(new ByteArrayInputStream(file(written)), "f", live);
    written.forEach((name, tensor) -> assertThat(live.get(name).equal(tensor)).as(name).isTrue());
  }

  @Test
  void largeIntegersAndNonFiniteNumbersSurvive() throws IOException {
    Tensor longs = Tensor.create(Long.MAX_VALUE, Long.MIN_VALUE + 1, (1L << 53) + 1);
    Tensor floats = Tensor.create(Float.NaN, Float.NEGATIVE_INFINITY, -0f, Float.MIN_VALUE);
    Map<String, Tensor> live = Map.of("l", torch.zeros_like(longs), "f", torch.zeros_like(floats));
    TensorFile.readInto(new ByteArrayInputStream(file(Map.of("l", longs, "f", floats))), "f", live);
    assertThat(live.get("l").equal(longs)).isTrue();
    assertThat(live.get("f").view(ScalarType.Int).equal(floats.view(ScalarType.Int))).isTrue();
  }

  @Test
  void leavesThatNeedGradientsAndViewsAreWrittenInPlace() throws IOException {
    Tensor leaf = torch.zeros(2, 3).set_requires_grad(true);
    Tensor base = torch.zeros(3, 2);
    byte[] file = file(Map.of("leaf", torch.ones(2, 3), "view", torch.ones(2, 3)));
    TensorFile.readInto(
        new ByteArrayInputStream(file), "f", Map.of("leaf", leaf, "view", base.t()));
    assertThat(leaf.requires_grad()).isTrue();
    assertThat(leaf.is_leaf()).isTrue();
    assertThat(leaf.detach().equal(torch.ones(2, 3))).isTrue();
    assertThat(base.equal(torch.ones(3, 2))).isTrue();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "a, b | f lacks tensor 'c' that this training has",
        "a | f lacks tensor 'b' and 1 more that this training has",
        "a, b, c, d, e | f has tensor 'd' and 1 more that this training lacks",
        "a, b, C | f lacks tensor 'c' that this training has",
      })
  void namesMustBeExactlyEqual(String names, String message) throws IOException {
    Map<String, Tensor> live = named("a, b, c", torch.zeros(2));
    byte[] file = file(named(names, torch.ones(2)));
    assertThatThrownBy(() -> TensorFile.readInto(new ByteArrayInputStream(file), "f", live))
        .isInstanceOf(UserException.class)
        .hasMessage(message + WHAT_TO_DO);
    assertThat(live.get("a").equal(torch.zeros(2))).isTrue();
  }

  @Test
  void typeAndShapeMustBeEqualAndNothingIsChangedElse() throws IOException {
    Tensor first = torch.zeros(4);
    byte[] file = file(Map.of("first", torch.ones(4), "w", torch.ones(2, 3)));
    assertThatThrownBy(
            () ->
                TensorFile.readInto(
                    new ByteArrayInputStream(file),
                    "f",
                    Map.of("first", first, "w", torch.zeros(3, 2))))
        .isInstanceOf(UserException.class)
        .hasMessage("f: tensor 'w' is F32 [2, 3], in this training F32 [3, 2]" + WHAT_TO_DO);
    assertThatThrownBy(
            () ->
                TensorFile.readInto(
                    new ByteArrayInputStream(file),
                    "f",
                    Map.of("first", first, "w", torch.zeros(2, 3).to(ScalarType.Double))))
        .isInstanceOf(UserException.class)
        .hasMessage("f: tensor 'w' is F32 [2, 3], in this training F64 [2, 3]" + WHAT_TO_DO);
    assertThat(first.equal(torch.zeros(4))).isTrue();
  }

  @Test
  void aTruncatedOrLongerFileIsNamedWithItsTensor() throws IOException {
    byte[] file = file(Map.of("w", torch.ones(4)));
    Map<String, Tensor> live = Map.of("w", torch.zeros(4));
    assertMessage(
        Arrays.copyOf(file, file.length - 6),
        live,
        "f: the file ends in the data of tensor 'w', 6 bytes too early. Copy it again.");
    assertMessage(
        Arrays.copyOf(file, file.length + 1),
        live,
        "f: bytes after the last tensor belong to no tensor. The file is damaged.");
    assertMessage(
        Arrays.copyOf(file, 20),
        live,
        "f: the header should be "
            + file[0]
            + " bytes long, but the file ends after 20. It is truncated: copy it again.");
    assertMessage(
        Arrays.copyOf(file, 3),
        live,
        "f: 3 bytes are too few for a safetensors file, which starts with its header's length in 8"
            + " bytes. Copy it again.");
  }

  private static void assertMessage(byte[] file, Map<String, Tensor> live, String message) {
    assertThatThrownBy(() -> TensorFile.readInto(new ByteArrayInputStream(file), "f", live))
        .isInstanceOf(UserException.class)
        .hasMessage(message);
  }

  @Test
  void goesThroughACheckpoint(@TempDir Path folder) throws IOException {
    Map<String, Tensor> written = Map.of("w", torch.randn(300, 1000), "step", Tensor.create(7L));
    CheckpointStore store = Checkpoints.local(folder);
    store.write(7, Map.of("state.safetensors", out -> TensorFile.write(out, written)));
    Map<String, Tensor> live = Map.of("w", torch.zeros(300, 1000), "step", Tensor.create(0L));
    StoredCheckpoint checkpoint = store.newestWhole(line -> {}).orElseThrow();
    try (InputStream in = checkpoint.open("state.safetensors")) {
      TensorFile.readInto(in, "state.safetensors", live);
    }
    live.forEach((name, tensor) -> assertThat(tensor.equal(written.get(name))).isTrue());
  }

  private static Map<String, Tensor> named(String names, Tensor value) {
    Map<String, Tensor> tensors = new LinkedHashMap<>();
    for (String name : names.split(", ")) {
      tensors.put(name, value);
    }
    return tensors;
  }

  private static byte[] file(Map<String, Tensor> tensors) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    TensorFile.write(out, tensors);
    return out.toByteArray();
  }
}
