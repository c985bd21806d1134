package org.sparkfinetune.collective;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashSet;
import java.util.Set;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.javacpp.chrono.Milliseconds;
import org.bytedeco.pytorch.ByteVector;
import org.bytedeco.pytorch.FileStore;
import org.bytedeco.pytorch.StringVector;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The store through which libtorch's process groups find each other, without a socket of
 * libtorch's. Each process has a store of its own, a file that nobody else can open. While this is
 * open, it copies what a process writes there to all others, through the workers' {@link Store}.
 */
final class TorchStore implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(TorchStore.class);
  private static final String PREFIX = "torch/";
  private static final long LOOK_MILLIS = 10;

  /** {@link FileStore} deletes its file for so many workers, or never. */
  private static final int KEEPS_FILE = -1;

  private final Store workers;
  private final Duration timeout;
  private final NamelessFile file;
  private final FileStore own;
  private final Thread bringing;

  /** Keys that all have. */
  private final Set<String> common = new HashSet<>();

  TorchStore(Store workers, Duration timeout) {
    this.workers = workers;
    this.timeout = timeout;
    try {
      file = NamelessFile.create(Path.of(System.getProperty("java.io.tmpdir")));
    } catch (IOException e) {
      throw new IllegalStateException("no file for the workers to meet by: " + e, e);
    }
    try (PointerScope scope = new PointerScope()) {
      own = new FileStore(file.path().toString(), KEEPS_FILE);
      own.setTimeout(new Milliseconds(timeout.toMillis()));
      own.retainReference();
    }
    bringing = new Thread(this::bring, "rendezvous of libtorch");
    bringing.setDaemon(true);
    bringing.start();
  }

  /** For process groups; whoever waits for a key there waits until another worker writes it. */
  org.bytedeco.pytorch.Store store() {
    return own;
  }

  private void bring() {
    try {
      while (true) {
        send();
        fetch();
        Thread.sleep(LOOK_MILLIS);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (RuntimeException e) {
      // Who waits for a key waits until time is up.
      LOG.debug("libtorch's stores are no longer brought together", e);
    }
  }

  private void send() {
    try (PointerScope scope = new PointerScope()) {
      // What others have written since is listed when the file has been read anew, as by this.
      own.getNumKeys();
      for (BytePointer pointer : own.listKeys().get()) {
        String key = pointer.getString();
        // FileStore lists keys of its own as well, which it does not give.
        if (!common.contains(key) && own.check(new StringVector(key))) {
          common.add(key);
          byte[] value = own.get(key).get();
          workers.set(PREFIX + key, new String(value, StandardCharsets.ISO_8859_1));
        }
      }
    }
  }

  private void fetch() {
    workers
        .list(PREFIX, timeout)
        .forEach(
            (key, text) -> {
              if (common.add(key.substring(PREFIX.length()))) {
                try (PointerScope scope = new PointerScope()) {
                  byte[] value = text.getBytes(StandardCharsets.ISO_8859_1);
                  own.set(key.substring(PREFIX.length()), new ByteVector(value));
                }
              }
            });
  }

  /** Brings no more from one to another: process groups that are connected do not need it. */
  void rest() {
    bringing.interrupt();
    try {
      bringing.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  @Override
  public void close() {
    rest();
    own.close();
    file.close();
  }
}
