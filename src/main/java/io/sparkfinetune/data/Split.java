package io.sparkfinetune.data;

/** The names of the splits, as the {@code split} column has them. */
final class Split {
  static final String TRAIN = "train";
  static final String VALIDATION = "validation";
  static final String TEST = "test";

  private Split() {}
}
