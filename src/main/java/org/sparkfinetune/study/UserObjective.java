package org.sparkfinetune.study;

import java.util.Optional;
import org.sparkfinetune.UserException;
import org.sparkfinetune.text.Failures;
import org.sparkfinetune.tune.Objective;

/** An objective of the user's own, by the name of its class. */
final class UserObjective {
  private UserObjective() {}

  /**
   * The user's own objective; empty when trials fine-tune.
   *
   * @throws UserException when there is no such class, or it is none
   */
  static Optional<Objective> of(TuneArguments tune) {
    String name = tune.objective();
    if (name.isEmpty()) {
      return Optional.empty();
    }
    try {
      Object made =
          Class.forName(name, true, Thread.currentThread().getContextClassLoader())
              .getConstructor()
              .newInstance();
      if (made instanceof Objective objective) {
        return Optional.of(objective);
      }
      throw new UserException(
          "tune.objective="
              + name
              + " is no objective: expected a class that implements "
              + Objective.class.getName());
    } catch (ReflectiveOperationException e) {
      throw new UserException(
          "tune.objective="
              + name
              + " cannot be made: expected a public class on the class path with a constructor"
              + " without arguments ("
              + Failures.summary(e)
              + ")",
          e);
    }
  }
}
