package org.sparkfinetune.collective;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** The store that another worker keeps. */
final class RemoteStore implements Store {
  private static final long PAUSE_MILLIS = 50;

  private final SecretChannel channel;
  private IOException failure;

  private RemoteStore(SecretChannel channel) {
    this.channel = channel;
  }

  /**
   * Connects, however often it takes: a host that strangers crowd refuses some.
   *
   * @param worker this one's number
   * @throws StoreException when time is up
   */
  static RemoteStore connect(
      InetSocketAddress address, Secret secret, int worker, Duration timeout) {
    long end = System.nanoTime() + timeout.toNanos();
    while (true) {
      Duration left = Duration.ofNanos(Math.max(1_000_000, end - System.nanoTime()));
      SecretChannel channel = null;
      try {
        channel = SecretChannel.connect(address, secret, worker, left);
        RemoteStore store = new RemoteStore(channel);
        // Who is answered is one of the workers; before, he may have to give way to strangers.
        store.list(LEFT, left);
        return store;
      } catch (IOException | StoreException e) {
        if (channel != null) {
          channel.close();
        }
        if (System.nanoTime() > end) {
          throw new StoreException(
              "no connection to worker 0, where the others meet, at "
                  + address
                  + ": "
                  + e.getMessage(),
              e);
        }
      }
      try {
        Thread.sleep(PAUSE_MILLIS);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new StoreException("interrupted while connecting to worker 0", e);
      }
    }
  }

  @Override
  public void set(String key, String text) {
    send(List.of(key, text));
  }

  private synchronized void send(List<String> texts) {
    try {
      requireConnection();
      channel.send(StoreMessage.pack(texts));
    } catch (IOException e) {
      throw lost(e);
    }
  }

  @Override
  public synchronized Map<String, String> list(String prefix, Duration timeout) {
    send(List.of(prefix));
    try {
      List<String> found = StoreMessage.unpack(channel.receive(timeout));
      Map<String, String> texts = new TreeMap<>();
      for (int i = 0; i < found.size(); i += 2) {
        texts.put(found.get(i), found.get(i + 1));
      }
      return texts;
    } catch (IOException e) {
      throw lost(e);
    }
  }

  /** An answer that came too late would be taken for that to the next question. */
  private void requireConnection() throws IOException {
    if (failure != null) {
      throw failure;
    }
  }

  private StoreException lost(IOException e) {
    failure = e;
    channel.close();
    return new StoreException("the connection to worker 0 has ended: " + e.getMessage(), e);
  }

  @Override
  public void close() {
    channel.close();
  }
}
