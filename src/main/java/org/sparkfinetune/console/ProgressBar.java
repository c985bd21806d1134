package org.sparkfinetune.console;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import org.sparkfinetune.evaluate.Metric;
import org.sparkfinetune.evaluate.MetricName;
import org.sparkfinetune.evaluate.Stage;
import org.sparkfinetune.train.TrainingProgress;

/**
 * Shows where a training stands: one line that is redrawn on a terminal; elsewhere a plain line now
 * and then, and one for each evaluation. Thread-safe.
 */
public final class ProgressBar implements Consumer<TrainingProgress>, AutoCloseable {
  private static final double PLAIN_LINE_EVERY_SECONDS = 10;
  private static final int WIDEST_BAR = 30;
  private static final int NARROWEST_BAR = 10;

  private final Console console;
  private final LongSupplier nanoTime;

  private TrainingProgress first;
  private long firstAt;
  private TrainingProgress shown;
  private long shownAt;
  private int notesShown;

  public ProgressBar(Console console) {
    this(console, System::nanoTime);
  }

  public ProgressBar(Console console, LongSupplier nanoTime) {
    this.console = console;
    this.nanoTime = nanoTime;
  }

  @Override
  public synchronized void accept(TrainingProgress progress) {
    long now = nanoTime.getAsLong();
    if (first == null || first.totalSteps() == 0) {
      first = progress;
      firstAt = now;
    }
    showNotes(progress);
    List<String> parts = parts(progress, secondsLeft(progress, now));
    if (console.columns().isPresent()) {
      console.redraw(drawn(progress, parts, console.columns().getAsInt()));
    } else if (isNews(progress, now)) {
      console.text("training  " + String.join("  ", parts) + "\n");
    } else {
      return;
    }
    shown = progress;
    shownAt = now;
  }

  /** Each once, on a line of its own. */
  private void showNotes(TrainingProgress progress) {
    List<String> notes = progress.notes();
    for (String note : notes.subList(Math.min(notesShown, notes.size()), notes.size())) {
      if (console.columns().isPresent()) {
        console.redraw("");
      }
      console.line("%s", note);
    }
    notesShown = notes.size();
  }

  /** Ends the line, so that what is printed next starts on one of its own. */
  @Override
  public synchronized void close() {
    if (first != null && console.columns().isPresent()) {
      console.text("\n");
    }
  }

  private boolean isNews(TrainingProgress progress, long now) {
    return shown == null
        || !evaluation(progress).equals(evaluation(shown))
        || (progress.step() != shown.step()
            && (progress.step() == progress.totalSteps()
                || (now - shownAt) * 1e-9 >= PLAIN_LINE_EVERY_SECONDS));
  }

  /** From the pace since the steps were known: the time before went into loading and tokenizing. */
  private double secondsLeft(TrainingProgress progress, long now) {
    int done = progress.step() - first.step();
    int left = progress.totalSteps() - progress.step();
    return done > 0 ? (now - firstAt) * 1e-9 / done * left : Double.NaN;
  }

  /** What there is to say, the most wanted first. */
  private static List<String> parts(TrainingProgress progress, double secondsLeft) {
    if (progress.totalSteps() == 0) {
      return List.of("preparing");
    }
    List<String> parts = new ArrayList<>();
    parts.add(progress.step() + "/" + progress.totalSteps());
    parts.add(String.format(Locale.ROOT, "epoch %.2f", progress.epoch()));
    Double loss = progress.logs().get(Metric.LOSS.at(Stage.STEP));
    if (loss != null) {
      parts.add(String.format(Locale.ROOT, "loss %.4f", loss));
    }
    if (progress.samplesPerSecond() > 0) {
      parts.add(String.format(Locale.ROOT, "%.0f rows/s", progress.samplesPerSecond()));
    }
    if (progress.step() < progress.totalSteps() && !Double.isNaN(secondsLeft)) {
      parts.add("ETA " + clock(secondsLeft));
    }
    evaluation(progress)
        .forEach((name, value) -> parts.add(String.format(Locale.ROOT, "%s %.4f", name, value)));
    return parts;
  }

  /** A bar, and as much of the text as leaves room for it. */
  private static String drawn(TrainingProgress progress, List<String> parts, int columns) {
    String text = String.join("  ", parts);
    for (int n = parts.size() - 1; n > 0 && barWidth(text, columns) < NARROWEST_BAR; n--) {
      text = String.join("  ", parts.subList(0, n));
    }
    int width = barWidth(text, columns);
    String line = text;
    if (width >= NARROWEST_BAR) {
      int filled = progress.totalSteps() == 0 ? 0 : width * progress.step() / progress.totalSteps();
      line = "[" + "#".repeat(filled) + ".".repeat(width - filled) + "]  " + text;
    }
    // A line that wraps could not be redrawn.
    return line.substring(0, Math.max(0, Math.min(line.length(), columns - 1)));
  }

  private static int barWidth(String text, int columns) {
    return Math.min(WIDEST_BAR, columns - 1 - text.length() - "[]  ".length());
  }

  private static Map<String, Double> evaluation(TrainingProgress progress) {
    Map<String, Double> evaluation = new LinkedHashMap<>();
    MetricName.headlinesOfEvaluation(progress.logs().keySet())
        .forEach(name -> evaluation.put(name, progress.logs().get(name)));
    return evaluation;
  }

  /** A time as {@code 1:02:03}, or {@code 2:03}. */
  static String clock(double seconds) {
    long s = Math.round(seconds);
    return s >= 3600
        ? String.format(Locale.ROOT, "%d:%02d:%02d", s / 3600, s / 60 % 60, s % 60)
        : String.format(Locale.ROOT, "%d:%02d", s / 60, s % 60);
  }
}
