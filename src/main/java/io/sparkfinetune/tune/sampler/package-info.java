/** Samplers: where in the search space the next trial lies. One small class each. */
package io.sparkfinetune.tune.sampler;
