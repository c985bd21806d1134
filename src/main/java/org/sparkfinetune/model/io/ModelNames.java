package org.sparkfinetune.model.io;

import java.util.Optional;

/** What a pretrained model is called elsewhere than where it was read from. */
public final class ModelNames {
  private ModelNames() {}

  /**
   * What the Hugging Face hub calls a pretrained model.
   *
   * @param base as {@link PretrainedModel#open} takes it
   * @return empty for a path
   */
  public static Optional<String> hubName(String base) {
    return BundledModel.named(base).map(BundledModel::hubName);
  }

  /**
   * A pretrained model's name for strangers: what the Hugging Face hub calls it, or the last part
   * of a path.
   *
   * @param base as {@link PretrainedModel#open} takes it, or what the hub calls it already
   */
  static String publicName(String base) {
    return BundledModel.isOnHubAs(base) ? base : hubName(base).orElseGet(() -> lastPart(base));
  }

  /** A path without its folders; what a tracking server calls a model is no path. */
  static String lastPart(String path) {
    return path.matches("(models|runs):/[^/].*")
        ? path
        : path.replaceFirst("/+$", "").replaceFirst("^.*/", "");
  }
}
