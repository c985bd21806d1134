package org.sparkfinetune.tune.sampler;

import java.util.List;
import java.util.Map;
import org.apache.commons.math3.random.SobolSequenceGenerator;
import org.sparkfinetune.PublicApi;
import org.sparkfinetune.UserException;
import org.sparkfinetune.tune.History;
import org.sparkfinetune.tune.Sampler;
import org.sparkfinetune.tune.SearchSpace;

/**
 * Spreads trials more evenly than chance does: a Sobol sequence, scrambled by the seed.
 *
 * <p>Every parameter of the space has a dimension, whether its condition holds or not: what one
 * trial leaves out moves no other. The scrambling is Owen's, in the form that Burley gives it
 * (Practical Hash-based Owen Scrambling, 2020): of 2^k trials from a multiple of 2^k on, each of
 * 2^k equal parts of any dimension has one.
 *
 * @param seed of the scrambling
 */
@PublicApi
public record SobolSampler(long seed) implements Sampler {
  /** As many as there are direction numbers. */
  private static final int MOST_DIMENSIONS = 1000;

  private static final int BITS = 32;
  private static final double UNIT = 0x1p-32;

  @Override
  public Map<String, Object> sample(History history, SearchSpace space, int number) {
    List<String> names = space.names();
    if (names.isEmpty()) {
      return Map.of();
    }
    if (names.size() > MOST_DIMENSIONS) {
      throw new UserException(
          names.size()
              + " parameters: the Sobol sampler takes at most "
              + MOST_DIMENSIONS
              + "; take the random one");
    }
    double[] point = new SobolSequenceGenerator(names.size()).skipTo(number);
    return space.draw(
        (name, distribution) -> {
          int dimension = names.indexOf(name);
          return Quantiles.at(distribution, scrambled(point[dimension], dimension));
        });
  }

  private double scrambled(double coordinate, int dimension) {
    int key = (int) RandomStreams.of(seed, dimension).nextLong();
    int reversed = Integer.reverse((int) (long) (coordinate * (1L << BITS)));
    return (Integer.reverse(permuted(reversed, key)) & 0xffffffffL) * UNIT;
  }

  /** Flips each bit by a hash of those below it: Laine and Karras, with Vegdahl's constants. */
  private static int permuted(int bits, int key) {
    int x = bits ^ bits * 0x3d20adea;
    x += key;
    x *= key >>> 16 | 1;
    x ^= x * 0x05526c56;
    x ^= x * 0x53a22864;
    return x;
  }
}
