package org.sparkfinetune.train.checkpoint;

import java.io.IOException;
import org.apache.hadoop.fs.FSError;

/** What Hadoop's local file system throws. */
final class FileSystemErrors {
  private FileSystemErrors() {}

  /**
   * Hadoop's local file system throws an {@code Error} where others throw what it is caused by: a
   * full disk, for one.
   */
  static IOException ioException(FSError e) {
    return e.getCause() instanceof IOException cause ? cause : new IOException(e);
  }
}
