package org.sparkfinetune.tune.pruner;

import org.sparkfinetune.tune.History;
import org.sparkfinetune.tune.Pruner;
import org.sparkfinetune.tune.Trial;

/** Lets every trial run to its end. */
public record NopPruner() implements Pruner {
  @Override
  public boolean shouldPrune(History history, Trial trial) {
    return false;
  }
}
