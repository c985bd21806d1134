package org.sparkfinetune.explain;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.sparkfinetune.TestGoldens;
import org.sparkfinetune.model.SequenceClassifier;
import org.sparkfinetune.model.compute.ForwardPass;
import org.sparkfinetune.tokenize.Batch;

/** Attributions against Captum's, of a tiny model of each family. */
@Tag("slow")
class AttributionGoldenTest {
  private static final Path FOLDER = Path.of("src/test/resources/org/sparkfinetune/explain");

  /** fp32 on both sides, sums of some tens of gradients in another order. */
  private static final double TOLERANCE = 1e-5;

  /** A family's model, the rows that Captum explained, and what it said of each and of all. */
  private record Case(
      SequenceClassifier model,
      List<TokenRow> rows,
      int[] targets,
      List<JsonNode> golden,
      JsonNode settings)
      implements AutoCloseable {
    @Override
    public void close() {
      model.close();
    }

    GradientAttribution gradients(ExplainArguments arguments) {
      return new GradientAttribution(model, ForwardPass.inference(), arguments, model.padTokenId());
    }
  }

  private static Case of(String family) throws IOException {
    JsonNode golden = new ObjectMapper().readTree(FOLDER.resolve(family + ".json").toFile());
    TestGoldens tiny = TestGoldens.of(family);
    Batch batch = tiny.batch();
    List<TokenRow> rows = new ArrayList<>();
    List<JsonNode> nodes = new ArrayList<>();
    for (int row = 0; row < batch.size(); row++) {
      JsonNode node = golden.path("row_" + row);
      if (node.isObject()) {
        int length = batch.lengths()[row];
        int start = row * batch.length();
        int[] ids =
            IntStream.range(start, start + length).map(i -> (int) batch.inputIds()[i]).toArray();
        boolean[] special = new boolean[length];
        special[0] = true;
        special[length - 1] = true;
        rows.add(new TokenRow(ids, length, special));
        nodes.add(node);
      }
    }
    int[] targets = nodes.stream().mapToInt(n -> n.path("target").asInt()).toArray();
    return new Case(tiny.model(), rows, targets, nodes, golden);
  }

  private static ExplainArguments arguments(JsonNode golden, Map<String, Object> more) {
    Map<String, Object> settings = new HashMap<>(more);
    settings.putIfAbsent("steps", golden.path("steps").asInt());
    return TestArguments.of(settings);
  }

  @ParameterizedTest
  @MethodSource("org.sparkfinetune.TestGoldens#families")
  void gradientMethodsAreCaptums(String family) throws IOException {
    try (Case rows = of(family)) {
      Map<String, Map<String, Object>> variants =
          Map.of(
              "integrated_gradients", Map.of(),
              "integrated_gradients_zero", Map.of("baseline", "zero"),
              "integrated_gradients_riemann_middle", Map.of("integration", "riemann_middle"),
              "saliency", Map.of("method", "saliency"),
              "input_x_gradient", Map.of("method", "input_x_gradient"));
      variants.forEach(
          (name, settings) -> {
            ExplainArguments arguments = arguments(rows.settings(), settings);
            List<TokenScores> scores = rows.gradients(arguments).of(rows.rows(), rows.targets());
            for (int row = 0; row < scores.size(); row++) {
              assertClose(scores.get(row).scores(), rows.golden().get(row).path(name), name);
              // Captum's own delta, of the same points: a ReLU in a head leaves 3e-3 of 50.
              JsonNode delta = rows.golden().get(row).path(name + "_delta");
              if (!delta.isMissingNode()) {
                assertThat(scores.get(row).delta()).isCloseTo(delta.asDouble(), within(2e-5));
              }
            }
          });
    }
  }

