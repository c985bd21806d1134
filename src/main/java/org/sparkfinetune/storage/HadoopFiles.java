package org.sparkfinetune.storage;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.Arrays;
import java.util.List;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FSDataInputStream;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.sparkfinetune.UserException;
import org.sparkfinetune.text.Redaction;

/** Small files on Hadoop file systems, whatever somebody has put there. */
public final class HadoopFiles {
  /**
   * More than any configuration, index or record has; as a tree in memory some 20 times as much.
   */
  public static final int MAX_CONFIG_BYTES = 8 << 20;

  /** More than the vocabularies of the largest multilingual models have. */
  public static final int MAX_TOKENIZER_BYTES = 64 << 20;

  private HadoopFiles() {}

  public static boolean exists(Path path, Configuration hadoop) throws IOException {
    return path.getFileSystem(hadoop).exists(path);
  }

  /** The folder that a file lies in. */
  public static Path folder(Path file) {
    return file.getParent() == null ? new Path(Path.CUR_DIR) : file.getParent();
  }

  /**
   * The text of a configuration: of at most {@link #MAX_CONFIG_BYTES}.
   *
   * @throws UserException as {@link #readText(Path, int, Configuration)}
   */
  public static String readText(Path path, Configuration hadoop) throws IOException {
    return readText(path, MAX_CONFIG_BYTES, hadoop);
  }

  /**
   * The text of a file, in UTF-8.
   *
   * @param maxBytes what a file of this kind has at most; nothing beyond is read
   * @throws UserException when it is larger, or no plain file
   * @throws FileNotFoundException when there is none
   */
  public static String readText(Path path, int maxBytes, Configuration hadoop) throws IOException {
    return readText(path, maxBytes, path.getFileSystem(hadoop));
  }

  /** The same on a file system that is open. */
  public static String readText(Path path, int maxBytes, FileSystem fileSystem) throws IOException {
    return new String(readBytes(path, maxBytes, fileSystem), StandardCharsets.UTF_8);
  }

  /** What {@link #readText(Path, int, FileSystem)} makes a text of. */
  static byte[] readBytes(Path path, int maxBytes, FileSystem fileSystem) throws IOException {
    requireAtMost(path.toString(), plainFile(path, fileSystem).getLen(), maxBytes);
    try (FSDataInputStream in = LocalChecksums.openText(path, fileSystem)) {
      return readBytes(path.toString(), maxBytes, in);
    }
  }

  static void requireAtMost(String name, long length, int maxBytes) {
    if (length > maxBytes) {
      throw tooLarge(name, "it has " + length + " bytes", maxBytes);
    }
  }

  /** As much as there is, whatever is said of its length: a file may still be written. */
  static byte[] readBytes(String name, int maxBytes, InputStream in) throws IOException {
    byte[] bytes = in.readNBytes(maxBytes + 1);
    if (bytes.length > maxBytes) {
      throw tooLarge(name, "it does not end", maxBytes);
    }
    return bytes;
  }

  private static UserException tooLarge(String name, String what, int maxBytes) {
    return new UserException(
        Redaction.text(name)
            + ": "
            + what
            + ", and a file of this kind has at most "
            + maxBytes
            + ". It is damaged, or another file under this name: copy it again.");
  }

  /**
   * Opens a plain file.
   *
   * @throws UserException when it is none
   * @throws FileNotFoundException when there is none
   */
  public static FSDataInputStream open(Path path, Configuration hadoop) throws IOException {
    FileSystem fileSystem = path.getFileSystem(hadoop);
    plainFile(path, fileSystem);
    return LocalChecksums.open(path, fileSystem);
  }

  /** Opens a plain file of text, which people edit: {@link LocalChecksums#openText}. */
  public static FSDataInputStream openText(Path path, Configuration hadoop) throws IOException {
    FileSystem fileSystem = path.getFileSystem(hadoop);
    plainFile(path, fileSystem);
    return LocalChecksums.openText(path, fileSystem);
  }

  /**
   * What the file system says of a file.
   *
   * @throws UserException when it is a folder, or a device, pipe or socket, which has no end, or
   *     waits for whom nobody knows
   * @throws FileNotFoundException when there is none
   */
  public static FileStatus plainFile(Path path, FileSystem fileSystem) throws IOException {
    FileStatus status = fileSystem.getFileStatus(path);
    if (status.isDirectory()) {
      throw new UserException(path + ": this is a folder; expected a file.");
    }
    if (fileSystem.getUri().getScheme().equals("file")) {
      java.nio.file.Path local = java.nio.file.Path.of(status.getPath().toUri().getPath());
      try {
        if (Files.readAttributes(local, BasicFileAttributes.class).isOther()) {
          throw new UserException(
              path + ": this is a device, pipe or socket; expected a plain file.");
        }
      } catch (NoSuchFileException e) {
        // It has gone since.
        throw new FileNotFoundException(path.toString());
      }
    }
    return status;
  }

  public static void writeText(Path path, String text, Configuration hadoop) throws IOException {
    try (OutputStream out = path.getFileSystem(hadoop).create(path, true)) {
      out.write(text.getBytes(StandardCharsets.UTF_8));
    }
  }

  /** The names in a folder, sorted. */
  public static List<String> names(Path folder, Configuration hadoop) throws IOException {
    return Arrays.stream(folder.getFileSystem(hadoop).listStatus(folder))
        .map(status -> status.getPath().getName())
        .sorted()
        .toList();
  }

  /** Whether a relative path that a file gives is absolute or has a part {@code ..} after all. */
  public static boolean leavesFolder(String path) {
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
  public static Path beside(Path owner, String name) {
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
              + " pretrained model must not reach beyond its folder.");
    }
    return new Path(folder(owner), name);
  }
}
