package org.sparkfinetune;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;
import java.util.random.RandomGenerator;
import java.util.stream.Stream;

/** Whoever connects to a process and has no business there. Linux alone. */
public final class Strangers implements AutoCloseable {
  private static final String LISTENS = "0A";
  private static final int CONNECT_MILLIS = 200;

  private final List<Socket> sockets = new ArrayList<>();

  /** Connects to each address so often: some say nothing, some numbers, some noise without end. */
  public static Strangers crowd(List<InetSocketAddress> addresses, int each) {
    Strangers strangers = new Strangers();
    for (InetSocketAddress address : addresses) {
      for (int i = 0; i < each; i++) {
        strangers.connect(address, i);
      }
    }
    return strangers;
  }

  private void connect(InetSocketAddress address, int number) {
    Socket socket = new Socket();
    try {
      socket.connect(address, CONNECT_MILLIS);
      sockets.add(socket);
      byte[] noise = new byte[number % 3 == 2 ? 4096 : 8];
      if (number % 3 == 1) {
        // What Gloo expects of a worker, if it were the right number.
        ByteBuffer.wrap(noise).order(ByteOrder.LITTLE_ENDIAN).putLong(number / 3);
      } else {
        RandomGenerator.getDefault().nextBytes(noise);
      }
      if (number % 3 > 0) {
        socket.getOutputStream().write(noise);
      }
    } catch (IOException e) {
      // Refused, kept waiting or sent away: as it should be.
      assert !socket.isClosed();
    }
  }

  /** How many have got through to something that accepts or keeps them. */
  public int connected() {
    return sockets.size();
  }

  /** Where a process listens by TCP. */
  public static List<InetSocketAddress> listening(long process) throws IOException {
    Set<String> own = new HashSet<>();
    try (Stream<Path> files = Files.list(Path.of("/proc", "" + process, "fd"))) {
      for (Path file : files.toList()) {
        try {
          own.add(Files.readSymbolicLink(file).toString());
        } catch (IOException e) {
          // Closed since.
          assert !Files.exists(file);
        }
      }
    }
    List<InetSocketAddress> addresses = new ArrayList<>();
    for (String table : List.of("tcp", "tcp6")) {
      for (String line : Files.readAllLines(Path.of("/proc", "" + process, "net", table))) {
        String[] row = line.trim().split("\\s+");
        if (row[3].equals(LISTENS) && own.contains("socket:[" + row[9] + "]")) {
          addresses.add(address(row[1]));
        }
      }
    }
    return addresses;
  }

  private static InetSocketAddress address(String hex) throws UnknownHostException {
    String[] parts = hex.split(":");
    ByteBuffer words = ByteBuffer.wrap(HexFormat.of().parseHex(parts[0]));
    ByteBuffer address = ByteBuffer.allocate(words.capacity());
    while (words.hasRemaining()) {
      address.putInt(Integer.reverseBytes(words.getInt()));
    }
    return new InetSocketAddress(
        InetAddress.getByAddress(address.array()), Integer.parseInt(parts[1], 16));
  }

  @Override
  public void close() throws IOException {
    for (Socket socket : sockets) {
      socket.close();
    }
  }
}
