package org.sparkfinetune.data;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.Path;
import org.apache.spark.sql.SparkSession;
import org.sparkfinetune.UserException;
import org.sparkfinetune.text.OneLine;

/** Looks into each file of a source before Spark reads it, some at once, on the driver. */
final class FileScan {
  /** Read of all files together, in bytes: all of a small source, the starts of a large one. */
  private static final long BYTES = 64L << 20;

  /** Read of one file at least. */
  private static final long MIN_BYTES_A_FILE = 16L << 10;

  /** Remote storage answers slowly and many at a time. */
  private static final int THREADS = 16;

  /** What is asked of a file. */
  interface Question<T> {
    T ask(Path file, Configuration hadoop, long bytes) throws IOException;
  }

  private FileScan() {}

  /**
   * Asks each file that has any bytes, in their order.
   *
   * @throws UserException of the first file that has one, or that cannot be read
   */
  static <T> List<T> of(SparkSession session, DataSource source, Question<T> question) {
    List<Path> files =
        source.files().stream().filter(file -> file.getLen() > 0).map(FileStatus::getPath).toList();
    Configuration hadoop = session.sparkContext().hadoopConfiguration();
    long bytes = Math.max(MIN_BYTES_A_FILE, BYTES / files.size());
    ExecutorService threads = Executors.newFixedThreadPool(Math.min(THREADS, files.size()));
    try {
      List<Future<T>> asked = new ArrayList<>();
      for (Path file : files) {
        asked.add(threads.submit(() -> question.ask(file, hadoop, bytes)));
      }
      List<T> answers = new ArrayList<>();
      for (int i = 0; i < files.size(); i++) {
        answers.add(answer(files.get(i), source, asked.get(i)));
      }
      return answers;
    } finally {
      threads.shutdownNow();
    }
  }

  private static <T> T answer(Path file, DataSource source, Future<T> asked) {
    try {
      return asked.get();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new UserException("interrupted while " + file + " was read", e);
    } catch (ExecutionException e) {
      if (e.getCause() instanceof UserException known) {
        throw known;
      } else if (e.getCause() instanceof Error error) {
        throw error;
      }
      String reason = String.valueOf(e.getCause().getMessage());
      throw new UserException(
          "cannot read %s as %s: %s"
              .formatted(file, source.format().format(), OneLine.of(reason.strip())),
          e.getCause());
    }
  }
}
