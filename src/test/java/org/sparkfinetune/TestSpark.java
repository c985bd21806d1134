package org.sparkfinetune;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.apache.spark.sql.SparkSession;

/** The one Spark session of the test JVM: local, two threads, two shuffle partitions, no UI. */
public final class TestSpark {
  private TestSpark() {}

  private static SparkSession session;

  /** The session, started on the first call, and anew when a test of jobs has ended it. */
  public static synchronized SparkSession session() {
    if (session == null || session.sparkContext().isStopped()) {
      session = start();
    }
    return session;
  }

  private static SparkSession start() {
    SparkSession started =
        SparkSession.builder()
            .master("local[2]")
            .appName("tests")
            .config("spark.driver.host", "localhost")
            .config("spark.driver.bindAddress", "127.0.0.1")
            .config("spark.ui.enabled", "false")
            .config("spark.sql.shuffle.partitions", "2")
            .config("spark.sql.warehouse.dir", warehouse().toUri().toString())
            .getOrCreate();
    started.sparkContext().setLogLevel("ERROR");
    return started;
  }

  private static Path warehouse() {
    try {
      // One of its own: tests run in several JVMs at once, and their tables have the same names.
      Path target = Files.createDirectories(Path.of("target"));
      return Files.createTempDirectory(target, "test-warehouse-").toAbsolutePath();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
