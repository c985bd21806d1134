package org.sparkfinetune.model.io;

import java.io.EOFException;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.zip.Inflater;
import java.util.zip.InflaterInputStream;
import java.util.zip.ZipException;
import org.sparkfinetune.UserException;
import org.sparkfinetune.storage.HadoopFiles;

/**
 * The members of a zip archive that lies on any file system, read in place: {@code java.util.zip}
 * wants a local file. Knows ZIP64, which PyTorch always writes. A member's name is only ever
 * compared, never used as a path; one that would leave a folder makes the whole archive suspect and
 * is refused.
 */
final class ZipArchive {
  private static final int END_BYTES = 22;
  private static final int END_SIGNATURE = 0x06054b50;
  private static final int MAX_COMMENT = 0xFFFF;
  private static final int END64_LOCATOR_BYTES = 20;
  private static final int END64_LOCATOR_SIGNATURE = 0x07064b50;
  private static final int END64_BYTES = 56;
  private static final int END64_SIGNATURE = 0x06064b50;
  private static final int ENTRY_BYTES = 46;
  private static final int ENTRY_SIGNATURE = 0x02014b50;
  private static final int LOCAL_BYTES = 30;
  private static final int LOCAL_SIGNATURE = 0x04034b50;
  private static final int EXTRA_ZIP64 = 1;
  private static final long IN_ZIP64 = 0xFFFFFFFFL;
  private static final int STORED = 0;
  private static final int DEFLATED = 8;

  /** A model has some hundred tensors: a longer directory is no model. */
  private static final long MAX_DIRECTORY_BYTES = 8 << 20;

  /** What deflating makes of a model at best; weights hardly shrink, its graph does. */
  private static final long MAX_RATIO = 20;

  /** From here on the ratio counts. */
  private static final long SMALL_BYTES = 16 << 20;

  private record Member(long header, long compressed, long size, int method) {}

  private final ByteSource source;
  private final Map<String, Member> members = new LinkedHashMap<>();

  /**
   * Reads the directory.
   *
   * @throws UserException when it is no zip archive, truncated, or has a name that leaves a folder
   */
  ZipArchive(ByteSource source) throws IOException {
    this.source = source;
    readDirectory();
  }

  Set<String> names() {
    return members.keySet();
  }

  long size(String name) {
    return members.get(name).size();
  }

  /** Where the data of a member starts in the archive, which must hold it uncompressed. */
  long position(String name) throws IOException {
    Member member = members.get(name);
    if (member.method() != STORED) {
      throw damaged("its member '" + name + "' is compressed, which PyTorch never does");
    }
    return dataStart(name, member);
  }

  /** A member's bytes; closing it leaves the archive open. */
  ByteSource open(String name) throws IOException {
    Member member = members.get(name);
    long start = dataStart(name, member);
    return ByteSource.compressed(
        () -> {
          InputStream stored = new Limited(source.from(start), member.compressed());
          return member.method() == STORED
              ? stored
              : new InflaterInputStream(stored, new Inflater(true), 1 << 16) {
                @Override
                public int read(byte[] bytes, int offset, int count) throws IOException {
                  try {
                    return super.read(bytes, offset, count);
                  } catch (ZipException | EOFException e) {
                    throw damaged("its member '" + name + "' cannot be inflated");
                  }
                }

                @Override
                public void close() {
                  inf.end();
                }
              };
        },
        member.size(),
        source.name() + "!" + name);
  }

  /** The length of the local header's name and extra field may differ from the directory's. */
  private long dataStart(String name, Member member) throws IOException {
    ByteBuffer local = read(member.header(), LOCAL_BYTES);
    if (local.getInt() != LOCAL_SIGNATURE) {
      throw damaged("its directory says of '" + name + "' that it starts where no member does");
    }
    long start =
        member.header()
            + LOCAL_BYTES
            + Short.toUnsignedInt(local.getShort(26))
            + Short.toUnsignedInt(local.getShort(28));
    if (start + member.compressed() > source.length()) {
      throw damaged("its member '" + name + "' does not end in the file");
    }
    return start;
  }

  private void readDirectory() throws IOException {
    long tailStart = Math.max(0, source.length() - END_BYTES - MAX_COMMENT);
    ByteBuffer tail = read(tailStart, (int) (source.length() - tailStart));
    int end = tail.limit() - END_BYTES;
    while (end >= 0 && tail.getInt(end) != END_SIGNATURE) {
      end--;
    }
    if (end < 0) {
      throw damaged("it has no directory of members at its end");
    }
    long count = Short.toUnsignedLong(tail.getShort(end + 10));
    long bytes = Integer.toUnsignedLong(tail.getInt(end + 12));
    long start = Integer.toUnsignedLong(tail.getInt(end + 16));
    int locator = end - END64_LOCATOR_BYTES;
    if (locator >= 0 && tail.getInt(locator) == END64_LOCATOR_SIGNATURE) {
      ByteBuffer end64 = read(tail.getLong(locator + 8), END64_BYTES);
      if (end64.getInt(0) != END64_SIGNATURE) {
        throw damaged("its ZIP64 directory is not where it should be");
      }
      count = end64.getLong(32);
      bytes = end64.getLong(40);
      start = end64.getLong(48);
    }
    if (bytes < 0 || bytes > MAX_DIRECTORY_BYTES) {
      throw damaged("its directory should have " + bytes + " bytes");
    }
    ByteBuffer directory = read(start, (int) bytes);
    for (long i = 0; i < count; i++) {
      readEntry(directory);
    }
  }

