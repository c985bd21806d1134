package org.sparkfinetune.model.io;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Arrays;
import java.util.Optional;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;

/** Finds the Hugging Face folder within what Spark ML has saved of our model. */
public final class SavedModel {
  /** Where a saved stage keeps it. */
  public static final String FOLDER = "huggingface";

  /** Where a job's output folder keeps the saved pipeline. */
  private static final String PIPELINE = "model";

  private SavedModel() {}

  /**
   * The folder within a saved stage, or within the first stage of a saved pipeline that has one, or
   * of the pipeline in the output folder of a job; empty when the path is none of them.
   */
  public static Optional<Path> huggingFaceFolder(Path path, Configuration hadoop)
      throws IOException {
    FileSystem fileSystem = path.getFileSystem(hadoop);
    Path ofStage = new Path(path, FOLDER);
    if (fileSystem.exists(ofStage)) {
      return Optional.of(ofStage);
    }
    Path stages = new Path(path, SavedStage.STAGES);
    if (fileSystem.exists(stages)) {
      return Arrays.stream(fileSystem.listStatus(stages))
          .map(FileStatus::getPath)
          .sorted()
          .map(stage -> new Path(stage, FOLDER))
          .filter(folder -> exists(fileSystem, folder))
          .findFirst();
    }
    Path pipeline = new Path(path, PIPELINE);
    return fileSystem.exists(pipeline) ? huggingFaceFolder(pipeline, hadoop) : Optional.empty();
  }

  private static boolean exists(FileSystem fileSystem, Path path) {
    try {
      return fileSystem.exists(path);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
