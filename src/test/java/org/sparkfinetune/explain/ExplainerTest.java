package org.sparkfinetune.explain;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.sparkfinetune.TestModels;
import org.sparkfinetune.UserException;
import org.sparkfinetune.model.SequenceClassifier;
import org.sparkfinetune.model.encoder.Pooling;
import org.sparkfinetune.model.io.PretrainedModel;
import org.sparkfinetune.task.ProblemType;
import org.sparkfinetune.tokenize.TextTokenizer;

class ExplainerTest {
  private static final OptionalInt MASK = OptionalInt.of(103);

  private static SequenceClassifier model;
  private static TextTokenizer tokenizer;

  @BeforeAll
  static void load() {
    tokenizer =
        TextTokenizer.of(
            PretrainedModel.open("minilm-l6", new Configuration(false)).tokenizer(), 12);
    model =
        SequenceClassifier.fromScratch(
            TestModels.tinyConfig(
                30522,
                List.of("card", "refund", "top up"),
                0,
                ProblemType.SINGLE_LABEL_CLASSIFICATION,
                Pooling.MEAN),
            42);
  }

  @AfterAll
  static void close() {
    model.close();
    tokenizer.close();
  }

  private static List<ExplainedText> explain(Map<String, Object> settings, String... texts) {
    return new Explainer(model, tokenizer, MASK, TestArguments.of(settings))
        .explain(List.of(texts), Optional.empty());
  }

  private static double sum(ExplainedText text) {
    return text.words().stream().mapToDouble(word -> word.score().orElse(0)).sum();
  }

  @ParameterizedTest
  @EnumSource
  void eachSeenWordHasAScore(AttributionMethod method) {
    ExplainedText text =
        explain(Map.of("method", method.name().toLowerCase(java.util.Locale.ROOT)), "Where is it?")
            .get(0);
    assertThat(text.words())
        .extracting(WordAttribution::word)
        .containsExactly("Where", "is", "it", "?");
    assertThat(text.words()).allMatch(word -> word.score().isPresent());
    assertThat(text.words().get(1).begin()).isEqualTo(6);
    assertThat(text.words().get(1).end()).isEqualTo(8);
    assertThat(text.logits()[text.target()])
        .isEqualTo(Math.max(Math.max(text.logits()[0], text.logits()[1]), text.logits()[2]));
  }

  /** Shapley's values and integrated gradients share the same difference, if from masks. */
  @Test
  void whatWordsGetAddsUpToWhatTheyAllChange() {
    Map<String, Object> path = Map.of("baseline", "mask", "target", "refund");
    ExplainedText gradients = explain(path, "Where is my refund").get(0);
    ExplainedText shapley =
        explain(Map.of("method", "kernel_shap", "target", "refund"), "Where is my refund").get(0);
    assertThat(gradients.target()).isEqualTo(1);
    assertThat(gradients.completenessDelta().orElseThrow()).isCloseTo(0, within(1e-5));
    assertThat(sum(gradients) + gradients.special()).isCloseTo(sum(shapley), within(1e-5));
    assertThat(gradients.special()).isCloseTo(0, within(1e-7));
    assertThat(shapley.completenessDelta()).isEmpty();
  }

  @Test
  void textsThatAreCutBlankOrLongComeInTheirOrder() {
    String cut = "one two three four five six seven eight nine ten eleven twelve";
    List<ExplainedText> texts = explain(Map.of("method", "occlusion"), cut, " ", "refund");
    assertThat(texts.get(0).words()).hasSize(12);
    assertThat(texts.get(0).words().get(9).score()).isPresent();
    assertThat(texts.get(0).words().get(10).score()).isEmpty();
    assertThat(texts.get(1).words()).isEmpty();
    assertThat(texts.get(2).words()).extracting(WordAttribution::word).containsExactly("refund");
  }

  @Test
  void pairsAreExplainedInBothTexts() {
    ExplainedText pair =
        new Explainer(model, tokenizer, MASK, TestArguments.of(Map.of()))
            .explain(List.of("a premise"), Optional.of(List.of("it follows")))
            .get(0);
    assertThat(pair.words()).extracting(WordAttribution::sequence).containsExactly(0, 0, 1, 1);
    assertThat(pair.words().get(3).word()).isEqualTo("follows");
  }

  /** Against what masking by hand gives, and the same whatever is beside the text. */
  @Test
  void whatIsMeasuredIsOfEachTextAlone() {
    Map<String, Object> settings = Map.of("measure", true, "steps", 8);
    ExplainedText alone = explain(settings, "Where is my refund").get(0);
    ExplainedText beside = explain(settings, "a", "Where is my refund", " ").get(1);
    Faithfulness measured = alone.faithfulness().orElseThrow();
    assertThat(beside.faithfulness().orElseThrow().deletion())
        .isCloseTo(measured.deletion(), within(1e-6));
    assertThat(beside.random().orElseThrow().insertion())
        .isCloseTo(alone.random().orElseThrow().insertion(), within(1e-6));
    assertThat(explain(settings, " ").get(0).faithfulness()).isEmpty();
    assertThat(explain(Map.of(), "Where is my refund").get(0).faithfulness()).isEmpty();

    // The top word of four is masked in four of the five shares, the top two in the last.
    List<Integer> order = new ArrayList<>(List.of(0, 1, 2, 3));
    order.sort(Comparator.comparingDouble(word -> -alone.words().get(word).score().orElseThrow()));
    double whole = probability(alone.target(), Set.of());
    double one = whole - probability(alone.target(), Set.of(order.get(0)));
    double two = whole - probability(alone.target(), Set.of(order.get(0), order.get(1)));
    assertThat(measured.comprehensiveness()).isCloseTo((4 * one + two) / 5, within(1e-6));
  }

  private static double probability(int label, Set<Integer> masked) {
    String[] words = {"where", "is", "my", "refund"};
    masked.forEach(word -> words[word] = "[MASK]");
    float[] logits = explain(Map.of("method", "saliency"), String.join(" ", words)).get(0).logits();
    return model.config().problemType().task().probabilities(logits)[label];
  }

  @Test
  void aLabelThatIsNotThereIsRefused() {
    assertThatThrownBy(() -> explain(Map.of("target", "refunds"), "a"))
        .isInstanceOf(UserException.class)
        .hasMessage("explain.target=refunds: the model has no such label: did you mean refund?");
  }
}
