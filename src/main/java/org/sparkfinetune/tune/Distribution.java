package org.sparkfinetune.tune;

import java.util.List;
import org.sparkfinetune.PublicApi;

/**
 * The values that a parameter may take.
 *
 * <p>Samplers compute with doubles: a number stands for itself, a choice for its index.
 */
@PublicApi
public sealed interface Distribution
    permits FloatDistribution, IntDistribution, CategoricalDistribution {
  /** Whether there is only one value. */
  boolean isSingle();

  /** Whether a value is one of these. */
  boolean contains(Object value);

  /** What stands for a value in samplers. */
  double toInternal(Object value);

  /** The value that a double stands for: {@code Double}, {@code Long}, or the choice itself. */
  Object toExternal(double internal);

  /**
   * Every value, in order.
   *
   * @throws org.sparkfinetune.UserException when they cannot be counted, as those of a float
   *     without a step
   */
  List<Object> values();
}
