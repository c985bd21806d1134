package org.sparkfinetune.explain;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Predicate;
import java.util.stream.IntStream;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.sparkfinetune.TestModels;
import org.sparkfinetune.model.SequenceClassifier;
import org.sparkfinetune.model.compute.ForwardPass;
import org.sparkfinetune.model.encoder.Pooling;
import org.sparkfinetune.model.io.PretrainedModel;
import org.sparkfinetune.task.ProblemType;
import org.sparkfinetune.task.Task;
import org.sparkfinetune.tokenize.AlignedEncoding;
import org.sparkfinetune.tokenize.TextTokenizer;

class CounterfactualSearchTest {
  private static final OptionalInt MASK = OptionalInt.of(103);

  /** The fewest words of all sets without which the decision changes; 0 for none. */
  private static int fewest(int words, Predicate<BitSet> changes) {
    return IntStream.range(1, 1 << words)
        .mapToObj(set -> BitSet.valueOf(new long[] {set}))
        .filter(changes)
        .mapToInt(BitSet::cardinality)
        .min()
        .orElse(0);
  }

  private static void assertCannotBeSpared(BitSet gone, Predicate<BitSet> changes) {
    assertThat(changes).accepts(gone);
    gone.stream()
        .forEach(
            word -> {
              BitSet fewer = (BitSet) gone.clone();
              fewer.clear(word);
              assertThat(changes).rejects(fewer);
            });
  }

  /** Where each word has its weight, the largest are the fewest: greedy is exact. */
  @Test
  void whereWordsAddUpTheFewestAreFound() {
    Random random = new Random(3);
    for (int i = 0; i < 200; i++) {
      int words = 1 + random.nextInt(10);
      double[] weights = random.doubles(words, -1, 3).toArray();
      double needed = random.nextDouble() * 8;
      Predicate<BitSet> changes =
          gone -> gone.stream().mapToDouble(word -> weights[word]).sum() > needed;
      List<Integer> order = new ArrayList<>(IntStream.range(0, words).boxed().toList());
      order.sort(Comparator.comparingDouble(word -> -weights[word]));
      Optional<BitSet> found = search(words, changes, new AtomicInteger()).of(order);
      int fewest = fewest(words, changes);
      assertThat(found.map(BitSet::cardinality).orElse(0)).isEqualTo(fewest);
      found.ifPresent(gone -> assertCannotBeSpared(gone, changes));
    }
  }

  /** A bad order costs words where three or more are needed, and such a set may have fewer. */
  @Test
  void aBadOrderFindsAsManyAsNeededOfUpToTwoWordsAtLeast() {
    Random random = new Random(4);
    int more = 0;
    for (int i = 0; i < 300; i++) {
      int words = 2 + random.nextInt(7);
      boolean[] changing = new boolean[1 << words];
      for (int set = 1; set < changing.length; set++) {
        changing[set] = random.nextInt(9) == 0;
      }
      Predicate<BitSet> changes = gone -> changing[(int) gone.toLongArray()[0]];
      Optional<BitSet> found =
          search(words, changes, new AtomicInteger())
              .of(IntStream.range(0, words).boxed().toList());
      int fewest = fewest(words, changes);
      if (fewest == 1) {
        assertThat(found.orElseThrow().cardinality()).isEqualTo(1);
      } else if (found.isPresent()) {
        assertCannotBeSpared(found.get(), changes);
        assertThat(found.get().cardinality()).isGreaterThanOrEqualTo(fewest);
        more += found.get().cardinality() > fewest ? 1 : 0;
      }
    }
    assertThat(more).isPositive();
  }

