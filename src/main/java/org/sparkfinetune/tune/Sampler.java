package org.sparkfinetune.tune;

import java.util.Map;
import org.sparkfinetune.PublicApi;

/**
 * Says where in the search space the next trial lies. What it says depends on its settings, its
 * seed and the arguments alone, so that a study which goes on after a stop goes on as it would
 * have.
 */
@PublicApi
@FunctionalInterface
public interface Sampler {
  /**
   * The parameters of a trial.
   *
   * @param history all trials so far, those that run now among them
   * @param number the trial's number
   * @return a value for each parameter of the space that is there beside the others
   */
  Map<String, Object> sample(History history, SearchSpace space, int number);

  /**
   * How many settings there are to be tried, each once; {@code Integer.MAX_VALUE} where there is
   * always another.
   */
  default int size(SearchSpace space) {
    return Integer.MAX_VALUE;
  }
}
