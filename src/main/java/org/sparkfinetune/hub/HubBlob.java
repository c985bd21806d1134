package org.sparkfinetune.hub;

import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.function.LongConsumer;

/**
 * The content of a file that is uploaded.
 *
 * @param sample its first bytes
 */
record HubBlob(UploadSource source, long size, String sha256, byte[] sample) {
  /** Reads a file once. */
  static HubBlob of(UploadSource source, int sampled) throws IOException {
    MessageDigest digest;
    try {
      digest = MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
    try (InputStream in = new DigestInputStream(source.open(), digest)) {
      byte[] sample = in.readNBytes(sampled);
      long size = sample.length;
      byte[] buffer = new byte[1 << 18];
      for (int read = in.read(buffer); read >= 0; read = in.read(buffer)) {
        size += read;
      }
      return new HubBlob(source, size, HexFormat.of().formatHex(digest.digest()), sample);
    }
  }

  /**
   * Opens a part of it.
   *
   * @param sent takes how many bytes of the whole file have been read then
   */
  InputStream open(long from, long length, LongConsumer sent) throws IOException {
    InputStream whole = source.open();
    whole.skipNBytes(from);
    return new FilterInputStream(whole) {
      private long left = length;

      @Override
      public int read() throws IOException {
        byte[] one = new byte[1];
        return read(one, 0, 1) < 0 ? -1 : one[0] & 0xFF;
      }

      @Override
      public int read(byte[] buffer, int offset, int count) throws IOException {
        if (left == 0) {
          return -1;
        }
        int read = super.read(buffer, offset, (int) Math.min(count, left));
        if (read > 0) {
          left -= read;
          sent.accept(from + length - left);
        }
        return read;
      }
    };
  }
}
