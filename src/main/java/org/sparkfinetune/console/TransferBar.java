package org.sparkfinetune.console;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.LongSupplier;

/**
 * Shows how far files have come that take more than a moment: one line that is redrawn on a
 * terminal; elsewhere a plain line now and then.
 */
public final class TransferBar implements AutoCloseable {
  private static final double QUIET_SECONDS = 2;
  private static final double REDRAWN_EVERY_SECONDS = 0.2;
  private static final double PLAIN_LINE_EVERY_SECONDS = 10;
  private static final int WIDTH = 30;

  private final Console console;
  private final String verb;
  private final LongSupplier nanoTime;

  private String what = "";
  private long beganAt;
  private long firstBytes;
  private long shownAt;
  private boolean shown;

  /**
   * Shows nothing yet.
   *
   * @param verb what is done, as {@code fetching}
   */
  public TransferBar(Console console, String verb) {
    this(console, verb, System::nanoTime);
  }

  TransferBar(Console console, String verb, LongSupplier nanoTime) {
    this.console = console;
    this.verb = verb;
    this.nanoTime = nanoTime;
  }

  /**
   * Shows where a transfer stands.
   *
   * @param name of what is transferred
   * @param done bytes that are there
   * @param total bytes
   */
  public synchronized void show(String name, long done, long total) {
    long now = nanoTime.getAsLong();
    if (!name.equals(what) || done < firstBytes) {
      end();
      what = name;
      beganAt = now;
      firstBytes = done;
      shownAt = now;
    }
    double every = console.columns().isPresent() ? REDRAWN_EVERY_SECONDS : PLAIN_LINE_EVERY_SECONDS;
    boolean last = shown && done >= total;
    if (!last
        && (seconds(now - beganAt) < QUIET_SECONDS || shown && seconds(now - shownAt) < every)) {
      return;
    }
    double bytesPerSecond = (done - firstBytes) / seconds(now - beganAt);
    String text = String.join("  ", parts(done, total, bytesPerSecond));
    if (console.columns().isPresent()) {
      int filled = total == 0 ? WIDTH : (int) (WIDTH * done / total);
      String line = "[" + "#".repeat(filled) + ".".repeat(WIDTH - filled) + "]  " + text;
      console.redraw(line.substring(0, Math.min(line.length(), console.columns().getAsInt() - 1)));
    } else {
      console.text(text + "\n");
    }
    shown = true;
    shownAt = now;
  }

  private List<String> parts(long done, long total, double bytesPerSecond) {
    List<String> parts = new ArrayList<>(List.of(verb + " " + what));
    parts.add(String.format(Locale.ROOT, "%.0f/%.0f MB", done / 1e6, total / 1e6));
    if (bytesPerSecond > 0) {
      parts.add(String.format(Locale.ROOT, "%.1f MB/s", bytesPerSecond / 1e6));
      if (done < total) {
        parts.add("ETA " + ProgressBar.clock((total - done) / bytesPerSecond));
      }
    }
    return parts;
  }

  private static double seconds(long nanos) {
    return nanos * 1e-9;
  }

  private void end() {
    if (shown && console.columns().isPresent()) {
      console.text("\n");
    }
    shown = false;
  }

  /** Ends the line, so that what is printed next starts on one of its own. */
  @Override
  public synchronized void close() {
    end();
  }
}