  @Test
  void aLongTextCostsFewPasses() {
    AtomicInteger looked = new AtomicInteger();
    List<Integer> order = IntStream.range(0, 400).boxed().toList();
    BitSet found = search(400, gone -> gone.get(0) && gone.get(3), looked).of(order).orElseThrow();
    assertThat(found.stream()).containsExactly(0, 3);
    assertThat(looked.get()).isLessThan(430);
    assertThat(search(400, gone -> false, looked).of(order)).isEmpty();
    looked.set(0);
    found =
        search(400, gone -> gone.get(0) && gone.get(1) && gone.get(399), looked).of(order).get();
    assertThat(found.stream()).containsExactly(0, 1, 399);
    assertThat(looked.get()).isLessThan(1700);
  }

  private static CounterfactualSearch search(
      int words, Predicate<BitSet> changes, AtomicInteger looked) {
    return new CounterfactualSearch(
        words,
        kept -> {
          float[][] logits = new float[kept.size()][];
          for (int i = 0; i < logits.length; i++) {
            BitSet gone = (BitSet) kept.get(i).clone();
            gone.flip(0, words);
            logits[i] = new float[] {changes.test(gone) ? 1 : 0};
            looked.incrementAndGet();
          }
          return logits;
        },
        logits -> logits[0] == 1);
  }

  /** Against all sets of words of a model, with a token that masks and without. */
  @ParameterizedTest
  @CsvSource({
    "SINGLE_LABEL_CLASSIFICATION, true",
    "SINGLE_LABEL_CLASSIFICATION, false",
    "MULTI_LABEL_CLASSIFICATION, true"
  })
  void whatAModelFindsIsProvenByAllSets(ProblemType problemType, boolean masks) {
    OptionalInt mask = masks ? MASK : OptionalInt.empty();
    String[] texts = {
      "where is my refund now", "top up the card", "no", "please cancel my order today ok",
      "the cat sat on a mat", "why was I charged twice", "hello", "a new pin code for me"
    };
    int found = 0;
    int fewest = 0;
    try (TextTokenizer tokenizer =
            TextTokenizer.of(
                PretrainedModel.open("minilm-l6", new Configuration(false)).tokenizer(), 12);
        SequenceClassifier model =
            SequenceClassifier.fromScratch(
                TestModels.tinyConfig(
                    30522, List.of("card", "refund", "top up"), 0, problemType, Pooling.MEAN),
                42)) {
      ExplainArguments arguments =
          TestArguments.of(Map.of("counterfactual", "remove", "method", "occlusion"));
      Task task = problemType.task();
      List<ExplainedText> explained =
          new Explainer(model, tokenizer, mask, arguments)
              .explain(List.of(texts), Optional.empty());
      List<AlignedEncoding> aligned = tokenizer.align(List.of(texts), Optional.empty());
      WordMasking masking = new WordMasking(model, ForwardPass.inference(), mask, 1000);
      for (int i = 0; i < texts.length; i++) {
        List<List<Integer>> words =
            Word.of(aligned.get(i), List.of(texts[i])).stream().map(Word::tokens).toList();
        TokenRow row = TokenRow.of(aligned.get(i));
        int target = explained.get(i).target();
        Predicate<float[]> decided =
            logits ->
                IntStream.of(task.predicted(task.probabilities(logits), 0.5))
                    .anyMatch(label -> label == target);
        boolean before = decided.test(explained.get(i).logits());
        Predicate<BitSet> changes =
            gone -> {
              BitSet kept = (BitSet) gone.clone();
              kept.flip(0, words.size());
              return decided.test(masking.logits(row, words, List.of(kept))[0]) != before;
            };
        int least = fewest(words.size(), changes);
        Optional<Counterfactual> counterfactual = explained.get(i).counterfactual();
        if (least == 1) {
          assertThat(counterfactual.orElseThrow().words()).hasSize(1);
        }
        if (counterfactual.isPresent()) {
          BitSet gone = new BitSet();
          counterfactual.get().words().forEach(gone::set);
          assertCannotBeSpared(gone, changes);
          assertThat(counterfactual.get().predicted().contains(target)).isNotEqualTo(before);
          found++;
          fewest += gone.cardinality() == least ? 1 : 0;
        }
      }
    }
    assertThat(found).isPositive();
    assertThat(fewest).isEqualTo(found);
  }
}
