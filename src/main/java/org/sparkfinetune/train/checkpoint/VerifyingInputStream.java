package org.sparkfinetune.train.checkpoint;

import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.zip.CRC32C;
import org.apache.hadoop.fs.FSError;

/**
 * A file's bytes, the last of which is given only when all of them are what the manifest says: a
 * file that is replaced while it is read is found out like one that was damaged.
 */
final class VerifyingInputStream extends FilterInputStream {
  private final String name;
  private final Manifest.Entry expected;
  private final CRC32C sum = new CRC32C();
  private long read;

  VerifyingInputStream(InputStream in, String name, Manifest.Entry expected) {
    super(in);
    this.name = name;
    this.expected = expected;
  }

  @Override
  public int read() throws IOException {
    byte[] one = new byte[1];
    return read(one, 0, 1) < 0 ? -1 : one[0] & 0xFF;
  }

  @Override
  public int read(byte[] bytes, int offset, int count) throws IOException {
    int n;
    try {
      n = in.read(bytes, offset, count);
    } catch (FSError e) {
      throw FileSystemErrors.ioException(e);
    }
    if (n < 0) {
      if (read < expected.size()) {
        throw wrongSize(name, Long.toString(read), expected);
      }
      // Of an empty file there is no last byte at which to look.
      requireSum();
      return n;
    }
    sum.update(bytes, offset, n);
    read += n;
    if (read > expected.size()) {
      throw wrongSize(name, read + " or more", expected);
    }
    if (read == expected.size()) {
      requireSum();
    }
    return n;
  }

  /** Reads, for what is not read cannot be verified. */
  @Override
  public long skip(long count) throws IOException {
    byte[] skipped = new byte[(int) Math.max(0, Math.min(count, 1 << 16))];
    return Math.max(0, read(skipped, 0, skipped.length));
  }

  @Override
  public boolean markSupported() {
    return false;
  }

  @Override
  public synchronized void mark(int limit) {}

  @Override
  public synchronized void reset() throws IOException {
    throw new IOException("no mark in " + name);
  }

  static DamagedException wrongSize(String name, String size, Manifest.Entry expected) {
    return new DamagedException(
        "file " + name + " has " + size + " bytes, the manifest says " + expected.size());
  }

  private void requireSum() throws DamagedException {
    String found = ChecksumOutputStream.hex(sum);
    if (!found.equals(expected.crc32c())) {
      throw new DamagedException(
          "the checksum of " + name + " is " + found + ", the manifest says " + expected.crc32c());
    }
  }
}
