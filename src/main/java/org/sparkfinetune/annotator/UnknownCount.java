package org.sparkfinetune.annotator;

import org.apache.spark.util.AccumulatorV2;

/** Counts the tokens of all tasks. A task that Spark repeats counts again. */
final class UnknownCount extends AccumulatorV2<UnknownTokens, UnknownTokens> {
  private static final long serialVersionUID = 1L;

  private long unknown;
  private long tokens;

  @Override
  public synchronized boolean isZero() {
    return tokens == 0;
  }

  @Override
  public synchronized UnknownCount copy() {
    UnknownCount copy = new UnknownCount();
    copy.add(value());
    return copy;
  }

  @Override
  public synchronized void reset() {
    unknown = 0;
    tokens = 0;
  }

  @Override
  public synchronized void add(UnknownTokens more) {
    unknown += more.unknown();
    tokens += more.tokens();
  }

  @Override
  public void merge(AccumulatorV2<UnknownTokens, UnknownTokens> other) {
    add(other.value());
  }

  @Override
  public synchronized UnknownTokens value() {
    return new UnknownTokens(unknown, tokens);
  }
}
