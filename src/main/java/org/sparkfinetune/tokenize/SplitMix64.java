package org.sparkfinetune.tokenize;

/** The generator SplitMix64 (Steele, Lea, Flood 2014): independent seeds from one. */
public final class SplitMix64 {
  private SplitMix64() {}

  /** The {@code n}th output, from 1, from a seed. */
  public static long output(long seed, long n) {
    return finalized(seed + n * 0x9E3779B97F4A7C15L);
  }

  /** Its finalizer, which spreads a number evenly over all longs. */
  static long finalized(long number) {
    long z = number;
    z = (z ^ (z >>> 30)) * 0xBF58476D1CE4E5B9L;
    z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
    return z ^ (z >>> 31);
  }
}
