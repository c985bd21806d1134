/**
 * Pruners: whether a trial that runs is worth going on with. One small class each. They decide as
 * those of Optuna 5.0.0 do; but where Optuna remembers what it has decided before, they tell it
 * from the trials' values, so that a study which goes on after a stop goes on as it would have.
 */
package org.sparkfinetune.tune.pruner;
