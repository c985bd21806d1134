package org.sparkfinetune.collective;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import org.bytedeco.javacpp.IntPointer;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.javacpp.chrono.Milliseconds;
import org.bytedeco.pytorch.Backend;
import org.bytedeco.pytorch.ProcessGroupGloo;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.Work;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.bytedeco.pytorch.gloo.Device;
import org.bytedeco.pytorch.gloo.TransportContext;

/**
 * Connects workers by Gloo. Whoever connects to a worker's socket and says the number that it
 * expects of another one is taken for that one. So the numbers do not begin at 0; the workers then
 * show each other over the new connections that they know the secret; and when they are connected,
 * nothing is accepted any more.
 */
final class Gloo {
  private static final SecureRandom RANDOM = new SecureRandom();
  private static final int MAX_FIRST_NUMBER = 1 << 16;
  private static final int AF_INET = 2;

  /** Numbers by which a worker shows that it knows the secret. */
  private static final int NUMBERS = Secret.BYTES / Integer.BYTES;

  private Gloo() {}

  /**
   * Connects; an operation of all workers.
   *
   * @param timeout of this and of each sum
   * @throws Store.StoreException when another who has connected is no worker
   */
  static Backend connect(
      org.bytedeco.pytorch.Store store,
      Secret secret,
      int rank,
      List<String> hosts,
      Duration timeout) {
    try (PointerScope scope = new PointerScope()) {
      Device device = ProcessGroupGloo.createDeviceForHostname(hosts.get(rank));
      InetSocketAddress address = hide(device);
      ProcessGroupGloo.Options options =
          ProcessGroupGloo.Options.create(new Milliseconds(timeout.toMillis()));
      options.devices().push_back(device);
      Backend backend = new ProcessGroupGloo(store, rank, hosts.size(), options);
      GlooListener.ignore(address);
      verify(backend, secret, rank, hosts.size());
      backend.retainReference();
      return backend;
    }
  }

  /** Uses up the device's first numbers, which count its connections, and says where it listens. */
  private static InetSocketAddress hide(Device device) {
    try (PointerScope scope = new PointerScope()) {
      TransportContext unused = device.createContext(0, 1);
      byte[] address = unused.createPair(0)._address().bytes().get();
      for (int i = RANDOM.nextInt(MAX_FIRST_NUMBER); i > 0; i--) {
        unused.createPair(0);
      }
      return address(address);
    }
  }

  /** Of a socket's address as the kernel has it. */
  private static InetSocketAddress address(byte[] bytes) {
    ByteBuffer buffer = ByteBuffer.wrap(bytes);
    boolean inet = buffer.order(ByteOrder.nativeOrder()).getShort() == AF_INET;
    int port = Short.toUnsignedInt(buffer.order(ByteOrder.BIG_ENDIAN).getShort());
    byte[] host = inet ? new byte[4] : new byte[16];
    buffer.position(inet ? 4 : 8).get(host);
    try {
      return new InetSocketAddress(InetAddress.getByAddress(host), port);
    } catch (UnknownHostException e) {
      throw new IllegalStateException(e);
    }
  }

  /** Each worker adds numbers that it alone adds and that all know. */
  private static void verify(Backend backend, Secret secret, int rank, int size) {
    int[] expected = new int[size * NUMBERS];
    for (int worker = 0; worker < size; worker++) {
      ByteBuffer numbers =
          ByteBuffer.wrap(secret.code("gloo", ("" + worker).getBytes(StandardCharsets.UTF_8)));
      numbers.asIntBuffer().get(expected, worker * NUMBERS, NUMBERS);
    }
    try (PointerScope scope = new PointerScope()) {
      Tensor tensor =
          torch.empty(new long[] {expected.length}, new TensorOptions(ScalarType.Int), null);
      IntPointer data = new IntPointer(tensor.data_ptr());
      int[] own = new int[expected.length];
      System.arraycopy(expected, rank * NUMBERS, own, rank * NUMBERS, NUMBERS);
      data.put(own);
      Work work = backend.allreduce(new TensorVector(tensor));
      work._wait();
      int[] sums = new int[expected.length];
      data.get(sums);
      if (!Arrays.equals(sums, expected)) {
        throw new Store.StoreException(
            "a connection to worker " + rank + " is not of another worker", null);
      }
    }
  }
}
