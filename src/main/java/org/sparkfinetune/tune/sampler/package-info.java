/**
 * Samplers: where in the search space the next trial lies. One small class each.
 *
 * <p>Each is as good as its history and its seed say: trial 7 of a seed is the same whatever ran
 * beside it, but for {@link org.sparkfinetune.tune.sampler.TpeSampler}, which learns from what it
 * is given.
 */
package org.sparkfinetune.tune.sampler;
