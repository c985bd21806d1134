package org.sparkfinetune.tune.pruner;

import org.sparkfinetune.PublicApi;
import org.sparkfinetune.tune.FrozenTrial;
import org.sparkfinetune.tune.History;
import org.sparkfinetune.tune.Pruner;

/** Lets every trial run to its end. */
@PublicApi
public record NopPruner() implements Pruner {
  @Override
  public boolean shouldPrune(History history, FrozenTrial trial) {
    return false;
  }
}
