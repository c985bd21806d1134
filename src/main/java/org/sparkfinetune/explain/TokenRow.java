package org.sparkfinetune.explain;

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

  /** With one token in the place of each that is not special. */
  TokenRow filled(int token) {
    int[] filled = ids.clone();
    for (int i = 0; i < filled.length; i++) {
      filled[i] = special[i] ? ids[i] : token;
    }
    return new TokenRow(filled, secondSegmentStart, special);
  }
}
