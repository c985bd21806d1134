package org.sparkfinetune.train.checkpoint;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.channels.ClosedByInterruptException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.function.Consumer;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FSDataOutputStream;
import org.apache.hadoop.fs.FSError;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.fs.StreamCapabilities;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.sparkfinetune.UserException;

/**
 * The checkpoints of a training, in {@code FOLDER/checkpoint-STEP/}, on any Hadoop file system.
 *
 * <p>A checkpoint is there once its {@value Manifest#NAME} is, which is written last of all and
 * holds the size and the checksum of every file; without it there is none. No file is renamed, for
 * object stores copy to rename. An empty file {@value #MARK}, written first, tells what a killed
 * write has left from other programs' folders of the same name, which are never touched.
 *
 * <p>One writer at a time, and any number of readers, on other hosts too. Not thread-safe: a store
 * of its own for each thread.
 */
public final class CheckpointStore {
  static final String MARK = "spark-finetune-checkpoint";

  private static final Logger LOG = LoggerFactory.getLogger(CheckpointStore.class);

  private final CheckpointFolder folder;

  /** What {@link #newestWhole} has found damaged, by step: sizes alone do not show it. */
  private final Set<Integer> damaged = new HashSet<>();

  private OptionalInt written = OptionalInt.empty();

  /** What a file of a checkpoint is to hold. */
  @FunctionalInterface
  public interface Content {
    /**
     * Writes the file.
     *
     * @param out buffered; need not be closed
     */
    void writeTo(OutputStream out) throws IOException;
  }

  /**
   * Opens nothing yet.
   *
   * @param folder a path or URI; need not exist
   * @throws UserException when this is no path, or of a file system that Hadoop is not set up for
   */
  public CheckpointStore(String folder, Configuration hadoop) {
    this.folder = new CheckpointFolder(folder, hadoop);
  }

  /**
   * Writes a checkpoint, which replaces one of the same step. When this returns it is whole, and on
   * the disk where the file system can say so ({@code hsync}). When it fails, nothing is left of
   * it, nor of the one that it was to replace; those of other steps are untouched.
   *
   * @param step {@code >= 0}
   * @param files by name: plain file names, neither {@value Manifest#NAME} nor {@value #MARK}
   * @throws UserException when a file is in the folder's way, another program's checkpoint is in
   *     its place, or it cannot be written: no room, no permission, or what the cause says
   * @throws UncheckedIOException when the thread was interrupted or the connection timed out
   * @throws IllegalArgumentException for a negative step or a name that is no plain file name
   */
  public void write(int step, Map<String, ? extends Content> files) {
    requireWritable(step, files.keySet());
    boolean whole = false;
    try {
      folder.delete(step);
      folder.create(step);
      Map<String, Manifest.Entry> entries = new LinkedHashMap<>();
      for (Map.Entry<String, ? extends Content> file : files.entrySet()) {
        Path path = new Path(folder.of(step), file.getKey());
        entries.put(file.getKey(), writeFile(path, file.getValue()));
      }
      byte[] manifest = new Manifest(step, entries).toJson();
      writeFile(folder.manifest(step), out -> out.write(manifest));
      whole = true;
    } catch (IOException e) {
      throw failure(step, e);
    } finally {
      if (!whole) {
        cleanUp(step);
      }
    }
    damaged.remove(step);
    written = OptionalInt.of(step);
  }

  private void requireWritable(int step, Set<String> names) {
    if (step < 0) {
      throw new IllegalArgumentException("step " + step + " is negative");
    }
    for (String name : names) {
      if (!Manifest.isPlain(name)) {
        throw new IllegalArgumentException("'" + name + "' cannot be a checkpoint's file name");
      }
    }
    try {
      if (folder.exists() && !folder.isOurs(step)) {
        throw new UserException(
            folder.of(step)
                + ": this folder was not written by spark-finetune, and is not overwritten. Name"
                + " another folder for checkpoints, or move it away.");
      }
    } catch (IOException e) {
      throw failure(step, e);
    }
  }

  private Manifest.Entry writeFile(Path path, Content content) throws IOException {
    try (FSDataOutputStream file = folder.fileSystem().create(path, true)) {
      ChecksumOutputStream out = new ChecksumOutputStream(file);
      content.writeTo(out);
      // Else a power cut could take this one when prune has deleted the one before.
      if (file.hasCapability(StreamCapabilities.HSYNC)) {
        file.hsync();
      }
      return out.entry();
    } catch (FSError e) {
      throw FileSystemErrors.ioException(e);
    }
  }

  private RuntimeException failure(int step, IOException e) {
    String message =
        folder.of(step)
            + ": the checkpoint of step "
            + step
            + " could not be written ("
            + CheckpointFolder.firstLine(e)
            + "). Those of other steps are untouched.";
    return e instanceof InterruptedIOException || e instanceof ClosedByInterruptException
        ? new UncheckedIOException(message, e)
        : new UserException(
            message + " Make room, allow writing there, or name another folder.", e);
  }

