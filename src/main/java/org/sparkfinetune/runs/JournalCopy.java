package org.sparkfinetune.runs;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.sparkfinetune.UserException;
import org.sparkfinetune.storage.PrivateFiles;
import org.sparkfinetune.storage.PrivateFiles.Readers;
import org.sparkfinetune.track.Tracker;

/**
 * The copy of a journal in an output that is elsewhere than the journal: whoever goes on with the
 * job, on whatever driver, goes on with its journal.
 *
 * <p>Of the two, the one that the other is the beginning of is the newer. Nothing is written over a
 * journal that is no such beginning, as of an earlier job: that is set aside.
 */
final class JournalCopy {
  private static final Logger LOG = LoggerFactory.getLogger(JournalCopy.class);
  private static final String EARLIER = "earlier-";
  private static final String PART = ".part";

  private final Path folder;
  private final Readers readers;
  private final org.apache.hadoop.fs.Path place;
  private final Configuration hadoop;

  /**
   * @param folder of the journal, on this disk
   * @param readers who may read what is fetched
   * @param place of the copy; when it is the same folder, there is none
   */
  JournalCopy(Path folder, Readers readers, org.apache.hadoop.fs.Path place, Configuration hadoop) {
    this.folder = folder;
    this.readers = readers;
    this.place = place;
    this.hadoop = hadoop;
  }

  private boolean isNone() {
    return "file".equals(place.toUri().getScheme())
        && Path.of(place.toUri()).equals(folder.toAbsolutePath().normalize());
  }

  /**
   * Brings the copy here, where it is the newer one or there is no other.
   *
   * @throws UserException when it cannot be read
   */
  void fetch() {
    if (isNone()) {
      return;
    }
    try {
      FileSystem files = place.getFileSystem(hadoop);
      org.apache.hadoop.fs.Path copied = new org.apache.hadoop.fs.Path(place, Tracker.JOURNAL);
      Path journal = folder.resolve(Tracker.JOURNAL);
      if (!files.exists(copied)) {
        return;
      }
      if (Files.exists(journal)) {
        try (InputStream here = Files.newInputStream(journal);
            InputStream there = files.open(copied)) {
          boolean isNewer =
              Files.size(journal) < files.getFileStatus(copied).getLen() && begins(here, there);
          if (!isNewer) {
            return;
          }
        }
      }
      fetch(files, place, folder);
    } catch (IOException e) {
      throw new UserException(
          "the journal in " + place + " cannot be read: " + e.getMessage() + ". Try again", e);
    }
  }

  private void fetch(FileSystem files, org.apache.hadoop.fs.Path from, Path to) throws IOException {
    PrivateFiles.createFolder(to, readers);
    for (FileStatus status : files.listStatus(from)) {
      String name = status.getPath().getName();
      Path target = to.resolve(name);
      if (status.isFile() && !name.endsWith(PART)) {
        Path part = to.resolve(name + PART);
        Files.deleteIfExists(part);
        try (InputStream in = files.open(status.getPath());
            OutputStream out = Files.newOutputStream(PrivateFiles.create(part, readers))) {
          in.transferTo(out);
        }
        Files.move(part, target, StandardCopyOption.ATOMIC_MOVE);
      } else if (status.isDirectory() && !name.startsWith(EARLIER)) {
        fetch(files, status.getPath(), target);
      }
    }
  }

  /** Whether a stream has all of another at its beginning. */
  private static boolean begins(InputStream beginning, InputStream whole) throws IOException {
    try (InputStream one = new BufferedInputStream(beginning);
        InputStream other = new BufferedInputStream(whole)) {
      for (int next = one.read(); next >= 0; next = one.read()) {
        if (next != other.read()) {
          return false;
        }
      }
      return true;
    }
  }

  /** Copies the journal, which is closed, to the output. */
  void keep() {
    if (isNone()) {
      return;
    }
    try {
      keep(place.getFileSystem(hadoop));
    } catch (IOException e) {
      LOG.warn("the journal in {} could not be copied to {}", folder, place, e);
    }
  }

  /**
   * The same for a process that is being ended, which may not live to see it.
   *
   * @param timeout how long it takes at most
   */
  void keep(Duration timeout) {
    if (isNone()) {
      return;
    }
    Thread thread = new Thread(this::keepAtTheEnd, "journal copy");
    thread.setDaemon(true);
    thread.start();
    try {
      thread.join(timeout.toMillis());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void keepAtTheEnd() {
    Configuration own = new Configuration(hadoop);
    // Hadoop closes all others at this time.
    own.setBoolean("fs.automatic.close", false);
    try (FileSystem files = FileSystem.newInstance(place.toUri(), own)) {
      keep(files);
    } catch (IOException | RuntimeException e) {
      LOG.warn("the journal in {} could not be copied to {}", folder, place, e);
    }
  }

  private void keep(FileSystem files) throws IOException {
    setEarlierAside(files);
    List<Path> all;
    try (Stream<Path> found = Files.walk(folder)) {
      // The journal before models, which take their time.
      all =
          found
              .filter(file -> Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS))
              .filter(file -> !file.getFileName().toString().matches(".*\\.(lock|part)"))
              .sorted(Comparator.comparing(Path::getNameCount).thenComparing(Path::toString))
              .toList();
    }
    for (Path file : all) {
      String name = folder.relativize(file).toString().replace('\\', '/');
      org.apache.hadoop.fs.Path target = new org.apache.hadoop.fs.Path(place, name);
      org.apache.hadoop.fs.Path part = target.suffix(PART);
      try (OutputStream out = files.create(part, true)) {
        Files.copy(file, out);
      }
      files.delete(target, false);
      if (!files.rename(part, target)) {
        throw new IOException(part + " cannot be renamed to " + target.getName());
      }
    }
  }

  private void setEarlierAside(FileSystem files) throws IOException {
    org.apache.hadoop.fs.Path there = new org.apache.hadoop.fs.Path(place, Tracker.JOURNAL);
    if (!files.exists(there)) {
      return;
    }
    try (InputStream earlier = files.open(there);
        InputStream here = Files.newInputStream(folder.resolve(Tracker.JOURNAL))) {
      if (begins(earlier, here)) {
        return;
      }
    }
    int number = 1;
    while (files.exists(new org.apache.hadoop.fs.Path(place, EARLIER + number))) {
      number++;
    }
    org.apache.hadoop.fs.Path aside = new org.apache.hadoop.fs.Path(place, EARLIER + number);
    files.mkdirs(aside);
    for (FileStatus status : files.listStatus(place)) {
      if (status.isFile()) {
        String name = status.getPath().getName();
        files.rename(status.getPath(), new org.apache.hadoop.fs.Path(aside, name));
      }
    }
  }
}
