package org.sparkfinetune.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.IntStream;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Generator;
import org.bytedeco.pytorch.GeneratorOptional;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.sparkfinetune.TestGoldens;
import org.sparkfinetune.model.compute.ForwardPass;
import org.sparkfinetune.tokenize.Batch;

/** What an attribution method asks of a classifier: logits from given embeddings, and gradients. */
@Tag("slow")
class EmbeddingGradientTest {
  private static final ForwardPass PASS = ForwardPass.inference();
  private static final int STEPS = 256;

  @ParameterizedTest
  @MethodSource("org.sparkfinetune.TestGoldens#families")
  void logitsAndWeightsGradientsAreTheSameFromTheTokensOwnEmbeddings(String family)
      throws IOException {
    TestGoldens golden = TestGoldens.of(family);
    try (SequenceClassifier model = golden.model();
        PointerScope scope = new PointerScope()) {
      Batch batch = golden.batch();
      Map<String, Double> expected = passed(model, model.logitsTensor(PASS, batch));
      Tensor embeddings = model.embeddings(PASS, batch);
      Map<String, Double> actual = passed(model, model.logitsTensor(PASS, batch, embeddings));
      actual.forEach(
          (name, norm) ->
              assertThat(norm)
                  .as(name)
                  .isCloseTo(
                      expected.get(name), within(Math.max(1e-5 * expected.get(name), 1e-6))));
    }
  }

  /** The norms of logits and of the weights' gradients of their squares. */
  private static Map<String, Double> passed(SequenceClassifier model, Tensor logits) {
    model.parameters().dropGradients();
    logits.square().sum().backward();
    Map<String, Double> norms = new LinkedHashMap<>();
    norms.put("logits", norm(logits));
    model.parameters().tensors().forEach((name, weight) -> norms.put(name, norm(weight.grad())));
    return norms;
  }

  @ParameterizedTest
  @MethodSource("org.sparkfinetune.TestGoldens#families")
  void gradientsEqualFiniteDifferences(String family) throws IOException {
    TestGoldens golden = TestGoldens.of(family);
    try (SequenceClassifier model = golden.model();
        PointerScope scope = new PointerScope()) {
      Batch batch = golden.batch();
      Tensor embeddings = model.embeddings(PASS, batch).detach();
      Tensor gradient = gradient(model, batch, embeddings, 0);
      Generator generator = torch.make_generator_cpu(7);
      for (int row = 0; row < batch.size(); row++) {
        for (int token : new int[] {0, batch.lengths()[row] - 1}) {
          Tensor direction =
              torch
                  .empty(embeddings.size(2))
                  .normal_(0, 1, new GeneratorOptional(generator))
                  .to(model.device(), ScalarType.Float);
          Tensor there = at(gradient, row, token);
          double expected = there.mul(direction).sum().item_double();
          double h = 5e-3;
          double difference =
              logit(model, batch, moved(embeddings, row, token, direction, h), row)
                  - logit(model, batch, moved(embeddings, row, token, direction, -h), row);
          // Of a logit of 1 rounding moves some 1e-6: 1e-4 of its slope by this step.
          assertThat(difference / (2 * h))
              .as("row %d, token %d", row, token)
              .isCloseTo(expected, within(5e-4 + 0.02 * norm(there)));
        }
      }
    }
  }

  /** A row's gradient knows neither the other rows nor padding. */
  @ParameterizedTest
  @MethodSource("org.sparkfinetune.TestGoldens#families")
  void noGradientReachesPaddingOrOtherRows(String family) throws IOException {
    TestGoldens golden = TestGoldens.of(family);
    try (SequenceClassifier model = golden.model();
        PointerScope scope = new PointerScope()) {
      Batch batch = golden.batch();
      assertThat(IntStream.of(batch.lengths()).distinct().count()).isGreaterThan(1);
      Tensor embeddings = model.embeddings(PASS, batch).detach().set_requires_grad(true);
      Tensor logit = model.logitsTensor(PASS, batch, embeddings).select(0, 1).select(0, 0);
      Tensor gradient = torch.grad(new TensorVector(logit), new TensorVector(embeddings)).get(0);
      for (int row = 0; row < batch.size(); row++) {
        for (int token = 0; token < batch.length(); token++) {
          boolean looked = row == 1 && token < batch.lengths()[1];
          assertThat(norm(at(gradient, row, token)) > 0)
              .as("row %d, token %d", row, token)
              .isEqualTo(looked);
        }
      }
    }
  }

