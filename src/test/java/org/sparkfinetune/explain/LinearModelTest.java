package org.sparkfinetune.explain;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.ToDoubleFunction;
import java.util.stream.IntStream;
import org.apache.hadoop.conf.Configuration;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.sparkfinetune.model.ModelConfig;
import org.sparkfinetune.model.SequenceClassifier;
import org.sparkfinetune.model.encoder.Pooling;
import org.sparkfinetune.model.io.PretrainedModel;
import org.sparkfinetune.task.ProblemType;
import org.sparkfinetune.tokenize.TextTokenizer;

/**
 * All methods on a model whose logits are linear in its embeddings, where what they promise is
 * known in closed form. Its attention weighs all tokens alike, and hands on a linear map of their
 * mean; its feed-forward layers give nothing; its norms subtract the mean and divide by a constant.
 * So the logits are {@code W M mean(e)} with {@code M = C (I + O V) C (I + O V)}, where {@code C}
 * subtracts the mean, and each token has {@code W M (e - e') / n} of the way from another
 * embedding.
 */
class LinearModelTest {
  private static final int WIDTH = 12;
  private static final int PAD = 0;
  private static final int MASK = 103;
  private static final int TARGET = 1;

  /** Of the largest score: fp32 has seven digits, of which sums keep six. */
  private static final double ROUNDING = 1e-6;

  private static final String TEXT = "unbelievably my refund";

  private static SequenceClassifier model;
  private static TextTokenizer tokenizer;

  @BeforeAll
  static void load() {
    tokenizer =
        TextTokenizer.of(
            PretrainedModel.open("minilm-l6", new Configuration(false)).tokenizer(), 16);
    String config =
        """
        {"model_type": "bert", "vocab_size": 30522, "hidden_size": 12, "num_hidden_layers": 2,
         "num_attention_heads": 3, "intermediate_size": 20, "max_position_embeddings": 32,
         "type_vocab_size": 2, "hidden_dropout_prob": 0, "attention_probs_dropout_prob": 0,
         "initializer_range": 1e-4, "layer_norm_eps": 1}
        """;
    model =
        SequenceClassifier.fromScratch(
            ModelConfig.parse(config)
                .withHead(
                    List.of("card", "refund", "top up"),
                    Pooling.MEAN,
                    ProblemType.SINGLE_LABEL_CLASSIFICATION),
            11);
    try (PointerScope scope = new PointerScope();
        NoGradGuard guard = new NoGradGuard()) {
      model
          .parameters()
          .tensors()
          .forEach(
              (name, tensor) -> {
                if (name.contains(".query.")
                    || name.contains(".key.")
                    || name.contains(".intermediate.")) {
                  tensor.zero_();
                } else if (name.contains(".value.") || name.contains("attention.output.dense")) {
                  tensor.mul_(new Scalar(3e3));
                } else if (name.startsWith("classifier.")) {
                  tensor.mul_(new Scalar(1e7));
                }
              });
    }
  }

  @AfterAll
  static void close() {
    model.close();
    tokenizer.close();
  }

  private static double[][] weight(String name) {
    Tensor tensor =
        model.parameters().tensors().entrySet().stream()
            .filter(entry -> entry.getKey().endsWith(name))
            .map(Map.Entry::getValue)
            .findFirst()
            .orElseThrow();
    float[] values = new float[(int) tensor.numel()];
    new FloatPointer(tensor.data_ptr()).get(values);
    int columns = (int) tensor.size(1);
    return IntStream.range(0, values.length / columns)
        .mapToObj(
            row ->
                IntStream.range(0, columns).mapToDouble(i -> values[row * columns + i]).toArray())
        .toArray(double[][]::new);
  }

  private static double[] times(double[][] matrix, double[] vector) {
    return Arrays.stream(matrix).mapToDouble(row -> dot(row, vector)).toArray();
  }

  private static double dot(double[] a, double[] b) {
    return IntStream.range(0, a.length).mapToDouble(i -> a[i] * b[i]).sum();
  }

  private static double[] centered(double[] vector) {
    double mean = Arrays.stream(vector).average().orElseThrow();
    return Arrays.stream(vector).map(value -> value - mean).toArray();
  }

  /** The embedding of a token at a place. */
  private static double[] embedding(int token, int place) {
    double[] word = weight("word_embeddings.weight")[token];
    double[] position = weight("position_embeddings.weight")[place];
    double[] type = weight("token_type_embeddings.weight")[0];
    return centered(
        IntStream.range(0, WIDTH).mapToDouble(i -> word[i] + position[i] + type[i]).toArray());
  }

