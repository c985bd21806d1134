package org.sparkfinetune.data;

/** The names of the splits, as the {@code split} column has them. */
public final class Split {
  public static final String TRAIN = "train";
  public static final String VALIDATION = "validation";
  public static final String TEST = "test";

  private Split() {}
}
