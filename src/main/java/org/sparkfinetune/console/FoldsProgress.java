package org.sparkfinetune.console;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.Consumer;
import org.sparkfinetune.train.TrainingProgress;

/**
 * Shows how far the trainings of several folds are, as one: a bar on a terminal, elsewhere a line
 * now and then. Thread-safe.
 */
public final class FoldsProgress implements AutoCloseable {
  private static final int BAR = 30;
  private static final double PLAIN_LINE_EVERY_SECONDS = 30;

  private final Console console;
  private final int folds;
  private final int[] steps;
  private final boolean[] done;
  private int stepsOfFold;
  private int firstSteps;
  private long firstAt;
  private long shownAt = System.nanoTime();

  public FoldsProgress(Console console, int folds) {
    this.console = console;
    this.folds = folds;
    steps = new int[folds];
    done = new boolean[folds];
  }

  /** What listens to the training that leaves out a fold. */
  public Consumer<TrainingProgress> of(int fold) {
    return progress -> progress(fold, progress);
  }

  private synchronized void progress(int fold, TrainingProgress progress) {
    steps[fold] = progress.step();
    if (progress.totalSteps() > 0 && stepsOfFold == 0) {
      stepsOfFold = progress.totalSteps();
      firstAt = System.nanoTime();
      firstSteps = stepsDone();
    }
    show(false);
  }

  /** Says that a fold's rows have been predicted. */
  public synchronized void done(int fold) {
    done[fold] = true;
    show(true);
  }

  private int stepsDone() {
    int sum = 0;
    for (int fold = 0; fold < folds; fold++) {
      sum += done[fold] ? stepsOfFold : Math.min(steps[fold], stepsOfFold);
    }
    return sum;
  }

  private void show(boolean news) {
    long now = System.nanoTime();
    if (console.columns().isPresent()) {
      int all = Math.max(1, folds * stepsOfFold);
      int filled = (int) ((long) BAR * stepsDone() / all);
      String line = "[" + "#".repeat(filled) + ".".repeat(BAR - filled) + "]  " + text(now);
      console.redraw(line.substring(0, Math.min(line.length(), console.columns().getAsInt() - 1)));
    } else if (news || (now - shownAt) * 1e-9 >= PLAIN_LINE_EVERY_SECONDS) {
      shownAt = now;
      console.line("%s", text(now));
    }
  }

  private String text(long now) {
    int ended = 0;
    for (boolean one : done) {
      ended += one ? 1 : 0;
    }
    List<String> parts = new ArrayList<>();
    parts.add("folds " + ended + "/" + folds);
    if (stepsOfFold > 0) {
      int all = folds * stepsOfFold;
      int sofar = stepsDone();
      parts.add(String.format(Locale.ROOT, "steps %d/%d", sofar, all));
      if (sofar > firstSteps && sofar < all) {
        double seconds = (now - firstAt) * 1e-9 / (sofar - firstSteps) * (all - sofar);
        parts.add("ETA " + ProgressBar.clock(seconds));
      }
    }
    return String.join("  ", parts);
  }

  /** Ends the line, so that what is printed next starts on one of its own. */
  @Override
  public synchronized void close() {
    if (console.columns().isPresent()) {
      console.text("\n");
    }
  }
}
