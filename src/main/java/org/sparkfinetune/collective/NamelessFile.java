package org.sparkfinetune.collective;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.stream.Stream;

/**
 * A file that has been deleted from its folder while it is open: nobody can find it by a name, and
 * nothing is left of it, however its processes end. Processes of the same user open it by its
 * number among the open files of the process that made it ({@code /proc/PID/fd}). Linux only.
 */
final class NamelessFile implements AutoCloseable {
  private static final String DELETED = " (deleted)";
  private static final String SEPARATOR = " ";

  private final RandomAccessFile open;
  private final Path path;
  private final String formerName;

  private NamelessFile(RandomAccessFile open, Path path, String formerName) {
    this.open = open;
    this.path = path;
    this.formerName = formerName;
  }

  /** Makes an empty one that the system keeps where it keeps the files of a folder. */
  static NamelessFile create(Path folder) throws IOException {
    Path named =
        Files.createTempFile(
            folder.toRealPath(),
            "spark-finetune-",
            ".shared",
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
    RandomAccessFile open = null;
    try {
      open = new RandomAccessFile(named.toFile(), "rw");
      return new NamelessFile(open, find(named), named.toString());
    } catch (IOException | RuntimeException e) {
      if (open != null) {
        open.close();
      }
      throw e;
    } finally {
      Files.deleteIfExists(named);
    }
  }

  private static Path find(Path named) throws IOException {
    // Not "self", which is another one to those who are told.
    Path files = Path.of("/proc", "" + ProcessHandle.current().pid(), "fd");
    try (Stream<Path> all = Files.list(files)) {
      for (Path file : all.toList()) {
        if (isLinkTo(file, named.toString())) {
          return file;
        }
      }
    }
    throw new NoSuchFileException(named + " is not among " + files);
  }

  private static boolean isLinkTo(Path file, String target) {
    try {
      return Files.readSymbolicLink(file).toString().equals(target);
    } catch (IOException e) {
      // It has just been closed, or is not to be seen from here.
      return false;
    }
  }

  /** What it is opened by. */
  Path path() {
    return path;
  }

  /** To be written. */
  RandomAccessFile open() {
    return open;
  }

  /** What another process is told, for {@link #find(String)}. */
  String address() {
    return path + SEPARATOR + formerName;
  }

  /**
   * What the file that another process has told of is opened by.
   *
   * @throws NoSuchFileException when it is not to be seen from here, as from another container;
   *     what has its number here is another one
   */
  static Path find(String address) throws NoSuchFileException {
    List<String> parts = List.of(address.split(SEPARATOR, 2));
    Path path = Path.of(parts.get(0));
    if (!isLinkTo(path, parts.get(1) + DELETED)) {
      throw new NoSuchFileException(address);
    }
    return path;
  }

  /** Those who have mapped or opened it keep it. */
  @Override
  public void close() {
    try {
      open.close();
    } catch (IOException e) {
      throw new IllegalStateException("a file cannot be closed", e);
    }
  }
}
