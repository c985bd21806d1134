/** Pruners: whether a trial that runs is worth going on with. One small class each. */
package io.sparkfinetune.tune.pruner;
