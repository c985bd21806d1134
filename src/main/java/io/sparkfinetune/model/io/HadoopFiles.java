package io.sparkfinetune.model.io;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FSDataInputStream;
import org.apache.hadoop.fs.Path;

/** Small files on Hadoop file systems. */
final class HadoopFiles {
  private HadoopFiles() {}

  static boolean exists(Path path, Configuration hadoop) throws IOException {
    return path.getFileSystem(hadoop).exists(path);
  }

  static String readText(Path path, Configuration hadoop) throws IOException {
    try (FSDataInputStream in = path.getFileSystem(hadoop).open(path)) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    }
  }

  static void writeText(Path path, String text, Configuration hadoop) throws IOException {
    try (OutputStream out = path.getFileSystem(hadoop).create(path, true)) {
      out.write(text.getBytes(StandardCharsets.UTF_8));
    }
  }

  /** The names in a folder, sorted. */
  static List<String> names(Path folder, Configuration hadoop) throws IOException {
    return Arrays.stream(folder.getFileSystem(hadoop).listStatus(folder))
        .map(status -> status.getPath().getName())
        .sorted()
        .toList();
  }
}
