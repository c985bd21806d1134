package org.sparkfinetune.hub;

import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;

/**
 * A body of an answer that ends with an error when nothing more of it comes for a while: the JDK's
 * client has a time-out for the beginning of an answer alone.
 */
final class ImpatientStream extends FilterInputStream {
  private final long patienceNanos;
  private volatile long waitingSince;
  private volatile boolean waiting;
  private volatile boolean stalled;
  private volatile boolean closed;

  ImpatientStream(InputStream in, Duration patience) {
    super(in);
    patienceNanos = patience.toNanos();
    Thread watch = new Thread(this::watch, "hub download");
    watch.setDaemon(true);
    watch.start();
  }

  private void watch() {
    try {
      while (!closed && !stalled) {
        Thread.sleep(Math.max(10, patienceNanos / 4_000_000));
        if (waiting && System.nanoTime() - waitingSince > patienceNanos) {
          stalled = true;
          // The thread that reads gets an end or an error.
          in.close();
        }
      }
    } catch (InterruptedException | IOException e) {
      stalled = true;
    }
  }

  @Override
  public int read() throws IOException {
    byte[] one = new byte[1];
    return read(one, 0, 1) < 0 ? -1 : one[0] & 0xFF;
  }

  @Override
  public int read(byte[] buffer, int offset, int length) throws IOException {
    waitingSince = System.nanoTime();
    waiting = true;
    int read = in.read(buffer, offset, length);
    waiting = false;
    if (stalled) {
      throw new IOException("nothing more came for " + patienceNanos / 1_000_000_000 + " seconds");
    }
    return read;
  }

  @Override
  public void close() throws IOException {
    closed = true;
    in.close();
  }
}
