package org.sparkfinetune.collective;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import org.bytedeco.javacpp.Loader;
import org.bytedeco.pytorch.Backend;
import org.bytedeco.pytorch.global.torch_gloo;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.sparkfinetune.ChildJvm;
import org.sparkfinetune.Strangers;
import org.sparkfinetune.collective.Store.StoreException;
import org.sparkfinetune.torch.Libtorch;

/** How workers find each other, and what others cannot do to it. */
@EnabledOnOs(OS.LINUX)
@Tag("slow")
class RendezvousTest {
  private static final String HOST = "127.0.0.2";
  private static final Duration TIMEOUT = Duration.ofSeconds(10);

  private final Secret secret = Secret.random();

  @Test
  void whatOneWorkerWritesAllSee() throws Exception {
    try (ServedStore store = new ServedStore(HOST, secret, 2);
        RemoteStore one = RemoteStore.connect(store.address(), secret, 1, TIMEOUT);
        RemoteStore two = RemoteStore.connect(store.address(), secret, 2, TIMEOUT)) {
      String text = "Ärger ".repeat(20_000);
      store.set("a/0", "");
      one.set("a/1", text);
      one.set("b/1", "other");
      assertThat(one.list("a/", TIMEOUT)).isEqualTo(Map.of("a/0", "", "a/1", text));
      assertThat(two.list("a/", TIMEOUT)).isEqualTo(Map.of("a/0", "", "a/1", text));
      assertThat(store.list("b/", TIMEOUT)).isEqualTo(Map.of("b/1", "other"));
      assertThat(two.await("a/", 2, TIMEOUT)).hasSize(2);
      one.close();
      assertThatThrownBy(() -> two.await("a/", 3, TIMEOUT))
          .isInstanceOf(StoreException.class)
          .hasMessage("the connection to another worker has ended");
    }
  }

  @Test
  void theFirstWorkerListensOnItsAddressAloneAndUntilAllHaveCome() throws Exception {
    try (ServedStore store = new ServedStore(HOST, secret, 2)) {
      InetSocketAddress address = store.address();
      assertThat(address.getAddress()).isEqualTo(InetAddress.getByName(HOST));
      assertThat(Strangers.listening(ProcessHandle.current().pid())).contains(address);
      try (RemoteStore one = RemoteStore.connect(address, secret, 1, TIMEOUT)) {
        assertThat(Strangers.listening(ProcessHandle.current().pid())).contains(address);
        try (RemoteStore two = RemoteStore.connect(address, secret, 2, TIMEOUT)) {
          assertThat(two.list("", TIMEOUT)).isEmpty();
          assertThat(Strangers.listening(ProcessHandle.current().pid())).doesNotContain(address);
          one.set("after", "it");
          assertThat(one.list("", TIMEOUT)).hasSize(1);
        }
      }
    }
  }

  @Test
  void aHostThatIsNotThisMachineIsNamedWithTheCure() {
    assertThatThrownBy(
            () -> Rendezvous.of(0, "192.0.2.1", 2, List::of, TIMEOUT, new ArrayDeque<>()))
        .hasMessageStartingWith(
            "worker 0 cannot listen on 192.0.2.1, as which the others know its host: ")
        .hasMessageEndingWith(
            ". Let the name, or SPARK_LOCAL_IP there, be an address of that machine");
  }

  @Test
  void strangersNeitherJoinNorKeepWorkersWaiting() throws Exception {
    try (ServedStore store = new ServedStore(HOST, secret, 2);
        RemoteStore one = RemoteStore.connect(store.address(), secret, 1, TIMEOUT)) {
      InetSocketAddress address = store.address();
      assertThatThrownBy(
              () -> RemoteStore.connect(address, Secret.random(), 2, Duration.ofMillis(300)))
          .isInstanceOf(StoreException.class)
          .hasMessageStartingWith("no connection to worker 0, where the others meet, at ");
      try (Strangers strangers = Strangers.crowd(List.of(address), 600)) {
        assertThat(strangers.connected()).isGreaterThan(100);
        // One who knows the secret is heard once by his number.
        assertThat(
                catchThrowable(
                    () -> {
                      try (RemoteStore again =
                          RemoteStore.connect(address, secret, 1, Duration.ofSeconds(2))) {
                        again.list("", TIMEOUT);
                      }
                    }))
            .isInstanceOf(StoreException.class);
        long start = System.nanoTime();
        try (RemoteStore two = RemoteStore.connect(address, secret, 2, TIMEOUT)) {
          two.set("key", "text");
          assertThat(one.await("key", 1, TIMEOUT)).containsEntry("key", "text");
          assertThat(store.list("", TIMEOUT)).hasSize(1);
        }
        assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(TIMEOUT);
      }
      assertThat(ChildJvm.waitUntil(() -> threads() <= 2, TIMEOUT)).isTrue();
    }
  }

