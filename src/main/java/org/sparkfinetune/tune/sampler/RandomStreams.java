package org.sparkfinetune.tune.sampler;

import java.util.SplittableRandom;

/** Random numbers that depend on a seed and a trial's number alone. */
final class RandomStreams {
  private RandomStreams() {}

  /** A stream of its own for each number. */
  static SplittableRandom of(long seed, long number) {
    return new SplittableRandom(mix(mix(seed) + number));
  }

  /** Spreads what differs by little over all 64 bits: the finalizer of MurmurHash3, as SplitMix. */
  private static long mix(long value) {
    long z = value + 0x9e3779b97f4a7c15L;
    z = (z ^ z >>> 30) * 0xbf58476d1ce4e5b9L;
    z = (z ^ z >>> 27) * 0x94d049bb133111ebL;
    return z ^ z >>> 31;
  }
}
