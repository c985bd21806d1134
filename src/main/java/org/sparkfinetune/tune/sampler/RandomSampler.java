package org.sparkfinetune.tune.sampler;

import java.util.Map;
import java.util.SplittableRandom;
import org.sparkfinetune.PublicApi;
import org.sparkfinetune.tune.History;
import org.sparkfinetune.tune.Sampler;
import org.sparkfinetune.tune.SearchSpace;

/**
 * Each parameter evenly spread and independent of the others.
 *
 * @param seed of which, and of the trial's number, a draw is made
 */
@PublicApi
public record RandomSampler(long seed) implements Sampler {
  @Override
  public Map<String, Object> sample(History history, SearchSpace space, int number) {
    SplittableRandom random = RandomStreams.of(seed, number);
    return space.draw((name, distribution) -> Quantiles.at(distribution, random.nextDouble()));
  }
}