  private static long threads() {
    return Thread.getAllStackTraces().keySet().stream()
        .filter(thread -> thread.getName().startsWith("rendezvous"))
        .count();
  }

  /** One who stands between two workers and changes or repeats what they say is not heard. */
  @Test
  void aMessageThatNoWorkerHasSentEndsTheConnection() throws Exception {
    for (boolean repeats : new boolean[] {true, false}) {
      try (ServedStore store = new ServedStore(HOST, secret, 1);
          ServerSocket between = new ServerSocket(0, 1, InetAddress.getByName(HOST))) {
        CompletableFuture<Void> meddling =
            CompletableFuture.runAsync(() -> meddle(between, store.address(), repeats));
        InetSocketAddress address = (InetSocketAddress) between.getLocalSocketAddress();
        try (RemoteStore worker = RemoteStore.connect(address, secret, 1, TIMEOUT)) {
          worker.set("said", "once");
          assertThat(ChildJvm.waitUntil(() -> !store.list(Store.LEFT, TIMEOUT).isEmpty(), TIMEOUT))
              .isTrue();
          assertThat(store.list("said", TIMEOUT)).hasSize(repeats ? 1 : 0);
          assertThatThrownBy(() -> worker.list("", TIMEOUT)).isInstanceOf(StoreException.class);
        }
        meddling.join();
      }
    }
  }

  private static void meddle(ServerSocket between, InetSocketAddress to, boolean repeats) {
    try (Socket worker = between.accept();
        Socket server = new Socket(to.getAddress(), to.getPort())) {
      Thread back = new Thread(() -> copy(server, worker));
      back.start();
      InputStream in = worker.getInputStream();
      OutputStream out = server.getOutputStream();
      out.write(in.readNBytes(Integer.BYTES + 2 * Secret.BYTES));
      // What a worker asks first.
      out.write(in.readNBytes(2 * Integer.BYTES + Store.LEFT.length() + Secret.BYTES));
      // Its length, two texts with theirs, and the code.
      int length = 3 * Integer.BYTES + "saidonce".length() + Secret.BYTES;
      byte[] message = in.readNBytes(length);
      if (repeats) {
        out.write(message);
      } else {
        message[length - Secret.BYTES - 1] ^= 1;
      }
      out.write(message);
      back.join();
    } catch (IOException e) {
      throw new IllegalStateException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private static void copy(Socket from, Socket to) {
    try {
      from.getInputStream().transferTo(to.getOutputStream());
      to.close();
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }

  /** Gloo takes whoever connects by the right number for a worker. */
  @Test
  void workersOfGlooShowEachOtherThatTheyKnowTheSecret() throws Exception {
    Libtorch.load();
    Loader.load(torch_gloo.class);
    List<String> hosts = List.of("127.0.0.1", HOST);
    for (boolean known : new boolean[] {true, false}) {
      try (ServedStore store = new ServedStore(HOST, secret, 1)) {
        List<CompletableFuture<Void>> workers =
            IntStream.range(0, 2)
                .mapToObj(
                    rank -> {
                      Secret own = known || rank == 0 ? secret : Secret.random();
                      return CompletableFuture.runAsync(() -> connect(store, own, rank, hosts));
                    })
                .toList();
        for (CompletableFuture<Void> worker : workers) {
          if (known) {
            worker.join();
          } else {
            assertThatThrownBy(worker::join)
                .hasCauseInstanceOf(StoreException.class)
                .hasMessageContaining("is not of another worker");
          }
        }
      }
    }
  }

  private static void connect(Store store, Secret secret, int rank, List<String> hosts) {
    try (TorchStore met = new TorchStore(store, TIMEOUT);
        Backend gloo = Gloo.connect(met.store(), secret, rank, hosts, TIMEOUT)) {
      assertThat(gloo.getSize()).isEqualTo(hosts.size());
    }
  }
}
