package org.sparkfinetune.train.checkpoint;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FSError;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.LocalFileSystem;
import org.apache.hadoop.fs.ParentNotDirectoryException;
import org.apache.hadoop.fs.Path;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.sparkfinetune.UserException;
import org.sparkfinetune.storage.HadoopFiles;

/** The folder of all checkpoints: where each lies, which there are, and how one is deleted. */
final class CheckpointFolder {
  private static final Logger LOG = LoggerFactory.getLogger(CheckpointFolder.class);
  private static final String PREFIX = "checkpoint-";

  private final Path root;
  private final FileSystem fileSystem;

  /**
   * @throws UserException when the name is none, or its file system cannot be had
   */
  CheckpointFolder(String folder, Configuration hadoop) {
    try {
      root = new Path(folder);
      FileSystem found = root.getFileSystem(hadoop);
      // Hadoop's checksums in hidden files would only say again what the manifest says.
      fileSystem = found instanceof LocalFileSystem local ? local.getRawFileSystem() : found;
    } catch (IOException | IllegalArgumentException e) {
      throw new UserException(
          "'"
              + folder
              + "' cannot be a folder of checkpoints ("
              + firstLine(e)
              + "); expected a path on a file system that Hadoop is set up for.",
          e);
    }
  }

  FileSystem fileSystem() {
    return fileSystem;
  }

  Path of(int step) {
    return new Path(root, PREFIX + step);
  }

  Path manifest(int step) {
    return new Path(of(step), Manifest.NAME);
  }

  private Path mark(int step) {
    return new Path(of(step), CheckpointStore.MARK);
  }

  /**
   * Whether the folder is there.
   *
   * @throws UserException when a file is in its place, or in that of a folder above it
   */
  boolean exists() throws IOException {
    for (Path path = root; path != null; path = path.getParent()) {
      try {
        if (!fileSystem.getFileStatus(path).isDirectory()) {
          throw new UserException(
              root
                  + ": "
                  + (path.equals(root) ? "this" : path)
                  + " is a file; expected a folder for checkpoints. Name another, or move the file"
                  + " away.");
        }
        return path.equals(root);
      } catch (FileNotFoundException | ParentNotDirectoryException e) {
        LOG.trace("{}: not there, but perhaps a folder above it is", path);
      }
    }
    return false;
  }

  /** The steps of which there is a folder, whole or not, newest first. */
  List<Integer> steps() throws IOException {
    List<Integer> steps = new ArrayList<>();
    if (exists()) {
      for (FileStatus status : fileSystem.listStatus(root)) {
        String name = status.getPath().getName();
        if (status.isDirectory() && name.matches(PREFIX + "(0|[1-9][0-9]{0,9})")) {
          long step = Long.parseLong(name.substring(PREFIX.length()));
          if (step <= Integer.MAX_VALUE) {
            steps.add((int) step);
          }
        }
      }
    }
    steps.sort((a, b) -> Integer.compare(b, a));
    return steps;
  }

  /**
   * The checkpoint of a step by its manifest; its files have not been looked at.
   *
   * @throws DamagedException when there is no manifest, or none that can be read
   * @throws Manifest.UnknownVersionException when another release wrote it
   */
  StoredCheckpoint checkpoint(int step) throws IOException {
    String text;
    try {
      text = HadoopFiles.readText(manifest(step), HadoopFiles.MAX_CONFIG_BYTES, fileSystem);
    } catch (FileNotFoundException e) {
      throw new DamagedException("it has no " + Manifest.NAME + whyNone(step), e);
    } catch (UserException e) {
      throw new DamagedException(e.getMessage(), e);
    } catch (FSError e) {
      throw FileSystemErrors.ioException(e);
    }
    return new StoredCheckpoint(of(step), fileSystem, Manifest.parse(text, step));
  }

  /** A writer may be at work there: what can race with it is not asked. */
  private String whyNone(int step) throws IOException {
    if (fileSystem.exists(mark(step))) {
      return ": its write was interrupted";
    }
    return fileSystem.exists(of(step))
        ? " and was not written by spark-finetune"
        : ": it has been deleted";
  }

  /** Whether a folder may be deleted: another program's checkpoints are called the same. */
  boolean isOurs(int step) throws IOException {
    if (isMarkedOrEmpty(step)) {
      return true;
    }
    try {
      return checkpoint(step).step() == step;
    } catch (DamagedException | Manifest.UnknownVersionException e) {
      return false;
    }
  }

  private boolean isMarkedOrEmpty(int step) throws IOException {
    return fileSystem.exists(mark(step)) || isEmpty(of(step));
  }

  private boolean isEmpty(Path path) throws IOException {
    try {
      return fileSystem.listStatus(path).length == 0;
    } catch (FileNotFoundException e) {
      return true;
    }
  }

  /** Makes the folder of a step, with the file that says whose it is. */
  void create(int step) throws IOException {
    try {
      fileSystem.create(mark(step), true).close();
    } catch (FSError e) {
      throw FileSystemErrors.ioException(e);
    }
  }

  /**
   * Deletes a checkpoint: the manifest first, so that nobody takes the rest for whole, the mark
   * last, so that the rest is known for ours if this is interrupted. No error if there is none.
   */
  void delete(int step) throws IOException {
    delete(manifest(step));
    FileStatus[] files;
    try {
      files = fileSystem.listStatus(of(step));
    } catch (FileNotFoundException e) {
      return;
    }
    for (FileStatus file : files) {
      if (!file.getPath().getName().equals(CheckpointStore.MARK)) {
        delete(file.getPath());
      }
    }
    delete(of(step));
  }

  private void delete(Path path) throws IOException {
    if (!fileSystem.delete(path, true) && fileSystem.exists(path)) {
      throw new IOException("cannot delete " + path);
    }
  }

  @Override
  public String toString() {
    return root.toString();
  }

  /** The line of a failure's message that is for people: servers append their stack traces. */
  static String firstLine(Throwable e) {
    String message = e.getMessage();
    return message == null || message.isBlank()
        ? e.getClass().getSimpleName()
        : message.strip().lines().findFirst().orElseThrow();
  }
}
