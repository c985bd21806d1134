package org.sparkfinetune.train;

/** The learning-rate schedules there are, named as by transformers' {@code get_scheduler}. */
public enum SchedulerType {
  LINEAR,
  COSINE,
  COSINE_WITH_RESTARTS,
  POLYNOMIAL,
  CONSTANT,
  CONSTANT_WITH_WARMUP,
  INVERSE_SQRT
}
