package io.sparkfinetune.model.io;

import io.sparkfinetune.UserException;
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

  /** The folder that a file lies in. */
  static Path folder(Path file) {
    return file.getParent() == null ? new Path(Path.CUR_DIR) : file.getParent();
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

  /** Whether a relative path that a file gives is absolute or has a part {@code ..} after all. */
  static boolean leavesFolder(String path) {
    return path.startsWith("/")
        || path.startsWith("\\")
        || path.contains(":")
        || Arrays.asList(path.split("[/\\\\]", -1)).contains("..");
  }

  /**
   * A file that another one names, which must lie beside it.
   *
   * @param owner the file that gives the name
   * @throws UserException when the name is a path to elsewhere
   */
  static Path beside(Path owner, String name) {
    if (name.isEmpty()
        || leavesFolder(name)
        || name.contains("/")
        || name.contains("\\")
        || name.equals(".")) {
      throw new UserException(
          owner
              + ": it names the file '"
              + name
              + "'; expected the plain name of a file in its own folder. Others are not read: a"
              + " checkpoint must not reach beyond its folder.");
    }
    return new Path(folder(owner), name);
  }
}
