package org.sparkfinetune.storage;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.Set;

/**
 * Files on this machine's disk that others may not read, and whose names others may know before
 * they are there: a link in the place of one is not followed.
 */
public final class PrivateFiles {
  /** Who may read. */
  public enum Readers {
    /** The user who writes. */
    OWNER("rw-------"),
    /** His group as well. */
    GROUP("rw-r-----"),
    /** Everybody. */
    ALL("rw-r--r--");

    private final Set<PosixFilePermission> ofFile;
    private final Set<PosixFilePermission> ofFolder;

    Readers(String permissions) {
      ofFile = PosixFilePermissions.fromString(permissions);
      ofFolder = EnumSet.copyOf(ofFile);
      ofFolder.add(PosixFilePermission.OWNER_EXECUTE);
      if (ofFile.contains(PosixFilePermission.GROUP_READ)) {
        ofFolder.add(PosixFilePermission.GROUP_EXECUTE);
      }
      if (ofFile.contains(PosixFilePermission.OTHERS_READ)) {
        ofFolder.add(PosixFilePermission.OTHERS_EXECUTE);
      }
    }
  }

  private PrivateFiles() {}

  /** Makes a folder, and those above it as others are made, unless it is there. */
  public static void createFolder(Path folder, Readers readers) throws IOException {
    if (folder.toAbsolutePath().getParent() != null) {
      Files.createDirectories(folder.toAbsolutePath().getParent());
    }
    try {
      Files.createDirectory(folder, attributes(folder, readers.ofFolder));
    } catch (FileAlreadyExistsException e) {
      if (!Files.isDirectory(folder)) {
        throw e;
      }
    }
  }

  /**
   * Opens a file to read and write, which is made when it is not there.
   *
   * @param more options, as to append
   * @throws FileSystemException when a link is there, or another thing that is no file of its own
   */
  public static FileChannel open(Path file, Readers readers, OpenOption... more)
      throws IOException {
    Set<OpenOption> options = new HashSet<>(Arrays.asList(more));
    if (!options.contains(StandardOpenOption.APPEND)) {
      options.add(StandardOpenOption.READ);
    }
    options.add(StandardOpenOption.WRITE);
    options.add(LinkOption.NOFOLLOW_LINKS);
    if (!options.contains(StandardOpenOption.CREATE_NEW)) {
      options.add(StandardOpenOption.CREATE);
      requireFile(file);
    }
    return FileChannel.open(file, options, attributes(file, readers.ofFile));
  }

  /** A link, a pipe or a name of somebody else's file is none that was made here. */
  private static void requireFile(Path file) throws IOException {
    if (!Files.exists(file, LinkOption.NOFOLLOW_LINKS)) {
      return;
    }
    boolean unix = file.getFileSystem().supportedFileAttributeViews().contains("unix");
    if (Files.isSymbolicLink(file)
        || unix
            && (int) Files.getAttribute(file, "unix:nlink", LinkOption.NOFOLLOW_LINKS) > 1
            && Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)) {
      throw new FileSystemException(
          file.toString(), null, "it is a link, which is not followed: remove it");
    }
    if (!Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)) {
      throw new FileSystemException(file.toString(), null, "it is no file: move it away");
    }
  }

  /** Writes a file anew: what was there, be it a link, is replaced and not written to. */
  public static void replace(Path file, byte[] content, Readers readers) throws IOException {
    Files.deleteIfExists(file);
    Files.write(
        create(file, readers), content, StandardOpenOption.WRITE, LinkOption.NOFOLLOW_LINKS);
  }

  /** Makes an empty file where there is nothing. */
  public static Path create(Path file, Readers readers) throws IOException {
    return Files.createFile(file, attributes(file, readers.ofFile));
  }

  /** Sets who may read what is there already; without effect where it is another user's. */
  static void restrict(Path path, Readers readers) {
    try {
      if (isPosix(path)) {
        boolean folder = Files.isDirectory(path, LinkOption.NOFOLLOW_LINKS);
        Files.setPosixFilePermissions(path, folder ? readers.ofFolder : readers.ofFile);
      }
    } catch (IOException e) {
      // Whoever it belongs to has decided.
      return;
    }
  }

  private static FileAttribute<?>[] attributes(Path path, Set<PosixFilePermission> permissions) {
    return isPosix(path)
        ? new FileAttribute<?>[] {PosixFilePermissions.asFileAttribute(permissions)}
        : new FileAttribute<?>[0];
  }

  private static boolean isPosix(Path path) {
    return path.getFileSystem().supportedFileAttributeViews().contains("posix");
  }
}
