package org.sparkfinetune.model.compute;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Device;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.sparkfinetune.TestGoldens;
import org.sparkfinetune.TestMachine;
import org.sparkfinetune.model.SequenceClassifier;
import org.sparkfinetune.model.encoder.Pooling;
import org.sparkfinetune.tokenize.Batch;
import org.sparkfinetune.torch.BatchedGemm;
import org.sparkfinetune.torch.Libtorch;

/** Rows that follow one another against the same rows with padding. */
class UnpaddedBatchTest {
  /** Equal ones apart and together, out of order, the shortest and the longest. */
  private static final int[] LENGTHS = {5, 9, 5, 1, 12, 12, 3, 1, 7};

  @BeforeAll
  static void needsMkl() {
    Libtorch.load();
    TestMachine.require(BatchedGemm.isAvailable(), "MKL");
  }

  @ParameterizedTest
  @ValueSource(strings = {"bert", "roberta", "xlm-roberta", "electra", "distilbert", "albert"})
  void givesTheLogitsAndGradientsOfPaddedRows(String family) throws IOException {
    try (PointerScope scope = new PointerScope();
        SequenceClassifier model = TestGoldens.of(family).model()) {
      Batch batch = batch(model);
      ForwardPass pass = pass(AttentionImplementation.AUTO);
      assertThat(model.takesUnpadded(pass, batch.length())).isTrue();
      Map<String, Tensor> unpadded = logitsAndGradients(model, pass, batch);
      Map<String, Tensor> padded =
          logitsAndGradients(model, pass(AttentionImplementation.EAGER), batch);
      assertThat(unpadded.keySet()).isEqualTo(padded.keySet());
      // fp32 sums in another order. Some gradients are zero but for rounding: those of the keys'
      // biases, which a softmax does not see; so all are held against the largest of them.
      double largest =
          padded.values().stream().mapToDouble(UnpaddedBatchTest::largest).max().orElseThrow();
      unpadded.forEach(
          (name, tensor) ->
              assertThat(largest(tensor.sub(padded.get(name))))
                  .as(name)
                  .isLessThan(1e-5 * largest));
    }
  }

  /** The rounding of bf16's 8 bits, that the same rows have in fp32 as well. */
  @ParameterizedTest
  @ValueSource(strings = {"bert", "roberta", "distilbert", "albert"})
  void inBf16ItIsAsCloseToFp32AsPaddedRowsAre(String family) throws IOException {
    try (PointerScope scope = new PointerScope();
        SequenceClassifier model = TestGoldens.of(family).model()) {
      Batch batch = batch(model);
      ForwardPass half = new ForwardPass(ScalarType.BFloat16, null);
      assertThat(model.takesUnpadded(half, batch.length())).isTrue();
      Map<String, Tensor> exact =
          logitsAndGradients(model, pass(AttentionImplementation.EAGER), batch);
      double unpadded = distance(logitsAndGradients(model, half, batch), exact);
      double padded =
          distance(
              logitsAndGradients(
                  model,
                  new ForwardPass(ScalarType.BFloat16, null, AttentionImplementation.EAGER),
                  batch),
              exact);
      assertThat(unpadded).isPositive().isLessThan(1.5 * padded);
    }
  }

  /** The largest difference of all, of the largest number. */
  private static double distance(Map<String, Tensor> some, Map<String, Tensor> exact) {
    double largest =
        exact.values().stream().mapToDouble(UnpaddedBatchTest::largest).max().orElse(0);
    return exact.entrySet().stream()
            .mapToDouble(entry -> largest(entry.getValue().sub(some.get(entry.getKey()))))
            .max()
            .orElseThrow()
        / largest;
  }

  @Test
  void theNumberOfTokensIsAMultiple() {
    try (PointerScope scope = new PointerScope()) {
      for (int[] lengths : new int[][] {{31, 1}, {1, 31, 1}, {5, 9, 5, 1}, {64, 32}}) {
        long[] ids = new long[lengths.length * 64];
        Batch batch = new Batch(ids, null, lengths, new int[lengths.length][1], 64);
        UnpaddedBatch unpadded =
            UnpaddedBatch.of(batch, TokenTensors.of(batch, false, null, new Device("cpu")));
        long tokens = (batch.tokens() + 31) / 32 * 32;
        assertThat(unpadded.rows().tokens()).isEqualTo(tokens);
        assertThat(unpadded.tokens().inputIds().shape()).containsExactly(1, tokens);
      }
    }
  }

