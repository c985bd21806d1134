package org.sparkfinetune.collective;

import java.io.IOException;
import java.lang.reflect.Method;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The socket that a device of Gloo's listens on. Gloo has no use for it when the workers are
 * connected, but goes on to accept and to keep whatever connects: each connection costs the process
 * an open file, and the one too many its life. A socket that is no longer attended to leaves them
 * to the kernel, which keeps a few and lets the others wait.
 */
final class GlooListener {
  private static final Logger LOG = LoggerFactory.getLogger(GlooListener.class);
  private static final Path PROCESS = Path.of("/proc/self");
  private static final String LISTENS = "0A";

  private static final int EPOLL_CTL_DEL = 2;

  /** Columns of Linux's table of sockets. */
  private static final int LOCAL = 1;

  private static final int STATE = 3;
  private static final int INODE = 9;

  private GlooListener() {}

  /** Takes the socket that listens at an address from what threads of this process wait for. */
  static void ignore(InetSocketAddress address) {
    try {
      Optional<String> socket = listening(address);
      if (socket.isPresent()) {
        for (int file : files(path -> isLinkTo(path, socket.get()))) {
          for (int epoll : files(path -> isLinkTo(path, "anon_inode:[eventpoll]"))) {
            if (waitsFor(epoll, file)) {
              ignore(epoll, file);
            }
          }
        }
      }
    } catch (IOException | ReflectiveOperationException | RuntimeException e) {
      LOG.warn("gloo goes on to accept connections at {}", address, e);
    }
  }

  /** By what the JDK's own selectors are made of; Spark opens that package on every JVM of its. */
  private static void ignore(int epoll, int file) throws ReflectiveOperationException {
    Method control =
        Class.forName("sun.nio.ch.EPoll")
            .getDeclaredMethod("ctl", int.class, int.class, int.class, int.class);
    control.setAccessible(true);
    int error = (int) control.invoke(null, epoll, EPOLL_CTL_DEL, file, 0);
    if (error != 0) {
      throw new IllegalStateException("epoll_ctl gives error " + error);
    }
  }

  /** What the socket's entry among the open files links to. */
  private static Optional<String> listening(InetSocketAddress address) throws IOException {
    byte[] bytes = address.getAddress().getAddress();
    StringBuilder local = new StringBuilder();
    // Words of four bytes, each in this machine's order.
    for (int i = 0; i < bytes.length; i++) {
      local.append("%02X".formatted(bytes[i / 4 * 4 + 3 - i % 4]));
    }
    local.append(":%04X".formatted(address.getPort()));
    Path table = PROCESS.resolve(bytes.length == 4 ? "net/tcp" : "net/tcp6");
    return Files.readAllLines(table).stream()
        .map(line -> line.trim().split("\\s+"))
        .filter(row -> row.length > INODE && row[STATE].equals(LISTENS))
        .filter(row -> row[LOCAL].contentEquals(local))
        .map(row -> "socket:[" + row[INODE] + "]")
        .findFirst();
  }

  private static List<Integer> files(Predicate<Path> which) throws IOException {
    try (Stream<Path> all = Files.list(PROCESS.resolve("fd"))) {
      return new ArrayList<>(
          all.filter(which).map(path -> Integer.valueOf(path.getFileName().toString())).toList());
    }
  }

  private static boolean isLinkTo(Path path, String target) {
    try {
      return Files.readSymbolicLink(path).toString().equals(target);
    } catch (IOException e) {
      // It has just been closed.
      return false;
    }
  }

  private static boolean waitsFor(int epoll, int file) throws IOException {
    Pattern target = Pattern.compile("tfd:\\s*" + file + "\\b.*");
    return Files.readAllLines(PROCESS.resolve("fdinfo/" + epoll)).stream()
        .anyMatch(line -> target.matcher(line).matches());
  }
}