  @ParameterizedTest
  @MethodSource("org.sparkfinetune.TestGoldens#families")
  void maskingMethodsAreCaptums(String family) throws IOException {
    try (Case rows = of(family)) {
      WordMasking masking =
          new WordMasking(
              rows.model(),
              ForwardPass.inference(),
              OptionalInt.of(rows.settings().path("mask").asInt()),
              100);
      for (int row = 0; row < rows.rows().size(); row++) {
        JsonNode expected = rows.golden().get(row);
        List<List<Integer>> words = words(expected.path("words"));
        if (words.isEmpty()) {
          assertThat(expected.path("occlusion")).isEmpty();
          continue;
        }
        TokenRow tokens = rows.rows().get(row);
        int target = rows.targets()[row];
        BitSet all = new BitSet();
        all.set(0, words.size());
        List<BitSet> kept = new ArrayList<>(List.of(all, new BitSet()));
        for (int word = 0; word < words.size(); word++) {
          BitSet others = (BitSet) all.clone();
          others.clear(word);
          kept.add(others);
        }
        double[] logits = masking.logits(tokens, target, words, kept);
        double[] lost = Arrays.stream(logits).skip(2).map(logit -> logits[0] - logit).toArray();
        assertClose(lost, expected.path("occlusion"), "occlusion");
        if (expected.has("shapley")) {
          KernelShap shap = new KernelShap(words.size(), 100, 42);
          double[] ofSets = masking.logits(tokens, target, words, shap.sets());
          assertClose(
              shap.values(ofSets, logits[1], logits[0]), expected.path("shapley"), "shapley");
        }
      }
    }
  }

  @ParameterizedTest
  @MethodSource("org.sparkfinetune.TestGoldens#families")
  void rolloutIsThatOfTransformersAttentions(String family) throws IOException {
    try (Case rows = of(family)) {
      for (int tokensPerPass : new int[] {100_000, 1}) {
        List<TokenScores> scores =
            new AttentionRollout(rows.model(), ForwardPass.inference(), tokensPerPass)
                .of(rows.rows());
        for (int row = 0; row < scores.size(); row++) {
          double[] ofTokens = scores.get(row).scores();
          assertClose(ofTokens, rows.golden().get(row).path("attention_rollout"), "rollout");
          assertThat(Arrays.stream(ofTokens).sum()).isCloseTo(1, within(1e-6));
        }
      }
    }
  }

  private static List<List<Integer>> words(JsonNode ofTokens) {
    List<List<Integer>> words = new ArrayList<>();
    for (int token = 0; token < ofTokens.size(); token++) {
      int word = ofTokens.path(token).asInt();
      if (word == words.size()) {
        words.add(new ArrayList<>());
      }
      if (word >= 0) {
        words.get(word).add(token);
      }
    }
    return words;
  }

  private static void assertClose(double[] scores, JsonNode golden, String name) {
    double[] expected = new ObjectMapper().convertValue(golden, double[].class);
    double largest = Arrays.stream(expected).map(Math::abs).max().orElse(0);
    // Of logits of about 1, whose last bits are 1e-7.
    assertThat(scores).as(name).containsExactly(expected, within(TOLERANCE * largest + 5e-7));
  }

  /** All rows in one pass, or each place of each row in its own. */
  @ParameterizedTest
  @MethodSource("org.sparkfinetune.TestGoldens#families")
  void howRowsArePackedDoesNotMatter(String family) throws IOException {
    try (Case rows = of(family)) {
      List<List<TokenScores>> ways = new ArrayList<>();
      for (int tokens : new int[] {100_000, 100, 1}) {
        ExplainArguments arguments =
            TestArguments.of(Map.of("steps", 8, "tokens_per_pass", tokens));
        ways.add(rows.gradients(arguments).of(rows.rows(), rows.targets()));
      }
      for (int row = 0; row < rows.rows().size(); row++) {
        double[] packed = ways.get(0).get(row).scores();
        double largest = Arrays.stream(packed).map(Math::abs).max().orElseThrow();
        for (List<TokenScores> other : ways.subList(1, 3)) {
          assertThat(other.get(row).scores())
              .containsExactly(packed, within(TOLERANCE * largest + 1e-7));
        }
      }
    }
  }
}
