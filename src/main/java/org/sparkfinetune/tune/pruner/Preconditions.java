package org.sparkfinetune.tune.pruner;

import org.sparkfinetune.UserException;

/** The checks that the pruners' settings have in common. */
final class Preconditions {
  private Preconditions() {}

  /**
   * Checks a whole number.
   *
   * @throws UserException when it is smaller than it may be
   */
  static void atLeast(int least, String name, int value) {
    if (value < least) {
      throw new UserException(name + " " + value + ": expected at least " + least);
    }
  }
}
