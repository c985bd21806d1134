package io.sparkfinetune.collective;

import java.time.Duration;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.javacpp.chrono.Milliseconds;
import org.bytedeco.pytorch.TCPStore;
import org.bytedeco.pytorch.TCPStoreOptions;

/**
 * Where workers find each other: a key-value store that one of them serves, on a port that the
 * system chooses.
 */
final class Rendezvous {
  private Rendezvous() {}

  /** Serves a store at this host; it lives until it is closed. */
  static TCPStore serve(String host, Duration timeout) {
    return open(host, 0, true, timeout);
  }

  /** Connects to a store that is served. */
  static TCPStore connect(String host, int port, Duration timeout) {
    return open(host, port, false, timeout);
  }

  /** The port of a served store. */
  static int port(TCPStore store) {
    return Short.toUnsignedInt(store.getPort());
  }

  private static TCPStore open(String host, int port, boolean serves, Duration timeout) {
    try (PointerScope scope = new PointerScope()) {
      TCPStoreOptions options = new TCPStoreOptions();
      options.port((short) port);
      options.isServer(serves);
      options.waitWorkers(false);
      options.timeout(new Milliseconds(timeout.toMillis()));
      TCPStore store = new TCPStore(host, options);
      store.retainReference();
      return store;
    }
  }
}