  private void readEntry(ByteBuffer directory) {
    if (directory.remaining() < ENTRY_BYTES
        || directory.getInt(directory.position()) != ENTRY_SIGNATURE) {
      throw damaged("its directory ends too early");
    }
    int at = directory.position();
    boolean encrypted = (directory.getShort(at + 8) & 1) != 0;
    int method = Short.toUnsignedInt(directory.getShort(at + 10));
    long compressed = Integer.toUnsignedLong(directory.getInt(at + 20));
    long size = Integer.toUnsignedLong(directory.getInt(at + 24));
    int nameBytes = Short.toUnsignedInt(directory.getShort(at + 28));
    int extraBytes = Short.toUnsignedInt(directory.getShort(at + 30));
    int commentBytes = Short.toUnsignedInt(directory.getShort(at + 32));
    long header = Integer.toUnsignedLong(directory.getInt(at + 42));
    if (directory.remaining() - ENTRY_BYTES < nameBytes + extraBytes + commentBytes) {
      throw damaged("its directory ends too early");
    }
    byte[] name = new byte[nameBytes];
    directory.position(at + ENTRY_BYTES).get(name);
    ByteBuffer extra =
        directory.slice(directory.position(), extraBytes).order(ByteOrder.LITTLE_ENDIAN);
    directory.position(directory.position() + extraBytes + commentBytes);
    ByteBuffer wide = zip64(extra);
    // Those that do not fit 32 bits follow each other in the extra field, in this order.
    size = size == IN_ZIP64 ? next(wide) : size;
    compressed = compressed == IN_ZIP64 ? next(wide) : compressed;
    header = header == IN_ZIP64 ? next(wide) : header;
    add(
        new String(name, StandardCharsets.UTF_8),
        encrypted,
        new Member(header, compressed, size, method));
  }

  private void add(String name, boolean encrypted, Member member) {
    if (HadoopFiles.leavesFolder(name)) {
      throw new UserException(
          source.name()
              + ": the archive has a member '"
              + name
              + "', whose path leads out of it. Nothing was read from it: get the file from a source"
              + " that you trust.");
    }
    if (name.endsWith("/")) {
      return;
    }
    if (encrypted || member.method() != STORED && member.method() != DEFLATED) {
      throw damaged("its member '" + name + "' is encrypted, or compressed in an unknown way");
    }
    boolean sound =
        member.size() >= 0
            && member.compressed() >= 0
            && member.header() >= 0
            && member.header() <= source.length() - LOCAL_BYTES
            && member.compressed() <= source.length()
            && (member.method() != STORED || member.size() == member.compressed());
    if (member.size() > SMALL_BYTES && member.size() / MAX_RATIO > member.compressed()) {
      throw damaged(
          "its member '%s' would inflate from %,d bytes to %,d, which no weights do"
              .formatted(name, member.compressed(), member.size()));
    }
    if (!sound) {
      throw damaged("its directory says of '" + name + "' that it lies outside of the file");
    }
    if (members.put(name, member) != null) {
      throw damaged("it has two members '" + name + "'");
    }
  }

  private static ByteBuffer zip64(ByteBuffer extra) {
    while (extra.remaining() >= 4) {
      int id = Short.toUnsignedInt(extra.getShort());
      int bytes = Math.min(Short.toUnsignedInt(extra.getShort()), extra.remaining());
      if (id == EXTRA_ZIP64) {
        return extra.slice(extra.position(), bytes).order(ByteOrder.LITTLE_ENDIAN);
      }
      extra.position(extra.position() + bytes);
    }
    return ByteBuffer.allocate(0);
  }

  private long next(ByteBuffer wide) {
    if (wide.remaining() < Long.BYTES) {
      throw damaged("a member's ZIP64 length is missing");
    }
    return wide.getLong();
  }

  private ByteBuffer read(long position, int count) throws IOException {
    byte[] bytes = new byte[0];
    if (position >= 0 && position <= source.length() - count) {
      bytes = source.from(position).readNBytes(count);
    }
    if (bytes.length < count) {
      throw damaged("it ends too early");
    }
    return ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
  }

  private UserException damaged(String what) {
    return new UserException(
        source.name() + ": not a sound zip archive: " + what + ". Copy the file again.");
  }

  /** The next so many bytes of a stream, which stays open. */
  private static final class Limited extends FilterInputStream {
    private long left;

    Limited(InputStream in, long left) {
      super(in);
      this.left = left;
    }

    @Override
    public int read() throws IOException {
      if (left == 0) {
        return -1;
      }
      int b = super.read();
      left -= b < 0 ? 0 : 1;
      return b;
    }

    @Override
    public int read(byte[] bytes, int offset, int count) throws IOException {
      if (left == 0) {
        return -1;
      }
      int n = super.read(bytes, offset, (int) Math.min(count, left));
      left -= Math.max(n, 0);
      return n;
    }

    @Override
    public long skip(long count) throws IOException {
      long n = super.skip(Math.min(count, left));
      left -= n;
      return n;
    }

    @Override
    public int available() {
      return 0;
    }

    @Override
    public void close() {}
  }
}
