package org.sparkfinetune.evaluate;

/** Which of two values of a metric is the better one. */
public enum Better {
  /** The larger. */
  MORE(1),
  /** The smaller. */
  LESS(-1),
  /** Neither is, or it is not known. */
  NEITHER(0);

  private final int sign;

  Better(int sign) {
    this.sign = sign;
  }

  /** 1, -1 or 0: what to multiply values with, so that more of them is better. */
  public int sign() {
    return sign;
  }
}
