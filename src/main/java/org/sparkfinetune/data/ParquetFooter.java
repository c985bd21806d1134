package org.sparkfinetune.data;

import java.io.ByteArrayInputStream;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import java.util.Optional;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FSDataInputStream;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.parquet.format.KeyValue;
import org.apache.parquet.format.Util;
import org.sparkfinetune.UserException;
import org.sparkfinetune.text.OneLine;

/** The key-value metadata at the end of a Parquet file. */
final class ParquetFooter {
  private static final int TAIL = 8;
  private static final int MAGIC = 0x31524150; // PAR1; an encrypted footer has another one

  /** Far more than a footer of thousands of columns has. */
  private static final int MAX_BYTES = 64 << 20;

  private ParquetFooter() {}

  /**
   * What a file's metadata says under a key; empty when it says nothing, or is none of a Parquet
   * file, which is for Spark to tell.
   *
   * @throws UserException when the file cannot be read or its footer makes no sense
   */
  static Optional<String> value(Path file, String key, Configuration hadoop) {
    try {
      FileSystem fileSystem = file.getFileSystem(hadoop);
      FileStatus status = fileSystem.getFileStatus(file);
      if (status.getLen() < TAIL) {
        return Optional.empty();
      }
      try (FSDataInputStream in = fileSystem.open(file)) {
        ByteBuffer tail = read(in, status.getLen() - TAIL, TAIL);
        int length = tail.getInt();
        if (tail.getInt() != MAGIC) {
          return Optional.empty();
        }
        if (length < 0 || length > Math.min(MAX_BYTES, status.getLen() - TAIL)) {
          throw new UserException(
              "%s: its footer of %,d bytes cannot be read: expected one within the file, of at most %,d"
                  .formatted(file, Integer.toUnsignedLong(length), MAX_BYTES));
        }
        byte[] footer = read(in, status.getLen() - TAIL - length, length).array();
        List<KeyValue> metadata =
            Util.readFileMetaData(new ByteArrayInputStream(footer), true).getKey_value_metadata();
        return metadata == null
            ? Optional.empty()
            : metadata.stream()
                .filter(entry -> entry.getKey().equals(key) && entry.getValue() != null)
                .map(KeyValue::getValue)
                .findFirst();
      }
    } catch (FileNotFoundException e) {
      throw new UserException(file + " went away while it was looked at", e);
    } catch (IOException e) {
      throw new UserException(
          file + ": its footer cannot be read: " + OneLine.of(String.valueOf(e.getMessage())), e);
    }
  }

  private static ByteBuffer read(FSDataInputStream in, long position, int length)
      throws IOException {
    byte[] bytes = new byte[length];
    in.readFully(position, bytes);
    return ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
  }
}
