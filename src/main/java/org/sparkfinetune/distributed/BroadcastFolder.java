package org.sparkfinetune.distributed;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.Serializable;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.broadcast.Broadcast;
import org.sparkfinetune.storage.HostCache;

/**
 * A folder on the driver's disk, for executors on other hosts: its files go to them by Spark's
 * broadcasts, from one to the other, and once a host into its cache. Only executors that ask for
 * the folder get it.
 */
final class BroadcastFolder implements Serializable {
  private static final long serialVersionUID = 1L;

  /**
   * Small, as the driver holds some in its heap: Spark puts those on disk that it has no room for.
   */
  private static final int CHUNK_BYTES = 8 << 20;

  private final String folder;
  private final ArrayList<SentFile> files = new ArrayList<>();

  /**
   * A file of the folder.
   *
   * @param name its path in the folder
   * @param modified when it was written, in milliseconds
   */
  private record SentFile(String name, long length, long modified, List<Broadcast<byte[]>> chunks)
      implements Serializable {}

  private BroadcastFolder(Path folder) {
    this.folder = folder.toString();
  }

  /** Sends the files of a folder, unless all executors are on this host. */
  static BroadcastFolder of(Path folder, JavaSparkContext spark) {
    BroadcastFolder sent = new BroadcastFolder(folder.toAbsolutePath());
    try (Stream<Path> found = Files.walk(folder)) {
      for (Path file : found.filter(Files::isRegularFile).sorted().toList()) {
        sent.files.add(
            new SentFile(
                folder.relativize(file).toString(),
                Files.size(file),
                Files.getLastModifiedTime(file).toMillis(),
                spark.isLocal() ? List.of() : chunks(file, spark)));
      }
      return sent;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static List<Broadcast<byte[]>> chunks(Path file, JavaSparkContext spark)
      throws IOException {
    List<Broadcast<byte[]>> chunks = new ArrayList<>();
    try (InputStream in = Files.newInputStream(file)) {
      byte[] chunk = in.readNBytes(CHUNK_BYTES);
      while (chunk.length > 0) {
        chunks.add(spark.broadcast(chunk));
        chunk = in.readNBytes(CHUNK_BYTES);
      }
    }
    return chunks;
  }

  /**
   * The folder on this host: itself where its disk is reached from here, else a copy in the host's
   * cache.
   *
   * @throws org.sparkfinetune.UserException when the disk has no room for a copy
   */
  Path here() {
    try {
      return isHere() ? Path.of(folder) : HostCache.folder(name(), bytes(), this::write);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private boolean isHere() throws IOException {
    for (SentFile file : files) {
      Path path = Path.of(folder, file.name());
      if (!Files.isRegularFile(path)
          || Files.size(path) != file.length()
          || Files.getLastModifiedTime(path).toMillis() != file.modified()) {
        return false;
      }
    }
    return true;
  }

  /** What is fetched is never written again: path, lengths and times tell one from another. */
  private String name() {
    StringBuilder name = new StringBuilder(folder);
    for (SentFile file : files) {
      name.append(' ').append(file.name()).append(' ').append(file.length());
      name.append(' ').append(file.modified());
    }
    return name.toString();
  }

  private long bytes() {
    return files.stream().mapToLong(SentFile::length).sum();
  }

  private void write(Path copy) throws IOException {
    for (SentFile file : files) {
      Path to = copy.resolve(file.name());
      Files.createDirectories(to.getParent());
      try (OutputStream out = Files.newOutputStream(to)) {
        for (Broadcast<byte[]> chunk : file.chunks()) {
          out.write(chunk.value());
        }
      }
      if (Files.size(to) != file.length()) {
        throw new IOException(Path.of(folder, file.name()) + " has changed while it was sent");
      }
    }
  }

  /** Has all hosts let go of what is on its way; copies stay in their caches. */
  void destroy() {
    files.stream().flatMap(file -> file.chunks().stream()).forEach(Broadcast::destroy);
  }
}
