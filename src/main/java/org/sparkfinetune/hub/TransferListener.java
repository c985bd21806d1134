package org.sparkfinetune.hub;

/** Hears how far the files of a repository have come. */
@FunctionalInterface
public interface TransferListener {
  /** Hears nothing. */
  TransferListener NONE = (what, done, total) -> {};

  /**
   * Called for every few hundred kilobytes, and at the end of each file.
   *
   * @param what the repository
   * @param done bytes that are there
   * @param total of all files that are needed
   */
  void transferred(String what, long done, long total);
}
