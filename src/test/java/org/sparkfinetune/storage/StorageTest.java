package org.sparkfinetune.storage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.nio.file.Path;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.security.AccessControlException;
import org.apache.hadoop.util.VersionInfo;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.sparkfinetune.UserException;

class StorageTest {
  private static final Configuration HADOOP = new Configuration();

  @TempDir Path folder;

  private static boolean exists(String location) throws IOException {
    return Storage.ask("model=" + location, location, HADOOP, FileSystem::exists);
  }

  @Test
  void answersOfAPath() throws IOException {
    assertThat(exists(folder.toString())).isTrue();
    assertThat(exists(folder + "/none")).isFalse();
    assertThatThrownBy(
            () -> Storage.ask("model", folder + "/none", HADOOP, FileSystem::getFileStatus))
        .isInstanceOf(FileNotFoundException.class);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "gs://b/x | model=gs://b/x: Spark has no file system for gs://. Check the scheme, or add",
        "s3://b/x | model=s3://b/x: Spark has no file system for s3://. Outside of EMR, write s3a",
        "org:name | model=org:name: this is no path that can be opened: IllegalArgumentException",
        "hdfs://nosuchhost.invalid/x | model=hdfs://nosuchhost.invalid/x: this is no path that can",
        "'' | model= is empty: expected a path",
      })
  void namesWhatIsWrongWithALocation(String location, String message) {
    assertThatThrownBy(() -> exists(location))
        .isInstanceOf(UserException.class)
        .hasMessageStartingWith(message)
        .hasMessageNotContaining("\n");
  }

  @Test
  void namesTheJarThatAFileSystemIsIn() {
    // A class that Hadoop's own defaults name and this class path has not.
    Configuration hadoop = new Configuration(false);
    hadoop.set("fs.abfs.impl", "org.apache.hadoop.fs.azurebfs.NotHere");
    assertThatThrownBy(
            () -> Storage.ask("model=abfs://c@a/x", "abfs://c@a/x", hadoop, FileSystem::exists))
        .isInstanceOf(UserException.class)
        .hasMessageContaining("Spark has no file system for abfs://. Its jar is missing: set")
        .hasMessageContaining(
            "spark.jars.packages=org.apache.hadoop:hadoop-azure:" + VersionInfo.getVersion());
  }

  @Test
  void aPlaceThatMayNotBeReadIsNoFailureOfOurs() {
    assertThatThrownBy(
            () ->
                Storage.ask(
                    "model=" + folder,
                    folder.toString(),
                    HADOOP,
                    (files, path) -> {
                      throw new AccessControlException("Permission denied: user=me\nat x");
                    }))
        .isInstanceOf(UserException.class)
        .hasMessage(
            "model=%s: this cannot be read: AccessControlException: Permission denied: user=me at x",
            folder);
  }
}