  @ParameterizedTest
  @EnumSource(Pooling.class)
  void rowsComeBackInTheirOrder(Pooling pooling) {
    try (PointerScope scope = new PointerScope()) {
      long[] ids = new long[LENGTHS.length * 12];
      Batch batch = new Batch(ids, null, LENGTHS, new int[LENGTHS.length][1], 12);
      Tokens<Tensor> tokens = TokenTensors.of(batch, false, null, new Device("cpu"));
      UnpaddedBatch unpadded = UnpaddedBatch.of(batch, tokens);
      // Each token's vector is its row's number and its place.
      Tensor vectors = torch.zeros(LENGTHS.length, 12, 2);
      for (int row = 0; row < LENGTHS.length; row++) {
        for (int i = 0; i < LENGTHS[row]; i++) {
          vectors.select(0, row).select(0, i).copy_(torch.tensor(new float[] {row, i + 1}));
        }
      }
      List<Tensor> oneAfterTheOther = new ArrayList<>();
      for (int length = 1; length <= 12; length++) {
        for (int row = 0; row < LENGTHS.length; row++) {
          if (LENGTHS[row] == length) {
            oneAfterTheOther.add(vectors.select(0, row).narrow(0, 0, length));
          }
        }
      }
      oneAfterTheOther.add(
          torch.full(
              new long[] {unpadded.rows().tokens() - batch.tokens(), 2}, new Scalar(Double.NaN)));
      Tensor line =
          torch.cat(new TensorVector(oneAfterTheOther.toArray(Tensor[]::new)), 0).unsqueeze(0);
      ForwardPass ops = ForwardPass.inference();
      Tensor pooled = pooling.pool(ops, unpadded.pad(line), tokens);
      assertThat(pooled.equal(pooling.pool(ops, vectors, tokens))).isTrue();
    }
  }

  @Test
  void whatIsLongOrComputedAnotherWayIsPadded() {
    assertThat(ForwardPass.inference().takesUnpadded(127)).isTrue();
    assertThat(ForwardPass.inference().takesUnpadded(128)).isFalse();
    assertThat(new ForwardPass(ScalarType.BFloat16, null).takesUnpadded(8)).isTrue();
    assertThat(ForwardPass.inference().on(new Device("meta")).takesUnpadded(8)).isFalse();
    assertThat(pass(AttentionImplementation.SDPA).takesUnpadded(8)).isFalse();
  }

  private static Map<String, Tensor> logitsAndGradients(
      SequenceClassifier model, ForwardPass pass, Batch batch) {
    Tensor logits = model.logitsTensor(pass, batch);
    logits.square().sum().backward();
    Map<String, Tensor> result = new LinkedHashMap<>(Map.of("logits", logits.detach()));
    for (Parameter parameter : model.parameters().trainable()) {
      if (parameter.tensor().mutable_grad().defined()) {
        result.put(parameter.name(), parameter.tensor().grad().clone());
        parameter.tensor().mutable_grad().reset();
      }
    }
    return result;
  }

  private static ForwardPass pass(AttentionImplementation attention) {
    return new ForwardPass(ScalarType.Float, null, attention);
  }

  /** With second texts, and with the padding's token as one of a text's. */
  private static Batch batch(SequenceClassifier model) {
    Random random = new Random(1);
    List<int[]> rows = new ArrayList<>();
    int[] secondSegmentStarts = new int[LENGTHS.length];
    for (int i = 0; i < LENGTHS.length; i++) {
      rows.add(random.ints(LENGTHS[i], 5, 50).toArray());
      secondSegmentStarts[i] = LENGTHS[i] / 2 + 1;
    }
    rows.get(1)[4] = model.padTokenId();
    return Batch.of(rows, secondSegmentStarts, new int[LENGTHS.length][1], model.padTokenId());
  }

  private static double largest(Tensor x) {
    return x.abs().max().item_double();
  }
}