  /** Must not hide why the write failed. */
  private void cleanUp(int step) {
    try {
      folder.delete(step);
    } catch (IOException | RuntimeException e) {
      LOG.warn(
          "{}: what was written of this checkpoint cannot be deleted ({}); it is not taken for one",
          folder.of(step),
          CheckpointFolder.firstLine(e));
    }
  }

  /**
   * The newest checkpoint whose files have the sizes and checksums that its manifest gives; reads
   * each of its files once, from front to back.
   *
   * @param passedOver is given a line for each newer one, with its folder and what is wrong with it
   * @return empty when there is none, or no folder
   * @throws UserException when the folder is a file
   * @throws UncheckedIOException when the file system cannot be read, which says nothing of the
   *     checkpoint
   */
  public Optional<StoredCheckpoint> newestWhole(Consumer<String> passedOver) {
    Set<Integer> tried = new HashSet<>();
    try {
      // Again when there is none: the writer may have deleted them all, having written a newer.
      while (true) {
        List<Integer> steps = new ArrayList<>(folder.steps());
        steps.removeAll(tried);
        if (steps.isEmpty()) {
          return Optional.empty();
        }
        for (int step : steps) {
          tried.add(step);
          try {
            StoredCheckpoint checkpoint = folder.checkpoint(step);
            checkpoint.requireSizes();
            checkpoint.requireChecksums();
            return Optional.of(checkpoint);
          } catch (DamagedException e) {
            damaged.add(step);
            passedOver.accept(passedOver(step, e));
          } catch (Manifest.UnknownVersionException e) {
            passedOver.accept(passedOver(step, e));
          }
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(
          folder + ": its checkpoints cannot be read (" + CheckpointFolder.firstLine(e) + ")", e);
    }
  }

  private String passedOver(int step, IOException why) {
    return folder.of(step) + " is passed over: " + why.getMessage().replaceFirst("[.]$", "") + ".";
  }

  /**
   * Deletes old checkpoints, as Hugging Face's Trainer does: the newest {@code saveTotalLimit} stay
   * and the best is always among them, in the place of the oldest of these. With a limit of 1 the
   * newest and the best both stay where they are not the same: one to go on from, one to end with.
   *
   * <p>Whole is here what has a manifest and files of its sizes, unless {@link #newestWhole} has
   * found it damaged. What is not whole and older than the newest is deleted, whatever the limit;
   * what other programs or releases wrote is not. What this store wrote last stays even if older
   * steps are not its own: else a training that starts anew in a folder with later steps would lose
   * each as it is written.
   *
   * <p>What cannot be deleted is logged and left.
   *
   * @param saveTotalLimit how many stay; 0 for all
   * @param bestStep the step of the best evaluation; without effect when it has no checkpoint
   * @throws IllegalArgumentException when the limit is negative
   */
  public void prune(int saveTotalLimit, OptionalInt bestStep) {
    if (saveTotalLimit < 0) {
      throw new IllegalArgumentException("save_total_limit " + saveTotalLimit + " is negative");
    }
    try {
      Set<Integer> whole = new HashSet<>();
      List<Integer> deleted = new ArrayList<>();
      for (int step : folder.steps()) {
        switch (state(step)) {
          case WHOLE -> whole.add(step);
          case LEFTOVER -> {
            if (!whole.isEmpty()) {
              deleted.add(step);
            }
          }
          case FOREIGN -> {}
        }
      }
      Set<Integer> kept = new HashSet<>(Retention.kept(whole, saveTotalLimit, bestStep));
      written.ifPresent(kept::add);
      whole.stream().filter(step -> !kept.contains(step)).sorted().forEach(deleted::add);
      deleted.forEach(this::deleteOrLog);
    } catch (IOException | UserException e) {
      LOG.warn("{}: no old checkpoint deleted ({})", folder, CheckpointFolder.firstLine(e));
    }
  }

  /**
   * Deletes the checkpoints of later steps, also broken ones: what is not of this training any
   * more, as its steps are numbered otherwise. A failure is logged.
   */
  public void deleteAfter(int step) {
    try {
      for (int later : folder.steps()) {
        if (later > step && state(later) != State.FOREIGN) {
          deleteOrLog(later);
        }
      }
    } catch (IOException | UserException e) {
      LOG.warn("{}: no later checkpoint deleted ({})", folder, CheckpointFolder.firstLine(e));
    }
  }

  private enum State {
    WHOLE,
    LEFTOVER,
    FOREIGN
  }

  private State state(int step) throws IOException {
    try {
      StoredCheckpoint checkpoint = folder.checkpoint(step);
      checkpoint.requireSizes();
      return damaged.contains(step) ? State.LEFTOVER : State.WHOLE;
    } catch (DamagedException e) {
      return folder.isOurs(step) ? State.LEFTOVER : State.FOREIGN;
    } catch (Manifest.UnknownVersionException e) {
      return State.FOREIGN;
    }
  }

  private void deleteOrLog(int step) {
    try {
      folder.delete(step);
    } catch (IOException e) {
      LOG.warn(
          "{}: this old checkpoint cannot be deleted ({})",
          folder.of(step),
          CheckpointFolder.firstLine(e));
    }
  }
}
