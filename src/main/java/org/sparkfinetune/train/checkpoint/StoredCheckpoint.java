package org.sparkfinetune.train.checkpoint;

import java.io.EOFException;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.Set;
import org.apache.hadoop.fs.ChecksumException;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.sparkfinetune.UserException;
import org.sparkfinetune.storage.HadoopFiles;

/** A checkpoint that was found whole. Reads nothing until a file is opened. */
public final class StoredCheckpoint {
  /** HDFS's word for data that no node has any more; its class is not on every class path. */
  private static final String BLOCK_MISSING = "BlockMissingException";

  private final Path folder;
  private final FileSystem fileSystem;
  private final Manifest manifest;

  StoredCheckpoint(Path folder, FileSystem fileSystem, Manifest manifest) {
    this.folder = folder;
    this.fileSystem = fileSystem;
    this.manifest = manifest;
  }

  /** The step after which it was written. */
  public int step() {
    return manifest.step();
  }

  /** The names of its files, in the order in which they were written. */
  public Set<String> names() {
    return manifest.files().keySet();
  }

  /** Whether there is a file of this name. */
  public boolean has(String name) {
    return manifest.files().containsKey(name);
  }

  /**
   * The size of a file in bytes.
   *
   * @throws NoSuchElementException when there is no such file
   */
  public long size(String name) {
    return entry(name).size();
  }

  /**
   * Opens a file, to be closed by the caller. What is read is verified again on its way: who reads
   * to the last byte has read what was written, even if the file has been damaged or replaced since
   * the checkpoint was found.
   *
   * @throws NoSuchElementException when there is no such file
   * @throws IOException also from the stream, when the file is gone or not what the manifest says
   */
  public InputStream open(String name) throws IOException {
    Manifest.Entry entry = entry(name);
    return new VerifyingInputStream(fileSystem.open(new Path(folder, name)), name, entry);
  }

  private Manifest.Entry entry(String name) {
    Manifest.Entry entry = manifest.files().get(name);
    if (entry == null) {
      throw new NoSuchElementException(
          folder + " has no file '" + name + "'; it has " + manifest.files().keySet());
    }
    return entry;
  }

  /** Asks the file system for the sizes; quick, and reads no file. */
  void requireSizes() throws IOException {
    for (Map.Entry<String, Manifest.Entry> file : manifest.files().entrySet()) {
      // Not by a listing, which fails in no clear way when the folder is deleted meanwhile.
      long size;
      try {
        size = HadoopFiles.plainFile(new Path(folder, file.getKey()), fileSystem).getLen();
      } catch (FileNotFoundException e) {
        throw new DamagedException("file " + file.getKey() + " is missing", e);
      } catch (UserException e) {
        throw new DamagedException(e.getMessage(), e);
      }
      if (size != file.getValue().size()) {
        throw VerifyingInputStream.wrongSize(file.getKey(), Long.toString(size), file.getValue());
      }
    }
  }

  /** Reads every file once and compares the checksums. */
  void requireChecksums() throws IOException {
    for (String name : names()) {
      try (InputStream in = open(name)) {
        in.transferTo(OutputStream.nullOutputStream());
      } catch (FileNotFoundException e) {
        throw new DamagedException("file " + name + " is missing", e);
      } catch (DamagedException e) {
        throw e;
      } catch (IOException e) {
        // Any other failure says nothing of the file: to pass it over could restart a training.
        if (e instanceof ChecksumException
            || e instanceof EOFException
            || e.getClass().getSimpleName().equals(BLOCK_MISSING)) {
          throw new DamagedException(
              "file " + name + " cannot be read (" + e.getMessage() + ")", e);
        }
        throw e;
      }
    }
  }
}
