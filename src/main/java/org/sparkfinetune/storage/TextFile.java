package org.sparkfinetune.storage;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.URL;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileAlreadyExistsException;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.sparkfinetune.UserException;
import org.sparkfinetune.text.Redaction;

/** A file of text on any Hadoop file system. */
public final class TextFile {
  /** Of a run's own files, such as its scores. */
  private static final int MOST_BYTES = 16 << 20;

  private static final String BYTE_ORDER_MARK = "\uFEFF";

  private TextFile() {}

  /**
   * The text of a file that is of this project's making.
   *
   * @throws UserException when it is none of UTF-8, or larger than any of them
   */
  public static String read(String path, Configuration hadoop) throws IOException {
    return read(path, hadoop, MOST_BYTES);
  }

  /** The same of a file of at most so many bytes. */
  public static String read(String path, Configuration hadoop, int most) throws IOException {
    Path file = new Path(path);
    return text(path, HadoopFiles.readBytes(file, most, file.getFileSystem(hadoop)));
  }

  /** The same of a file on this machine. */
  public static String read(java.nio.file.Path file, int most) throws IOException {
    HadoopFiles.requireAtMost(file.toString(), Files.size(file), most);
    try (InputStream in = Files.newInputStream(file)) {
      return text(file.toString(), HadoopFiles.readBytes(file.toString(), most, in));
    }
  }

  /** The same of a resource on the class path. */
  public static String read(URL resource, int most) throws IOException {
    try (InputStream in = resource.openStream()) {
      return text(resource.toString(), HadoopFiles.readBytes(resource.toString(), most, in));
    }
  }

  private static String text(String path, byte[] bytes) {
    String text;
    try {
      text = StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
    } catch (CharacterCodingException e) {
      throw new UserException(Redaction.text(path) + ": this is no text in UTF-8", e);
    }
    if (text.indexOf('\0') >= 0) {
      throw new UserException(
          Redaction.text(path) + ": this is no text in UTF-8: it holds zero bytes");
    }
    return text.startsWith(BYTE_ORDER_MARK) ? text.substring(1) : text;
  }

  /**
   * Writes a text as UTF-8.
   *
   * @param key that names the file
   * @throws UserException when there is one already that is not to be replaced, or a folder
   */
  public static void write(
      String key, String path, String text, boolean overwrite, Configuration hadoop)
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
