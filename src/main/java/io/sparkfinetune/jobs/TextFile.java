package io.sparkfinetune.jobs;

import io.sparkfinetune.UserException;
import io.sparkfinetune.config.LocalChecksums;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileAlreadyExistsException;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;

/** A file of text on any Hadoop file system. */
final class TextFile {
  private TextFile() {}

  /** The text, of UTF-8. */
  static String read(String path, Configuration hadoop) throws IOException {
    Path file = new Path(path);
    try (InputStream in = LocalChecksums.openText(file, file.getFileSystem(hadoop))) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    }
  }

  /**
   * Writes a text as UTF-8.
   *
   * @param key that names the file
   * @throws UserException when there is one already that is not to be replaced, or a folder
   */
  static void write(String key, String path, String text, boolean overwrite, Configuration hadoop)
      throws IOException {
    Path file = new Path(path);
    FileSystem fileSystem = file.getFileSystem(hadoop);
    if (fileSystem.exists(file) && fileSystem.getFileStatus(file).isDirectory()) {
      throw new UserException(key + "=" + path + " is a folder: expected a file to write");
    }
    try (OutputStream out = fileSystem.create(file, overwrite)) {
      out.write(text.getBytes(StandardCharsets.UTF_8));
    } catch (FileAlreadyExistsException e) {
      throw new UserException(
          key + "=" + path + " exists: choose another, or set overwrite=true", e);
    }
  }
}
