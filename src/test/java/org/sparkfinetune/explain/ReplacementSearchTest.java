package org.sparkfinetune.explain;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Random;
import java.util.TreeMap;
import java.util.function.ToDoubleFunction;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.sparkfinetune.TestModels;
import org.sparkfinetune.UserException;
import org.sparkfinetune.model.SequenceClassifier;
import org.sparkfinetune.model.io.ModelFiles;
import org.sparkfinetune.task.ProblemType;
import org.sparkfinetune.tokenize.TextTokenizer;

class ReplacementSearchTest {
  private static final List<String> CANDIDATES = List.of("x", "y", "z");

  /** A decision changes where a sum is below 0. */
  private static Optional<Map<Integer, String>> search(
      Map<Integer, String> words, ToDoubleFunction<Map<Integer, String>> sum) {
    return new ReplacementSearch(
            variants ->
                variants.stream()
                    .map(variant -> new float[] {(float) sum.applyAsDouble(variant)})
                    .toArray(float[][]::new),
            logits -> logits[0] < 0,
            logits -> -logits[0])
        .of(words, CANDIDATES);
  }

  private static Map<Integer, String> words(int count) {
    Map<Integer, String> words = new TreeMap<>();
    IntStream.range(0, count).forEach(place -> words.put(place, "w" + place));
    return words;
  }

  /** Where each replacement has its weight, the fewest are found: those of all sets. */
  @Test
  void whereReplacementsAddUpTheFewestAreFound() {
    Random random = new Random(5);
    int found = 0;
    for (int i = 0; i < 200; i++) {
      double[][] weights = new double[6][];
      Arrays.setAll(weights, place -> random.doubles(3, -1, 1).toArray());
      double start = random.nextDouble() * 4;
      ToDoubleFunction<Map<Integer, String>> sum =
          variant ->
              start
                  + variant.entrySet().stream()
                      .mapToDouble(one -> weights[one.getKey()][CANDIDATES.indexOf(one.getValue())])
                      .sum();
      double[] best =
          Arrays.stream(weights)
              .mapToDouble(of -> Arrays.stream(of).min().orElseThrow())
              .sorted()
              .toArray();
      int fewest = 0;
      double left = start;
      while (left >= 0 && fewest < 6) {
        left += best[fewest++];
      }
      Optional<Map<Integer, String>> replaced = search(words(6), sum);
      if (left < 0 && fewest <= ReplacementSearch.MOST_WORDS) {
        assertThat(replaced.orElseThrow()).hasSize(fewest);
        assertThat(sum.applyAsDouble(replaced.get())).isNegative();
        found++;
      } else {
        assertThat(replaced).isEmpty();
      }
    }
    assertThat(found).isBetween(50, 199);
  }

  @Test
  void whatIsNotNeededGoesBack() {
    // The nearest at first is of no use in the end.
    ToDoubleFunction<Map<Integer, String>> sum =
        variant ->
            "x".equals(variant.get(1)) && "y".equals(variant.get(2))
                ? -1
                : variant.containsKey(0) ? 1 : "x".equals(variant.get(1)) ? 2 : 3;
    assertThat(
            search(
                words(3),
                variant -> sum.applyAsDouble(variant) - ("x".equals(variant.get(1)) ? 0.1 : 0)))
        .hasValueSatisfying(found -> assertThat(found).isEqualTo(Map.of(1, "x", 2, "y")));
  }

  @Test
  void aWordDoesNotReplaceItself() {
    assertThat(search(Map.of(0, "X"), variant -> "x".equals(variant.get(0)) ? -1 : 1)).isEmpty();
    assertThat(search(Map.of(), variant -> -1)).isEmpty();
  }

