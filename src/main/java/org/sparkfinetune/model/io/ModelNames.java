package org.sparkfinetune.model.io;

import java.util.Optional;
import org.sparkfinetune.hub.HubId;

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
    return HubId.isUri(base)
        ? Optional.of(HubId.parse(base).name())
        : BundledModel.named(base).map(BundledModel::hubName);
  }

  /**
   * The revision of a pretrained model of the Hugging Face hub, where its name has one.
   *
   * @param base as {@link PretrainedModel#open} takes it
   */
  public static Optional<String> hubRevision(String base) {
    return HubId.isUri(base)
        ? Optional.of(HubId.parse(base).revision()).filter(revision -> !revision.isEmpty())
        : Optional.empty();
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

  /** A path without its folders; what a tracking server or the hub calls it is no path. */
  static String lastPart(String path) {
    return path.matches("(models|runs):/[^/].*") || HubId.isUri(path) ? path : lastWord(path);
  }

  /** The last word of a path or of a name, without the revision that a name of the hub has. */
  public static String lastWord(String base) {
    String name = HubId.isUri(base) ? HubId.parse(base).name() : base;
    return name.replaceFirst("/+$", "").replaceFirst("^.*/", "");
  }
}
