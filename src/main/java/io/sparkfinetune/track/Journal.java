package io.sparkfinetune.track;

import io.sparkfinetune.UserException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * An append-only file of events in a folder of its own, written by one process at a time. A reader
 * never sees a part of an event: what a crash has torn off is moved out of the way when the journal
 * is opened again.
 */
final class Journal implements AutoCloseable {
  private static final String LOCK = "journal.lock";
  private static final int READ_BYTES = 1 << 20;

  /**
   * The folders that this process has open. To open the file of a lock once more and close it would
   * let go of the lock: so the system wants it.
   */
  private static final Set<Path> OPEN = ConcurrentHashMap.newKeySet();

  private final Path folder;
  private final Path real;
  private final FileChannel lockChannel;
  private final FileChannel channel;
  private final List<String> notes = new ArrayList<>();
  private final Map<String, Map<String, Long>> lastSteps = new HashMap<>();
  private final Set<String> unfinished = new LinkedHashSet<>();
  private volatile long length;
  private long seq;
  private boolean torn;

  private Journal(Path folder, FileChannel lockChannel) throws IOException {
    this.folder = folder;
    real = folder.toRealPath();
    this.lockChannel = lockChannel;
    channel =
        FileChannel.open(
            folder.resolve(JournalFile.NAME),
            StandardOpenOption.CREATE,
            StandardOpenOption.READ,
            StandardOpenOption.WRITE);
    try {
      recover();
    } catch (IOException | RuntimeException e) {
      channel.close();
      throw e;
    }
  }

  /**
   * Opens a journal, which is created when it is not there.
   *
   * @throws UserException when another process, or another part of this one, has it open, or its
   *     folder cannot be written to
   */
  static Journal open(Path folder) {
    FileChannel lockChannel = null;
    Path real = null;
    try {
      Files.createDirectories(folder);
      real = folder.toRealPath();
      if (!OPEN.add(real)) {
        real = null;
        throw inUse(folder, "process " + ProcessHandle.current().pid() + ", this one");
      }
      lockChannel =
          FileChannel.open(
              folder.resolve(LOCK),
              StandardOpenOption.CREATE,
              StandardOpenOption.READ,
              StandardOpenOption.WRITE);
      lock(folder, lockChannel);
      return new Journal(folder, lockChannel);
    } catch (IOException e) {
      letGo(lockChannel, real);
      throw new UserException(
          "the journal in " + folder + " cannot be opened: " + e.getMessage(), e);
    } catch (RuntimeException e) {
      letGo(lockChannel, real);
      throw e;
    }
  }

  private static void letGo(FileChannel lockChannel, Path real) {
    close(lockChannel);
    if (real != null) {
      OPEN.remove(real);
    }
  }

  private static UserException inUse(Path folder, String holder) {
    return new UserException(
        "the journal in "
            + folder
            + " is in use by "
            + holder
            + ": wait until it ends, or choose another folder");
  }

  private static void lock(Path folder, FileChannel lockChannel) throws IOException {
    FileLock lock = lockChannel.tryLock();
    if (lock == null) {
      throw inUse(folder, Files.readString(folder.resolve(LOCK)).trim());
    }
    lockChannel.truncate(0);
    lockChannel.write(
        ByteBuffer.wrap(
            ("process " + ProcessHandle.current().pid() + " on " + host())
                .getBytes(StandardCharsets.UTF_8)),
        0);
  }

  private static String host() {
    try {
      return InetAddress.getLocalHost().getHostName();
    } catch (UnknownHostException e) {
      return "this host";
    }
  }

  private static void close(FileChannel channel) {
    try {
      if (channel != null) {
        channel.close();
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Learns what is there. */
  private void recover() throws IOException {
    long size = channel.size();
    int damaged = 0;
    while (length < size) {
      JournalFile.Part part = JournalFile.read(channel, length, size, READ_BYTES);
      if (part.end() == length) {
        break;
      }
      part.events().forEach(this::learn);
      seq = Math.max(seq, part.lastSeq());
      damaged += part.damaged();
      length = part.end();
    }
    if (length < size) {
      setTornAside(size);
    }
    if (damaged > 0) {
      notes.add(damaged + " damaged lines of the journal in " + folder + " are left out");
    }
  }

  private void setTornAside(long size) throws IOException {
    ByteBuffer rest = ByteBuffer.allocate(Math.toIntExact(size - length));
    channel.read(rest, length);
    int number = 1;
    while (Files.exists(folder.resolve("journal.torn-" + number))) {
      number++;
    }
    Path aside = folder.resolve("journal.torn-" + number);
    Files.write(aside, rest.array());
    channel.truncate(length);
    notes.add("the last line of the journal was torn, as by a crash; it is set aside in " + aside);
  }

  private void learn(TrackingEvent event) {
    if (event instanceof TrackingEvent.RunStarted) {
      unfinished.add(event.run());
    } else if (event instanceof TrackingEvent.RunEnded end) {
      // A run that somebody ended may go on.
      if (end.status() == RunStatus.FINISHED) {
        unfinished.remove(event.run());
      }
    } else if (event instanceof TrackingEvent.Metrics metrics) {
      Map<String, Long> steps = lastSteps.computeIfAbsent(event.run(), run -> new HashMap<>());
      metrics.values().keySet().forEach(name -> steps.merge(name, metrics.step(), Math::max));
    }
  }

  /** What was found when it was opened, a sentence each. */
  List<String> notes() {
    return List.copyOf(notes);
  }

  /** The runs that were there when it was opened and had not finished, in their order. */
  List<String> unfinishedRuns() {
    return List.copyOf(unfinished);
  }

  /** The last step of each of a run's metrics that was there when it was opened. */
  Map<String, Long> lastSteps(String run) {
    return lastSteps.getOrDefault(run, Map.of());
  }

  Path file() {
    return folder.resolve(JournalFile.NAME);
  }

  /** The bytes of whole events, which a reader may read. */
  long length() {
    return length;
  }

  /**
   * Appends events, all or as many as there is room for.
   *
   * @return how many were written
   */
  int append(List<TrackingEvent> events) throws IOException {
    if (torn) {
      channel.truncate(length);
      torn = false;
    }
    int written = 0;
    for (TrackingEvent event : events) {
      ByteBuffer line = ByteBuffer.wrap(EventJson.line(seq + 1, event));
      try {
        long place = length;
        while (line.hasRemaining()) {
          place += channel.write(line, place);
        }
        length = place;
        seq++;
        written++;
      } catch (IOException e) {
        torn = true;
        if (written > 0) {
          return written;
        }
        throw e;
      }
    }
    return written;
  }

  /** Forces what was appended to the disk. */
  void force() throws IOException {
    channel.force(false);
  }

  @Override
  public void close() {
    close(channel);
    // The lock ends with its channel.
    letGo(lockChannel, real);
  }
}