  /** Of one word: against all texts with one word replaced, and against nothing found. */
  @Test
  void oneWordIsFoundWhereOneWillDo() {
    ModelFiles files = TestModels.tiny();
    Map<String, Object> settings =
        Map.of(
            "method",
            "occlusion",
            "counterfactual",
            "replace",
            "replacements",
            "{\"loan\": [\"borrow\", \"rate\", \"repay\"], \"transfer\": [\"iban\", \"send\"],"
                + " \"card\": [\"visa\", \"pin\"]}");
    List<String> texts =
        List.of("Where is my money?", "it was lost", "top up now", "a new pin please", "why not");
    try (SequenceClassifier model = SequenceClassifier.load(files);
        TextTokenizer tokenizer = TextTokenizer.of(files.tokenizer(), 16)) {
      Explainer explainer =
          new Explainer(model, tokenizer, OptionalInt.of(103), TestArguments.of(settings));
      Explainer plain =
          new Explainer(
              model,
              tokenizer,
              OptionalInt.of(103),
              TestArguments.of(Map.of("method", "saliency")));
      int ones = 0;
      List<ExplainedText> explained = explainer.explain(texts, Optional.empty());
      for (int i = 0; i < texts.size(); i++) {
        ExplainedText text = explained.get(i);
        List<String> changed = new ArrayList<>();
        // The words of the other two labels at each place of a word.
        Map<Integer, List<String>> words =
            new HashMap<>(
                Map.of(
                    0, List.of("visa", "pin"),
                    1, List.of("borrow", "rate", "repay"),
                    2, List.of("iban", "send")));
        words.remove(text.target());
        for (WordAttribution word : text.words()) {
          if (Character.isLetter(word.word().charAt(0))) {
            for (List<String> of : words.values()) {
              for (String by : of) {
                if (!by.equals(word.word())) {
                  changed.add(
                      texts.get(i).substring(0, word.begin())
                          + by
                          + texts.get(i).substring(word.end()));
                }
              }
            }
          }
        }
        boolean oneWillDo =
            plain.explain(changed, Optional.empty()).stream()
                .anyMatch(of -> of.target() != text.target());
        assertThat(text.counterfactual().map(found -> found.words().size() == 1).orElse(false))
            .isEqualTo(oneWillDo);
        ones += oneWillDo ? 1 : 0;
      }
      assertThat(ones).isPositive();
    }
  }

  /** Of pairs with sets of labels, whether the explained one is predicted before or not. */
  @Test
  void pairsWithSetsOfLabelsAreChangedToWhatIsSaid() {
    ModelFiles files = TestModels.tiny(ProblemType.MULTI_LABEL_CLASSIFICATION);
    List<String> first = List.of("Where is my money?", "it was lost", "top up", "why not");
    List<String> second = List.of("a new pin", "send it, please", "yes", "my card is gone");
    int found = 0;
    try (SequenceClassifier model = SequenceClassifier.load(files);
        TextTokenizer tokenizer = TextTokenizer.of(files.tokenizer(), 32)) {
      for (String label : List.of("loan", "card", "transfer")) {
        Map<String, Object> settings =
            Map.of(
                "method",
                "occlusion",
                "target",
                label,
                "counterfactual",
                "replace",
                "replacements",
                "{\"loan\": [\"borrow\", \"rate\"], \"transfer\": [\"iban\"], \"card\": [\"visa\"]}");
        List<ExplainedText> texts =
            new Explainer(model, tokenizer, OptionalInt.of(103), TestArguments.of(settings))
                .explain(first, Optional.of(second));
        for (int i = 0; i < texts.size(); i++) {
          ExplainedText text = texts.get(i);
          if (text.counterfactual().isPresent()) {
            Counterfactual of = text.counterfactual().get();
            List<StringBuilder> changed =
                List.of(new StringBuilder(first.get(i)), new StringBuilder(second.get(i)));
            for (int word = of.words().size() - 1; word >= 0; word--) {
              WordAttribution at = text.words().get(of.words().get(word));
              changed.get(at.sequence()).replace(at.begin(), at.end(), of.replacements().get(word));
            }
            float[] logits =
                new Explainer(
                        model,
                        tokenizer,
                        OptionalInt.of(103),
                        TestArguments.of(Map.of("method", "saliency")))
                    .explain(
                        List.of(changed.get(0).toString()),
                        Optional.of(List.of(changed.get(1).toString())))
                    .get(0)
                    .logits();
            // A logit above 0 is a label that is predicted.
            assertThat(of.predicted())
                .isEqualTo(IntStream.range(0, 3).filter(l -> logits[l] > 0).boxed().toList());
            assertThat(logits[text.target()] > 0).isNotEqualTo(text.logits()[text.target()] > 0);
            found++;
          }
        }
      }
    }
    assertThat(found).isPositive();
  }

  @Test
  void wordsThatCannotBeUsedAreRefused() {
    List<String> labels = List.of("card", "loan");
    assertThat(Replacements.of(TestArguments.of(Map.of("replacements", "{")), labels)).isEmpty();
    assertRefused("", "explain.counterfactual=replace: there are no words to take the place");
    assertRefused("{\"card\": []}", "explain.counterfactual=replace: there are no words");
    assertRefused("{\"cart\": [\"a\"]}", "explain.replacements: the model has no label cart: did");
    assertRefused(
        "visa", "explain.replacements=visa: expected lists of words by label in JSON, as");
    assertThat(
            Replacements.of(
                TestArguments.of(
                    Map.of("counterfactual", "replace", "replacements", "{\"loan\": [\"a\"]}")),
                labels))
        .containsExactly(List.of(), List.of("a"));
  }

  private static void assertRefused(String words, String message) {
    ExplainArguments arguments =
        TestArguments.of(Map.of("counterfactual", "replace", "replacements", words));
    assertThatThrownBy(() -> Replacements.of(arguments, List.of("card", "loan")))
        .isInstanceOf(UserException.class)
        .hasMessageStartingWith(message);
  }
}