  /**
   * Integrated gradients (Sundararajan et al., 2017) of two rows, all steps of both in one batch:
   * what the tokens contribute adds up to what the logit has more than the baseline's.
   */
  @ParameterizedTest
  @MethodSource("org.sparkfinetune.TestGoldens#families")
  void integratedGradientsAreComplete(String family) throws IOException {
    TestGoldens golden = TestGoldens.of(family);
    try (SequenceClassifier model = golden.model();
        PointerScope scope = new PointerScope()) {
      Batch batch = repeated(golden.batch(), STEPS);
      long[] padding = new long[batch.inputIds().length];
      Arrays.fill(padding, model.padTokenId());
      Batch empty = new Batch(padding, null, batch.lengths(), batch.labels(), batch.length());
      Tensor input = model.embeddings(PASS, batch).detach();
      Tensor baseline = model.embeddings(PASS, empty).detach();
      Tensor path = input.sub(baseline);
      float[] alphas = new float[batch.size()];
      for (int i = 0; i < alphas.length; i++) {
        alphas[i] = (i / 2 + 0.5f) / STEPS;
      }
      Tensor alpha =
          PASS.constant(alphas, alphas.length, 1, 1).to(model.device(), ScalarType.Float);
      Tensor gradient = gradient(model, batch, baseline.add(path.mul(alpha)), 0);
      Tensor attributions = gradient.mul(path).sum(2).sum(1);
      for (int row = 0; row < 2; row++) {
        double sum = 0;
        for (int step = 0; step < STEPS; step++) {
          sum += attributions.select(0, 2L * step + row).item_double() / STEPS;
        }
        double whole = logit(model, batch, input, row) - logit(model, batch, baseline, row);
        assertThat(sum).isCloseTo(whole, within(1e-3 + 0.01 * Math.abs(whole)));
      }
    }
  }

  /** The first two rows of a batch, in turns. */
  private static Batch repeated(Batch batch, int times) {
    int length = batch.length();
    int[] rows = IntStream.range(0, 2 * times).map(i -> i % 2).toArray();
    long[] ids = new long[rows.length * length];
    long[] types = batch.tokenTypeIds() == null ? null : new long[ids.length];
    for (int i = 0; i < rows.length; i++) {
      System.arraycopy(batch.inputIds(), rows[i] * length, ids, i * length, length);
      if (types != null) {
        System.arraycopy(batch.tokenTypeIds(), rows[i] * length, types, i * length, length);
      }
    }
    return new Batch(
        ids,
        types,
        IntStream.of(rows).map(row -> batch.lengths()[row]).toArray(),
        IntStream.of(rows).mapToObj(row -> batch.labels()[row]).toArray(int[][]::new),
        length);
  }

  /** Of a label's logits, each row's by its own embeddings. */
  private static Tensor gradient(
      SequenceClassifier model, Batch batch, Tensor embeddings, int label) {
    Tensor leaf = embeddings.detach().set_requires_grad(true);
    Tensor logits = model.logitsTensor(PASS, batch, leaf).select(1, label).sum();
    return torch.grad(new TensorVector(logits), new TensorVector(leaf)).get(0);
  }

  private static double logit(SequenceClassifier model, Batch batch, Tensor embeddings, int row) {
    try (NoGradGuard guard = new NoGradGuard()) {
      return model.logitsTensor(PASS, batch, embeddings).select(0, row).select(0, 0).item_double();
    }
  }

  private static Tensor moved(
      Tensor embeddings, int row, int token, Tensor direction, double distance) {
    Tensor moved = embeddings.clone();
    at(moved, row, token).add_(direction, new Scalar(distance));
    return moved;
  }

  private static Tensor at(Tensor tensor, int row, int token) {
    return tensor.select(0, row).select(0, token);
  }

  private static double norm(Tensor tensor) {
    return tensor.norm(new Scalar(2.0)).item_double();
  }
}
