package io.sparkfinetune.jobs;

import io.sparkfinetune.train.TrainingProgress;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.function.LongSupplier;

/**
 * Shows where a training stands: one line that is redrawn on a terminal; elsewhere a plain line now
 * and then, and one for each evaluation. Thread-safe.
 */
final class ProgressBar implements Consumer<TrainingProgress>, AutoCloseable {
  private static final double PLAIN_LINE_EVERY_SECONDS = 10;
  private static final int WIDEST_BAR = 30;
  private static final int NARROWEST_BAR = 5;
  private static final String ERASE_LINE = "\r\u001B[K";

  private final Console console;
  private final LongSupplier nanoTime;

  private TrainingProgress first;
  private long firstAt;
  private TrainingProgress shown;
  private long shownAt;

  ProgressBar(Console console) {
    this(console, System::nanoTime);
  }

  ProgressBar(Console console, LongSupplier nanoTime) {
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
    String text = text(progress, secondsLeft(progress, now));
    if (console.columns().isPresent()) {
      console.text(ERASE_LINE + drawn(progress, text, console.columns().getAsInt()));
    } else if (isNews(progress, now)) {
      console.text("training  " + text + "\n");
    } else {
      return;
    }
    shown = progress;
    shownAt = now;
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

  private static String text(TrainingProgress progress, double secondsLeft) {
    if (progress.totalSteps() == 0) {
      return "preparing";
    }
    StringBuilder text = new StringBuilder();
    append(text, "%d/%d", progress.step(), progress.totalSteps());
    append(text, "  epoch %.2f", progress.epoch());
    Double loss = progress.logs().get("loss");
    if (loss != null) {
      append(text, "  loss %.4f", loss);
    }
    if (progress.samplesPerSecond() > 0) {
      append(text, "  %.0f rows/s", progress.samplesPerSecond());
    }
    if (progress.step() < progress.totalSteps() && !Double.isNaN(secondsLeft)) {
      append(text, "  ETA %s", clock(secondsLeft));
    }
    evaluation(progress).forEach((name, value) -> append(text, "  %s %.4f", name, value));
    return text.toString();
  }

  private static String drawn(TrainingProgress progress, String text, int columns) {
    int width = Math.min(WIDEST_BAR, columns - 1 - text.length() - "[]  ".length());
    String line = text;
    if (width >= NARROWEST_BAR) {
      int filled = progress.totalSteps() == 0 ? 0 : width * progress.step() / progress.totalSteps();
      line = "[" + "#".repeat(filled) + ".".repeat(width - filled) + "]  " + text;
    }
    // A line that wraps could not be redrawn.
    return line.substring(0, Math.max(0, Math.min(line.length(), columns - 1)));
  }

  private static Map<String, Double> evaluation(TrainingProgress progress) {
    Map<String, Double> evaluation = new TreeMap<>();
    for (String name : new String[] {"eval_accuracy", "eval_f1", "eval_loss"}) {
      Double value = progress.logs().get(name);
      if (value != null) {
        evaluation.put(name, value);
      }
    }
    return evaluation;
  }

  private static String clock(double seconds) {
    long s = Math.round(seconds);
    return s >= 3600
        ? String.format(Locale.ROOT, "%d:%02d:%02d", s / 3600, s / 60 % 60, s % 60)
        : String.format(Locale.ROOT, "%d:%02d", s / 60, s % 60);
  }

  private static void append(StringBuilder text, String format, Object... values) {
    text.append(String.format(Locale.ROOT, format, values));
  }
}
