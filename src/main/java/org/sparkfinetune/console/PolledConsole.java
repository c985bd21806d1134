package org.sparkfinetune.console;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.StandardCharsets;
import java.util.OptionalInt;
import java.util.function.Consumer;
import org.sparkfinetune.PublicApi;
import org.sparkfinetune.train.TrainingProgress;

/**
 * A console that keeps its text until it is asked for it: by Python, which shows it in a notebook.
 * Thread-safe.
 */
@PublicApi
public final class PolledConsole {
  private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
  private final Console console;
  private byte[] incomplete = new byte[0];

  /**
   * Creates a console without text.
   *
   * @param columns of the line that shows progress, which is redrawn; 0 for plain lines instead
   */
  public PolledConsole(int columns) {
    console =
        new Console(
            new PrintStream(bytes, true, StandardCharsets.UTF_8),
            columns == 0 ? OptionalInt.empty() : OptionalInt.of(columns));
  }

  /** Where to print to. */
  public Console console() {
    return console;
  }

  /** A listener to a training, which shows on the console where it stands. */
  public Consumer<TrainingProgress> bar() {
    return new ProgressBar(console);
  }

  /** What was printed since this was asked for last; empty when nothing was. */
  public synchronized String take() {
    byte[] printed;
    synchronized (bytes) {
      printed = bytes.toByteArray();
      bytes.reset();
    }
    ByteBuffer in = ByteBuffer.allocate(incomplete.length + printed.length);
    in.put(incomplete).put(printed).flip();
    CharBuffer out = CharBuffer.allocate(in.remaining());
    // What is left is a character of which some bytes are still to come.
    StandardCharsets.UTF_8.newDecoder().decode(in, out, false);
    incomplete = new byte[in.remaining()];
    in.get(incomplete);
    return out.flip().toString();
  }
}
