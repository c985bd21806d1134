package org.sparkfinetune.collective;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.concurrent.ConcurrentSkipListMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The store in the worker that keeps it. It listens on one address until all other workers have
 * come, and no longer; who comes and does not know the secret is sent away.
 */
final class ServedStore implements Store {
  private static final Logger LOG = LoggerFactory.getLogger(ServedStore.class);

  /** A worker says who it is at once. */
  private static final Duration INTRODUCTION = Duration.ofSeconds(5);

  private static final Duration LEAVING = Duration.ofSeconds(5);
  private static final long PAUSE_MILLIS = 10;

  /** Connections that have not said who they are; of more, the oldest goes. */
  private static final int MAX_STRANGERS = 64;

  private static final int BACKLOG = 1024;

  private final NavigableMap<String, String> texts = new ConcurrentSkipListMap<>();
  private final Secret secret;
  private final int others;
  private final ServerSocket listening;
  private final Deque<Socket> strangers = new ArrayDeque<>();
  private final Map<Integer, SecretChannel> workers = new HashMap<>();

  /**
   * Starts to listen.
   *
   * @param host whose address it listens on, which must be this machine's
   * @param others how many workers come
   */
  ServedStore(String host, Secret secret, int others) throws IOException {
    this.secret = secret;
    this.others = others;
    listening = new ServerSocket(0, BACKLOG, InetAddress.getByName(host));
    start(this::accept, "rendezvous");
  }

  private static void start(Runnable work, String name) {
    Thread thread = new Thread(work, name);
    thread.setDaemon(true);
    thread.start();
  }

  InetSocketAddress address() {
    return (InetSocketAddress) listening.getLocalSocketAddress();
  }

  private void accept() {
    while (!listening.isClosed()) {
      try {
        Socket socket = listening.accept();
        add(socket);
        start(() -> serve(socket), "rendezvous of a worker");
      } catch (IOException | RuntimeException | OutOfMemoryError e) {
        // All have come; or it was one connection that failed, or one too many for this machine.
        LOG.debug("the rendezvous accepts no connection", e);
        pause();
      }
    }
  }

  private void pause() {
    try {
      if (!listening.isClosed()) {
        Thread.sleep(PAUSE_MILLIS);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void add(Socket socket) throws IOException {
    Socket oldest = null;
    synchronized (strangers) {
      strangers.add(socket);
      if (strangers.size() > MAX_STRANGERS) {
        oldest = strangers.poll();
      }
    }
    if (oldest != null) {
      oldest.close();
    }
  }

  private void serve(Socket socket) {
    try (SecretChannel channel = SecretChannel.accept(socket, secret, INTRODUCTION)) {
      if (comes(socket, channel)) {
        answer(channel);
      }
    } catch (IOException | RuntimeException e) {
      LOG.debug("a connection to the rendezvous has ended", e);
    } finally {
      synchronized (strangers) {
        strangers.remove(socket);
      }
    }
  }

  /** Each worker comes once: it has no reason to come again. */
  private boolean comes(Socket socket, SecretChannel channel) throws IOException {
    synchronized (strangers) {
      if (!strangers.remove(socket) || workers.putIfAbsent(channel.worker(), channel) != null) {
        return false;
      }
      if (workers.size() == others) {
        listening.close();
        for (Socket stranger : strangers) {
          stranger.close();
        }
        strangers.clear();
      }
      return true;
    }
  }

  private void answer(SecretChannel channel) throws IOException {
    try {
      while (true) {
        List<String> request = StoreMessage.unpack(channel.receive(Duration.ZERO));
        if (request.size() == StoreMessage.SET) {
          set(request.get(0), request.get(1));
        } else {
          List<String> found = new ArrayList<>();
          list(request.get(0)).forEach((key, text) -> found.addAll(List.of(key, text)));
          channel.send(StoreMessage.pack(found));
        }
      }
    } finally {
      set(LEFT + channel.worker(), "");
    }
  }

  @Override
  public void set(String key, String text) {
    texts.put(key, text);
  }

  @Override
  public Map<String, String> list(String prefix, Duration timeout) {
    return list(prefix);
  }

  private Map<String, String> list(String prefix) {
    return texts.subMap(prefix, true, prefix + Character.MAX_VALUE, false);
  }

  /** Those who are still to hear what was written last leave by themselves. */
  private void awaitOthers() {
    long end = System.nanoTime() + LEAVING.toNanos();
    try {
      while (list(LEFT).size() < comers() && System.nanoTime() < end) {
        Thread.sleep(PAUSE_MILLIS);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private int comers() {
    synchronized (strangers) {
      return workers.size();
    }
  }

  @Override
  public void close() {
    awaitOthers();
    try {
      listening.close();
      synchronized (strangers) {
        for (Socket stranger : strangers) {
          stranger.close();
        }
        workers.values().forEach(SecretChannel::close);
      }
    } catch (IOException e) {
      LOG.debug("the rendezvous is not closed", e);
    }
  }
}
