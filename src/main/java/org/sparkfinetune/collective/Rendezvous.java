package org.sparkfinetune.collective;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.Deque;

/**
 * Where workers find each other: the first one keeps a store, on a port that the system chooses at
 * the address that the others know its host by. It tells them the port and a secret of this
 * training by a channel that is not for strangers.
 *
 * @param store what the workers tell each other by
 * @param secret what only they know
 */
record Rendezvous(Store store, Secret secret) {
  private static final String SEPARATOR = " ";

  /**
   * Meets the other workers.
   *
   * @param closing what closes that which it opens goes there at once
   */
  static Rendezvous of(
      int rank,
      String hostOfFirst,
      int size,
      TextExchange exchange,
      Duration timeout,
      Deque<Runnable> closing) {
    if (rank > 0) {
      String[] told = exchange.allGather("").get(0).split(SEPARATOR);
      Secret secret = Secret.parse(told[2]);
      InetSocketAddress address = new InetSocketAddress(told[0], Integer.parseInt(told[1]));
      Store store = RemoteStore.connect(address, secret, rank, timeout);
      closing.push(store::close);
      return new Rendezvous(store, secret);
    }
    Secret secret = Secret.random();
    ServedStore store = serve(hostOfFirst, secret, size - 1);
    closing.push(store::close);
    InetAddress address = store.address().getAddress();
    exchange.allGather(
        String.join(
            SEPARATOR, address.getHostAddress(), "" + store.address().getPort(), secret.hex()));
    return new Rendezvous(store, secret);
  }

  private static ServedStore serve(String host, Secret secret, int others) {
    try {
      return new ServedStore(host, secret, others);
    } catch (IOException e) {
      throw new IllegalStateException(
          "worker 0 cannot listen on "
              + host
              + ", as which the others know its host: "
              + e.getMessage()
              + ". Let the name, or SPARK_LOCAL_IP there, be an address of that machine",
          e);
    }
  }
}
