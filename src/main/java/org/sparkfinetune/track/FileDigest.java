package org.sparkfinetune.track;

import java.io.IOException;
import java.io.InputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;

/**
 * What a file holds, in brief.
 *
 * @param bytes its size
 * @param sha256 of its content, in hexadecimal
 */
public record FileDigest(long bytes, String sha256) {
  private static final int BUFFER = 1 << 20;

  /** Reads a file once, without holding it in memory. */
  public static FileDigest of(FileSystem files, Path file) throws IOException {
    try (InputStream in = files.open(file)) {
      return of(in);
    }
  }

  /** Reads a stream to its end, without holding it in memory. */
  public static FileDigest of(InputStream in) throws IOException {
    try {
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      byte[] buffer = new byte[BUFFER];
      long bytes = 0;
      for (int read = in.read(buffer); read >= 0; read = in.read(buffer)) {
        digest.update(buffer, 0, read);
        bytes += read;
      }
      return new FileDigest(bytes, HexFormat.of().formatHex(digest.digest()));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }
}
