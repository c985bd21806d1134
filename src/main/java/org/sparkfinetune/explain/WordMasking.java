package org.sparkfinetune.explain;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.OptionalInt;
import org.sparkfinetune.model.SequenceClassifier;
import org.sparkfinetune.model.compute.ForwardPass;

/** What becomes of a logit where words are masked. */
final class WordMasking {
  private final SequenceClassifier model;
  private final ForwardPass pass;
  private final OptionalInt filler;
  private final int tokensPerPass;

  /**
   * @param filler the token id that stands for each token of a masked word; empty where they are
   *     dropped
   */
  WordMasking(SequenceClassifier model, ForwardPass pass, OptionalInt filler, int tokensPerPass) {
    this.model = model;
    this.pass = pass;
    this.filler = filler;
    this.tokensPerPass = tokensPerPass;
  }

  /**
   * The logits of all labels for each set of words that are kept, {@code [kept.size()][labels]}.
   *
   * @param words by the places of their tokens
   * @param kept the places of words that stay as they are
   */
  float[][] logits(TokenRow row, List<List<Integer>> words, List<BitSet> kept) {
    List<TokenRow> variants = new ArrayList<>();
    for (BitSet set : kept) {
      List<Integer> gone = new ArrayList<>();
      for (int word = set.nextClearBit(0); word < words.size(); word = set.nextClearBit(word + 1)) {
        gone.addAll(words.get(word));
      }
      variants.add(row.without(gone, filler));
    }
    float[][] logits = new float[kept.size()][];
    int next = 0;
    for (List<TokenRow> part : Passes.of(variants, TokenRow::length, tokensPerPass)) {
      for (float[] ofLabels : model.logits(pass, Passes.batch(part, model.padTokenId()))) {
        logits[next++] = ofLabels;
      }
    }
    return logits;
  }

  /**
   * The logit of a label for each set of words that are kept.
   *
   * @param words by the places of their tokens
   * @param kept the places of words that stay as they are
   */
  double[] logits(TokenRow row, int target, List<List<Integer>> words, List<BitSet> kept) {
    return Arrays.stream(logits(row, words, kept)).mapToDouble(logits -> logits[target]).toArray();
  }
}
