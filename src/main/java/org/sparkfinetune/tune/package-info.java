/**
 * The hyper-parameter tuner's core: search spaces, trials, and the study that asks samplers for the
 * next trial and pruners whether one should stop. Knows no Spark, no trainer and no terminal: what
 * a trial does is up to its caller.
 *
 * <p>Public API are the types that a search is made of: {@link org.sparkfinetune.tune.SearchSpace}
 * and its distributions, {@link org.sparkfinetune.tune.Sampler}, {@link
 * org.sparkfinetune.tune.Pruner} and {@link org.sparkfinetune.tune.Objective}, as well as {@link
 * org.sparkfinetune.tune.FrozenTrial}. {@code org.sparkfinetune.study.Tuning} takes them.
 */
package org.sparkfinetune.tune;
