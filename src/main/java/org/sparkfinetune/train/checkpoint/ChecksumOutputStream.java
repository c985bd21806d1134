package org.sparkfinetune.train.checkpoint;

import java.io.IOException;
import java.io.OutputStream;
import java.util.HexFormat;
import java.util.zip.CRC32C;
import org.apache.hadoop.fs.FSError;

/** Counts and sums what passes. Closing it flushes: the file below is its owner's. */
final class ChecksumOutputStream extends OutputStream {
  private final OutputStream out;
  private final CRC32C sum = new CRC32C();
  private long size;

  ChecksumOutputStream(OutputStream out) {
    this.out = out;
  }

  @Override
  public void write(int b) throws IOException {
    write(new byte[] {(byte) b}, 0, 1);
  }

  @Override
  public void write(byte[] bytes, int offset, int count) throws IOException {
    try {
      out.write(bytes, offset, count);
    } catch (FSError e) {
      throw FileSystemErrors.ioException(e);
    }
    sum.update(bytes, offset, count);
    size += count;
  }

  @Override
  public void flush() throws IOException {
    try {
      out.flush();
    } catch (FSError e) {
      throw FileSystemErrors.ioException(e);
    }
  }

  @Override
  public void close() throws IOException {
    flush();
  }

  /** What was written. */
  Manifest.Entry entry() {
    return new Manifest.Entry(size, hex(sum));
  }

  static String hex(CRC32C sum) {
    return HexFormat.of().toHexDigits((int) sum.getValue());
  }
}
