package org.sparkfinetune.explain;

import java.util.Arrays;
import java.util.List;
import java.util.OptionalInt;
import java.util.stream.IntStream;
import org.sparkfinetune.tokenize.AlignedEncoding;

/**
 * A row as a classifier gets it.
 *
 * @param ids token ids, special ones included, no padding
 * @param secondSegmentStart where the tokens of type 1 start
 * @param special whether the tokenizer has added a token
 */
record TokenRow(int[] ids, int secondSegmentStart, boolean[] special) {
  static TokenRow of(AlignedEncoding text) {
    int[] ids = text.encoding().inputIds();
    boolean[] special = new boolean[ids.length];
    for (int i = 0; i < ids.length; i++) {
      special[i] = text.spans().get(i).isSpecial();
    }
    return new TokenRow(ids, text.encoding().secondSegmentStart(), special);
  }

  int length() {
    return ids.length;
  }

  /**
   * With one token in the place of some.
   *
   * @param token empty where they are dropped
   */
  TokenRow without(List<Integer> places, OptionalInt token) {
    int[] changed = ids.clone();
    boolean[] gone = new boolean[ids.length];
    for (int place : places) {
      changed[place] = token.orElse(0);
      gone[place] = token.isEmpty();
    }
    if (token.isPresent()) {
      return new TokenRow(changed, secondSegmentStart, special);
    }
    int[] left = IntStream.range(0, ids.length).filter(place -> !gone[place]).toArray();
    int start = (int) Arrays.stream(left).filter(place -> place < secondSegmentStart).count();
    boolean[] ofLeft = new boolean[left.length];
    for (int i = 0; i < left.length; i++) {
      ofLeft[i] = special[left[i]];
    }
    return new TokenRow(Arrays.stream(left).map(place -> changed[place]).toArray(), start, ofLeft);
  }

  /** With one token in the place of each that is not special. */
  TokenRow filled(int token) {
    int[] filled = ids.clone();
    for (int i = 0; i < filled.length; i++) {
      filled[i] = special[i] ? ids[i] : token;
    }
    return new TokenRow(filled, secondSegmentStart, special);
  }
}
