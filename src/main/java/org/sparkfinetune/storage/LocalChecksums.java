package org.sparkfinetune.storage;

import java.io.DataInputStream;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.util.zip.CRC32;
import org.apache.hadoop.fs.ChecksumException;
import org.apache.hadoop.fs.ChecksumFileSystem;
import org.apache.hadoop.fs.FSDataInputStream;
import org.apache.hadoop.fs.FSInputStream;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.sparkfinetune.UserException;
import org.sparkfinetune.text.Failures;

/**
 * Opens files that have one of Hadoop's hidden checksum files beside them, as local files that
 * Spark wrote do: {@code .config.json.crc} beside {@code config.json}.
 *
 * <p>A text is read as it is, since people edit texts; a checksum of another content is told. In
 * other files another content is damage. A checksum file itself is foreign data: Hadoop would
 * allocate whatever number of bytes its head names.
 */
public final class LocalChecksums {
  private static final Logger LOG = LoggerFactory.getLogger(LocalChecksums.class);

  /** What a checksum file starts with, before the number of bytes that each checksum is of. */
  private static final int MAGIC = 'c' << 24 | 'r' << 16 | 'c' << 8;

  /** Hadoop writes a checksum for each 512 bytes, and lets itself be set to some more. */
  private static final int MAX_BYTES_PER_CHECKSUM = 1 << 20;

  private static final int NONE = 0;
  private static final int HOSTILE = -1;

  private LocalChecksums() {}

  /**
   * Opens a file whose content is nobody's to edit. Reading ends in a {@link UserException} where
   * the content is not that of the checksums.
   *
   * @throws FileNotFoundException when there is no such file
   */
  public static FSDataInputStream open(Path path, FileSystem fileSystem) throws IOException {
    if (!(fileSystem instanceof ChecksumFileSystem checksummed)) {
      return fileSystem.open(path);
    }
    return bytesPerChecksum(path, checksummed) > 0
        ? new FSDataInputStream(new Verified(path, fileSystem.open(path)))
        : checksummed.getRawFileSystem().open(path);
  }

  /**
   * Opens a text, as it is now; logs a warning when it is not the one that the checksums are of.
   *
   * @throws FileNotFoundException when there is no such file
   */
  public static FSDataInputStream openText(Path path, FileSystem fileSystem) throws IOException {
    if (!(fileSystem instanceof ChecksumFileSystem checksummed)) {
      return fileSystem.open(path);
    }
    if (isChanged(path, checksummed)) {
      LOG.warn(
          "{} was changed after it was written; it is read as it is now. Delete {} to end this"
              + " warning",
          path,
          checksummed.getChecksumFile(path));
    }
    return checksummed.getRawFileSystem().open(path);
  }

  /**
   * Refuses a file that Hadoop itself is to read and whose checksum file would take memory, divide
   * by zero or be waited for.
   */
  public static void requireSound(Path path, FileSystem fileSystem) throws IOException {
    if (fileSystem instanceof ChecksumFileSystem checksummed
        && head(path, checksummed) == HOSTILE) {
      throw new UserException(
          "%s: the file of its checksums, .%s.crc, is none that Hadoop writes: delete that file"
              .formatted(path, path.getName()));
    }
  }

  /** What to say of a file whose content is not that of its checksums. */
  public static UserException changed(String file, Throwable cause) {
    return new UserException(Failures.changedFile(file), cause);
  }

  /** Whether a file has checksums, and they are of another content. */
  private static boolean isChanged(Path path, ChecksumFileSystem checksummed) throws IOException {
    int each = bytesPerChecksum(path, checksummed);
    if (each == 0) {
      return false;
    }
    FileSystem raw = checksummed.getRawFileSystem();
    try (InputStream content = raw.open(path);
        DataInputStream sums = new DataInputStream(raw.open(checksummed.getChecksumFile(path)))) {
      sums.skipNBytes(2 * Integer.BYTES);
      byte[] bytes = new byte[each];
      CRC32 crc = new CRC32();
      for (int n = content.readNBytes(bytes, 0, each);
          n > 0;
          n = content.readNBytes(bytes, 0, each)) {
        crc.reset();
        crc.update(bytes, 0, n);
        byte[] sum = sums.readNBytes(Integer.BYTES);
        if (sum.length < Integer.BYTES || ByteBuffer.wrap(sum).getInt() != (int) crc.getValue()) {
          return true;
        }
      }
      return sums.read() >= 0;
    }
  }

  /** Of how many bytes each checksum is; 0 when there are none, or what is there makes no sense. */
  private static int bytesPerChecksum(Path path, ChecksumFileSystem checksummed)
      throws IOException {
    return Math.max(0, head(path, checksummed));
  }

  /**
   * Of how many bytes each checksum is; {@link #NONE} where Hadoop finds no checksums, and {@link
   * #HOSTILE} where it had better not look.
   */
  private static int head(Path path, ChecksumFileSystem checksummed) throws IOException {
    FileSystem raw = checksummed.getRawFileSystem();
    Path sums = checksummed.getChecksumFile(raw.makeQualified(path));
    java.nio.file.Path local = java.nio.file.Path.of(sums.toUri().getPath());
    if (!Files.exists(local) || Files.isDirectory(local)) {
      return NONE;
    }
    // A pipe would be waited for.
    if (!Files.isRegularFile(local)) {
      return HOSTILE;
    }
    try (DataInputStream in = new DataInputStream(raw.open(sums))) {
      byte[] head = in.readNBytes(2 * Integer.BYTES);
      if (head.length < 2 * Integer.BYTES) {
        return NONE;
      }
      ByteBuffer numbers = ByteBuffer.wrap(head);
      if (numbers.getInt() != MAGIC) {
        return NONE;
      }
      int each = numbers.getInt();
      return each > 0 && each <= MAX_BYTES_PER_CHECKSUM ? each : HOSTILE;
    }
  }

  /** Says what Hadoop's own exception means. */
  private static final class Verified extends FSInputStream {
    private final Path path;
    private final FSDataInputStream in;

    Verified(Path path, FSDataInputStream in) {
      this.path = path;
      this.in = in;
    }

    @Override
    public int read() throws IOException {
      try {
        return in.read();
      } catch (ChecksumException e) {
        throw changed(path.toString(), e);
      }
    }

    @Override
    public int read(byte[] bytes, int offset, int count) throws IOException {
      try {
        return in.read(bytes, offset, count);
      } catch (ChecksumException e) {
        throw changed(path.toString(), e);
      }
    }

    @Override
    public void seek(long position) throws IOException {
      in.seek(position);
    }

    @Override
    public long getPos() throws IOException {
      return in.getPos();
    }

    @Override
    public boolean seekToNewSource(long position) throws IOException {
      return in.seekToNewSource(position);
    }

    @Override
    public int available() throws IOException {
      return in.available();
    }

    @Override
    public void close() throws IOException {
      in.close();
    }
  }
}