  /** The logit of the target for the mean of embeddings. */
  private static double logit(double[] mean) {
    double[] vector = mean;
    for (int layer = 0; layer < 2; layer++) {
      double[] value = times(weight("layer." + layer + ".attention.self.value.weight"), vector);
      double[] output = times(weight("layer." + layer + ".attention.output.dense.weight"), value);
      double[] before = vector;
      vector =
          centered(IntStream.range(0, WIDTH).mapToDouble(i -> before[i] + output[i]).toArray());
    }
    return dot(weight("classifier.weight")[TARGET], vector);
  }

  /** The sum over each word's tokens of what a function gives of a token's place. */
  private static double[] words(ToDoubleFunction<Integer> ofPlace, List<Word> words) {
    return words.stream()
        .mapToDouble(word -> word.tokens().stream().mapToDouble(ofPlace).sum())
        .toArray();
  }

  private static ExplainedText explain(Map<String, Object> settings) {
    Map<String, Object> all = new java.util.HashMap<>(settings);
    all.put("target", "refund");
    return new Explainer(model, tokenizer, OptionalInt.of(MASK), TestArguments.of(all))
        .explain(List.of(TEXT), Optional.empty())
        .get(0);
  }

  private static double[] scores(ExplainedText text) {
    return text.words().stream().mapToDouble(word -> word.score().orElseThrow()).toArray();
  }

  private static double[] less(double[] a, double[] b, int tokens) {
    return IntStream.range(0, a.length).mapToDouble(i -> (a[i] - b[i]) / tokens).toArray();
  }

  @ParameterizedTest
  @CsvSource({
    "integrated_gradients, pad, 1",
    "integrated_gradients, mask, 7",
    "integrated_gradients, zero, 32",
    "input_x_gradient, zero, 1",
    "saliency, zero, 1",
    "occlusion, mask, 1",
    "kernel_shap, mask, 1",
    "attention_rollout, zero, 1"
  })
  void scoresAreThoseOfTheClosedForm(String method, String baseline, int steps) {
    int[] ids = tokenizer.encode(List.of(TEXT)).get(0).inputIds();
    int tokens = ids.length;
    List<Word> words =
        Word.of(tokenizer.align(List.of(TEXT), Optional.empty()).get(0), List.of(TEXT));
    assertThat(words).hasSize(3);
    assertThat(words.get(0).tokens()).hasSizeGreaterThan(1);
    double[] nothing = new double[WIDTH];
    double[] expected =
        switch (method) {
          // Attention is even, and so is what is made of it.
          case "attention_rollout" -> words(place -> 1.0 / tokens, words);
          case "saliency" ->
              words(
                  place ->
                      IntStream.range(0, WIDTH)
                          .mapToDouble(
                              i -> {
                                double[] unit = new double[WIDTH];
                                unit[i] = 1;
                                return Math.abs(logit(less(unit, nothing, tokens)));
                              })
                          .sum(),
                  words);
          default ->
              words(
                  place -> {
                    double[] from =
                        baseline.equals("zero")
                            ? nothing
                            : embedding(baseline.equals("pad") ? PAD : MASK, place);
                    return logit(less(embedding(ids[place], place), from, tokens));
                  },
                  words);
        };
    ExplainedText found = explain(Map.of("method", method, "baseline", baseline, "steps", steps));
    double largest = Arrays.stream(expected).map(Math::abs).max().orElseThrow();
    assertThat(largest).isGreaterThan(0.01);
    assertThat(scores(found)).containsExactly(expected, within(ROUNDING * largest));
    found
        .completenessDelta()
        .ifPresent(delta -> assertThat(delta).isCloseTo(0, within(ROUNDING * largest)));
  }

  /** What the closed form is of. */
  @Test
  void itsLogitsAreLinear() {
    int[] ids = tokenizer.encode(List.of(TEXT)).get(0).inputIds();
    double[] mean = new double[WIDTH];
    for (int place = 0; place < ids.length; place++) {
      double[] of = embedding(ids[place], place);
      Arrays.setAll(mean, i -> mean[i] + of[i] / ids.length);
    }
    assertThat((double) explain(Map.of("method", "saliency")).logits()[TARGET])
        .isCloseTo(logit(mean), within(ROUNDING));
  }
}
