package org.sparkfinetune.storage;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.sparkfinetune.UserException;

/**
 * A folder that appears whole or not at all: it is written beside its place under a hidden name,
 * and renamed. (An object store copies to rename: there a crash at that moment may leave a part.)
 */
public final class AtomicDirectory implements AutoCloseable {
  private final Path place;
  private final Path staging;
  private final List<Path> newParents;
  private final FileSystem fileSystem;

  private AtomicDirectory(Path place, Path staging, List<Path> newParents, FileSystem fileSystem) {
    this.place = place;
    this.staging = staging;
    this.newParents = newParents;
    this.fileSystem = fileSystem;
  }

  /**
   * Makes the hidden folder.
   *
   * @param path what the key {@code output} says
   * @throws UserException when something is there already, other than an empty folder
   */
  public static AtomicDirectory open(String path, Configuration hadoop) throws IOException {
    FileSystem fileSystem = OutputDirectory.fileSystem(path, hadoop);
    Path place = fileSystem.makeQualified(new Path(path));
    if (fileSystem.exists(place)) {
      FileStatus status = fileSystem.getFileStatus(place);
      if (!status.isDirectory()) {
        throw new UserException("output=" + path + " is a file: expected a folder to write");
      }
      if (fileSystem.listStatus(place).length > 0) {
        throw new UserException("output=" + path + " is not empty: choose another");
      }
    }
    if (place.getParent() == null) {
      throw new UserException(
          "output=" + path + " is the root of a file system: name a folder in it");
    }
    Path staging = new Path(place.getParent(), "." + place.getName() + "." + UUID.randomUUID());
    List<Path> newParents = new ArrayList<>();
    for (Path p = place.getParent(); p != null && !fileSystem.exists(p); p = p.getParent()) {
      newParents.add(p);
    }
    fileSystem.mkdirs(staging);
    return new AtomicDirectory(place, staging, newParents, fileSystem);
  }

  /** The hidden folder, to be written to. */
  public Path staging() {
    return staging;
  }

  /** Puts the folder into its place. */
  public void commit() throws IOException {
    // Into a folder that exists a rename would move. Not recursive: it deletes an empty one alone.
    if (fileSystem.exists(place)) {
      fileSystem.delete(place, false);
    }
    if (!fileSystem.rename(staging, place)) {
      throw new IOException("cannot rename " + staging + " to " + place);
    }
  }

  /** Deletes what was not committed, and with it the folders above that were made for it. */
  @Override
  public void close() throws IOException {
    fileSystem.delete(staging, true);
    for (Path parent : newParents) {
      if (fileSystem.listStatus(parent).length > 0) {
        return;
      }
      fileSystem.delete(parent, false);
    }
  }
}
