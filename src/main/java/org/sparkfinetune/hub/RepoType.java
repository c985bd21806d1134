package org.sparkfinetune.hub;

/** The kinds of repositories that are read here. */
public enum RepoType {
  /** Models: what an id names that says no more. */
  MODEL("models", ""),
  /** Data sets. */
  DATASET("datasets", "datasets/");

  private final String plural;
  private final String prefix;

  RepoType(String plural, String prefix) {
    this.plural = plural;
    this.prefix = prefix;
  }

  /** As in the paths of the API and the names of the cache's folders. */
  String plural() {
    return plural;
  }

  /** What stands before an id in addresses of pages and files. */
  String prefix() {
    return prefix;
  }

  /** As messages call one. */
  String words() {
    return this == MODEL ? "model" : "data set";
  }
}
