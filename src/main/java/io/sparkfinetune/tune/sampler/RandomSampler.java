package io.sparkfinetune.tune.sampler;

import io.sparkfinetune.tune.History;
import io.sparkfinetune.tune.Sampler;
import io.sparkfinetune.tune.SearchSpace;
import java.util.Map;
import java.util.SplittableRandom;

/**
 * Each parameter evenly spread and independent of the others.
 *
 * @param seed of which, and of the trial's number, a draw is made
 */
public record RandomSampler(long seed) implements Sampler {
  @Override
  public Map<String, Object> sample(History history, SearchSpace space, int number) {
    SplittableRandom random = Streams.of(seed, number);
    return space.draw((name, distribution) -> Values.at(distribution, random.nextDouble()));
  }
}
