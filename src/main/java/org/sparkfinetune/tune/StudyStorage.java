package org.sparkfinetune.tune;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.ChecksumFileSystem;
import org.apache.hadoop.fs.FileContext;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Options;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.fs.RawLocalFileSystem;
import org.apache.hadoop.fs.UnsupportedFileSystemException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.sparkfinetune.UserException;

/**
 * The file of a study, on any Hadoop file system. A reader finds the state before or after an
 * event, never half of one.
 */
public final class StudyStorage implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(StudyStorage.class);
  private static final ObjectMapper JSON = new ObjectMapper();

  /** Of ten thousand trials and more; as JSON in memory it takes ten times as much. */
  private static final int MOST_BYTES = 32 << 20;

  private final Path path;
  private final FileSystem files;
  private final Optional<FileContext> renames;
  private final Thread writer;
  private Supplier<Content> soon;
  private boolean closed;

  /**
   * What is in the file.
   *
   * @param plan what is searched
   * @param history what is known
   */
  record Content(StudyDefinition plan, History history) {}

  private StudyStorage(Path path, FileSystem files, Optional<FileContext> renames) {
    this.path = path;
    this.files = files;
    this.renames = renames;
    writer = new Thread(this::writeSoon, "study file");
    writer.setDaemon(true);
    writer.start();
  }

  /** Opens a file, which need not be there. */
  public static StudyStorage open(Path path, Configuration hadoop) throws IOException {
    FileSystem found = path.getFileSystem(hadoop);
    // Checksums of local files lie in files of their own: a process that is killed between the two
    // would leave a study that cannot be read.
    FileSystem files =
        found instanceof ChecksumFileSystem checked ? checked.getRawFileSystem() : found;
    Path whole = files.makeQualified(path);
    return new StudyStorage(whole, files, renames(whole, hadoop));
  }

  /** What puts a file in the place of another at once; object stores have nothing like it. */
  private static Optional<FileContext> renames(Path path, Configuration hadoop) throws IOException {
    if (path.toUri().getScheme().matches("s3a?|s3n|gs|wasbs?|abfss?")) {
      return Optional.empty();
    }
    try {
      return Optional.of(FileContext.getFileContext(path.toUri(), hadoop));
    } catch (UnsupportedFileSystemException e) {
      // Databricks' dbfs is one of these, and an object store.
      return Optional.empty();
    }
  }

  /** Whether the file is there. */
  public boolean exists() throws IOException {
    return files.exists(path);
  }

  /**
   * The trials in the file.
   *
   * @throws UserException when it cannot be read as a study of this plan's objectives
   */
  List<FrozenTrial> read(StudyDefinition plan) {
    JsonNode root;
    try (InputStream in = files.open(path)) {
      byte[] bytes = in.readNBytes(MOST_BYTES + 1);
      if (bytes.length > MOST_BYTES) {
        throw new UserException(
            path + " cannot be read as a study: it is larger than " + (MOST_BYTES >> 20) + " MiB");
      }
      root = JSON.readTree(bytes);
    } catch (JsonProcessingException e) {
      String line = e.getLocation() == null ? "" : "line " + e.getLocation().getLineNr() + ": ";
      throw new UserException(
          path + " cannot be read as a study: " + line + e.getOriginalMessage(), e);
    } catch (IOException e) {
      throw new UserException(path + " cannot be read as a study: " + e.getMessage(), e);
    }
    return StudyJson.trials(root, plan, path.toString());
  }

  /** Writes the state; it is in the file when this returns. */
  synchronized void save(Content content) {
    soon = null;
    try {
      write(
          JSON.writerWithDefaultPrettyPrinter()
              .writeValueAsBytes(StudyJson.of(content.plan(), content.history())));
    } catch (IOException e) {
      throw new UncheckedIOException(path + " cannot be written", e);
    }
  }

  /** Has the state written in the background; of several that wait, the newest alone. */
  synchronized void saveSoon(Supplier<Content> content) {
    soon = content;
    notifyAll();
  }

  private void writeSoon() {
    while (true) {
      Supplier<Content> next;
      synchronized (this) {
        while (soon == null && !closed) {
          try {
            wait();
          } catch (InterruptedException e) {
            return;
          }
        }
        if (soon == null) {
          return;
        }
        next = soon;
      }
      // The study's lock first, then the file's: as whoever finishes a trial takes them.
      Content content = next.get();
      synchronized (this) {
        if (soon == next) {
          try {
            save(content);
          } catch (UncheckedIOException e) {
            soon = null;
            LOG.warn("{}", e.getMessage(), e);
          }
        }
      }
    }
  }

  /** Object stores show a file when it is closed, and others are made to by a rename. */
  private void write(byte[] bytes) throws IOException {
    if (renames.isEmpty()) {
      create(path, bytes);
      return;
    }
    Path written = path.suffix(".tmp");
    // A link in its place would be written through.
    files.delete(written, false);
    create(written, bytes);
    if (files instanceof RawLocalFileSystem local) {
      Files.move(
          local.pathToFile(written).toPath(),
          local.pathToFile(path).toPath(),
          StandardCopyOption.ATOMIC_MOVE);
    } else {
      renames.get().rename(written, path, Options.Rename.OVERWRITE);
    }
  }

  private void create(Path to, byte[] bytes) throws IOException {
    try (OutputStream out = files.create(to, true)) {
      out.write(bytes);
    }
  }

  /** Writes what waits. */
  @Override
  public void close() {
    synchronized (this) {
      closed = true;
      notifyAll();
    }
    try {
      writer.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
