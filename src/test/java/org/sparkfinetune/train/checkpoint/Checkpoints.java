package org.sparkfinetune.train.checkpoint;

import java.io.FileOutputStream;
import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FSDataOutputStream;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.RawLocalFileSystem;
import org.apache.hadoop.util.Progressable;
import org.sparkfinetune.train.checkpoint.CheckpointStore.Content;

/** Checkpoints whose content follows from their step, and the file systems to keep them on. */
final class Checkpoints {
  private Checkpoints() {}

  /**
   * A file system of another scheme over local files, which fails where the configuration says so.
   */
  public static final class Remote extends RawLocalFileSystem {
    /** The bytes that it has room for; then it fails as a full disk does. */
    static final String ROOM = "test.remote.room";

    /** A file name in whose place {@code /dev/full} is opened. */
    static final String DEV_FULL = "test.remote.dev-full";

    /** A part of the paths that cannot be deleted. */
    static final String UNDELETABLE = "test.remote.undeletable";

    private long room;

    @Override
    public void initialize(URI uri, Configuration hadoop) throws IOException {
      super.initialize(uri, hadoop);
      room = hadoop.getLong(ROOM, Long.MAX_VALUE);
    }

    @Override
    public URI getUri() {
      return URI.create("remote:///");
    }

    @Override
    public FileStatus getFileStatus(org.apache.hadoop.fs.Path path) throws IOException {
      return super.getFileStatus(new org.apache.hadoop.fs.Path(path.toUri().getPath()));
    }

    @Override
    public FSDataOutputStream create(
        org.apache.hadoop.fs.Path path,
        boolean overwrite,
        int buffer,
        short replication,
        long blockSize,
        Progressable progress)
        throws IOException {
      FSDataOutputStream file =
          super.create(path, overwrite, buffer, replication, blockSize, progress);
      OutputStream out = file;
      if (path.getName().equals(getConf().get(DEV_FULL))) {
        file.close();
        out = new FileOutputStream("/dev/full");
      }
      return new FSDataOutputStream(limited(out), null);
    }

    private OutputStream limited(OutputStream out) {
      return new FilterOutputStream(out) {
        @Override
        public void write(int b) throws IOException {
          write(new byte[] {(byte) b}, 0, 1);
        }

        @Override
        public void write(byte[] bytes, int offset, int count) throws IOException {
          int fits = (int) Math.min(room, count);
          room -= fits;
          out.write(bytes, offset, fits);
          if (fits < count) {
            throw new IOException("No space left on device");
          }
        }
      };
    }

    @Override
    public boolean delete(org.apache.hadoop.fs.Path path, boolean recursive) throws IOException {
      String undeletable = getConf().get(UNDELETABLE);
      if (undeletable != null && path.toString().contains(undeletable)) {
        throw new IOException("delete denied\n\tat org.apache.hadoop.Server");
      }
      return super.delete(path, recursive);
    }
  }

  static Configuration hadoop() {
    Configuration hadoop = new Configuration(false);
    hadoop.setClass("fs.remote.impl", Remote.class, FileSystem.class);
    hadoop.setBoolean("fs.remote.impl.disable.cache", true);
    return hadoop;
  }

  static Configuration hadoop(String key, String value) {
    Configuration hadoop = hadoop();
    hadoop.set(key, value);
    return hadoop;
  }

  static CheckpointStore local(Path folder) {
    return new CheckpointStore(folder.toString(), hadoop());
  }

  /** Two files of 100,000 and of 3 bytes or so, which follow from the step. */
  static Map<String, Content> files(int step) {
    return files(step, 100_000, step);
  }

  /**
   * Files that follow from the step, the size and the round.
   *
   * @param bytes of the first
   */
  static Map<String, Content> files(int step, int bytes, int round) {
    Map<String, Content> files = new LinkedHashMap<>();
    files.put("weights.bin", out -> out.write(bytes(step, bytes, round)));
    files.put("state.txt", out -> out.write(state(round)));
    return files;
  }

  static byte[] bytes(int step, int bytes, int round) {
    byte[] content = new byte[bytes];
    new Random(31L * step + round).nextBytes(content);
    return content;
  }

  static byte[] state(int round) {
    return Integer.toString(round).getBytes(StandardCharsets.US_ASCII);
  }

  static byte[] read(StoredCheckpoint checkpoint, String name) throws IOException {
    try (InputStream in = checkpoint.open(name)) {
      return in.readAllBytes();
    }
  }

  static boolean isIntact(StoredCheckpoint checkpoint, int bytes) throws IOException {
    int round =
        Integer.parseInt(new String(read(checkpoint, "state.txt"), StandardCharsets.US_ASCII));
    return Arrays.equals(read(checkpoint, "weights.bin"), bytes(checkpoint.step(), bytes, round));
  }

  static List<String> names(Path folder) throws IOException {
    if (!Files.exists(folder)) {
      return List.of();
    }
    try (Stream<Path> files = Files.list(folder)) {
      return files.map(file -> file.getFileName().toString()).sorted().toList();
    }
  }
}
