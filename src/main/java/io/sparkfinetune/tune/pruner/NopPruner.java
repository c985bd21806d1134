package io.sparkfinetune.tune.pruner;

import io.sparkfinetune.tune.History;
import io.sparkfinetune.tune.Pruner;
import io.sparkfinetune.tune.Trial;

/** Lets every trial run to its end. */
public record NopPruner() implements Pruner {
  @Override
  public boolean shouldPrune(History history, Trial trial) {
    return false;
  }
}
