package org.sparkfinetune.jobs;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import org.sparkfinetune.tune.Objective;
import org.sparkfinetune.tune.Trial;

/** An objective of a user's own, of whose trials the first go wrong, each in its own way. */
public final class TroubledObjective implements Objective {
  @Override
  public Result evaluate(Trial trial) throws Exception {
    double rate = (double) trial.params().get("training.learning_rate");
    return switch (trial.number()) {
      case 1 -> throw new IllegalArgumentException("this setting cannot be");
      case 2 -> result(Double.NaN);
      case 3 -> result(allocate());
      case 4 -> {
        trial.onStop(Thread.currentThread()::interrupt);
        new CountDownLatch(1).await();
        yield result(0);
      }
      default -> result(rate);
    };
  }

  private static Result result(double value) {
    return new Result(List.of(value), List.of(), Map.of());
  }

  /** More than any heap of a test has. */
  private static double allocate() {
    List<long[]> all = new ArrayList<>();
    for (int i = 0; i < 1000; i++) {
      all.add(new long[1 << 26]);
    }
    return all.size();
  }
}
