package org.sparkfinetune.export;

import java.io.IOException;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;

/** Writes classifiers in one format. */
public interface Exporter {
  /**
   * Writes a classifier.
   *
   * @param folder an empty one on any Hadoop file system; on failure the caller deletes it
   * @return what was checked, a sentence; empty when nothing was
   * @throws org.sparkfinetune.UserException when the format cannot express the classifier
   */
  String write(ExportSource source, Path folder, Configuration hadoop) throws IOException;

  /**
   * A command, to be copied, that tries what was written.
   *
   * @param source the classifier that was
   * @param folder where it is
   */
  String tryCommand(ExportSource source, String folder);
}
