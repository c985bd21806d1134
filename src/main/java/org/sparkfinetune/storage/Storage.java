package org.sparkfinetune.storage;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.util.Map;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.fs.UnsupportedFileSystemException;
import org.apache.hadoop.util.VersionInfo;
import org.sparkfinetune.UserException;
import org.sparkfinetune.text.OneLine;

/** Looks at places that a user has named, whatever is wrong with the name or the place. */
public final class Storage {
  /** The module of Hadoop's that knows a scheme. */
  private static final Map<String, String> HADOOP_MODULES =
      Map.of(
          "s3a", "hadoop-aws",
          "abfs", "hadoop-azure",
          "abfss", "hadoop-azure",
          "wasb", "hadoop-azure",
          "wasbs", "hadoop-azure");

  /** What is asked of a place. */
  public interface Question<T> {
    /** Asks, with the file system of the path. */
    T ask(FileSystem fileSystem, Path path) throws IOException;
  }

  private Storage() {}

  /**
   * Asks something of a place.
   *
   * @param setting how messages name the place, as in {@code model=s3a://bucket/intents}
   * @param location a path on any Hadoop file system
   * @throws FileNotFoundException when the question meets nothing there
   * @throws UserException when the location is no path, its file system is not known or cannot be
   *     reached, or may not be read
   */
  public static <T> T ask(
      String setting, String location, Configuration hadoop, Question<T> question)
      throws FileNotFoundException {
    if (location.isBlank()) {
      throw new UserException(setting + " is empty: expected a path");
    }
    Path path;
    FileSystem fileSystem;
    try {
      path = new Path(location);
      fileSystem = path.getFileSystem(hadoop);
    } catch (UnsupportedFileSystemException e) {
      throw new UserException(setting + ": " + noFileSystem(scheme(location)), e);
    } catch (IOException | RuntimeException e) {
      // Hadoop wraps a class that is not there in a RuntimeException of its own.
      throw new UserException(
          e.getCause() instanceof ClassNotFoundException
              ? setting + ": " + noFileSystem(scheme(location))
              : setting + ": this is no path that can be opened: " + reason(e),
          e);
    }
    try {
      return question.ask(fileSystem, path);
    } catch (FileNotFoundException e) {
      throw e;
    } catch (IOException e) {
      throw new UserException(setting + ": this cannot be read: " + reason(e), e);
    }
  }

  private static String scheme(String location) {
    return location.contains(":") ? location.substring(0, location.indexOf(':')) : "file";
  }

  private static String noFileSystem(String scheme) {
    String none = "Spark has no file system for " + scheme + "://. ";
    if (scheme.equals("s3") || scheme.equals("s3n")) {
      return none + "Outside of EMR, write s3a:// (module hadoop-aws)";
    }
    String module = HADOOP_MODULES.get(scheme);
    return none
        + (module == null
            ? "Check the scheme, or add the jar of its Hadoop connector"
            : "Its jar is missing: set spark.jars.packages=org.apache.hadoop:%s:%s with spark-submit,"
                    .formatted(module, VersionInfo.getVersion())
                + " or take a Spark that has it")
        + "; on Maven's Spark, SPARK_FINETUNE_CLASSPATH adds jars";
  }

  private static String reason(Exception e) {
    String message = e.getMessage() == null ? "" : ": " + e.getMessage();
    return OneLine.of(e.getClass().getSimpleName() + message);
  }
}
