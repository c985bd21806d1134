package org.sparkfinetune.track;

import java.io.IOException;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.sparkfinetune.UserException;
import org.sparkfinetune.storage.PrivateFiles;
import org.sparkfinetune.storage.PrivateFiles.Readers;

/**
 * An append-only file of events in a folder of its own, written by one process at a time. A reader
 * never sees a part of an event: what a crash has torn off is moved out of the way when the journal
 * is opened again.
 */
final class Journal implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Journal.class);
  private static final String LOCK = "journal.lock";

  /** How the content of a lock's file begins, and how much of it is read. */
  private static final String HOLDER = "process ";

  private static final int LONGEST_HOLDER = 300;
  private static final int READ_BYTES = 1 << 20;

  /**
   * The folders that this process has open. To open the file of a lock once more and close it would
   * let go of the lock: so the system wants it.
   */
  private static final Set<Path> OPEN = ConcurrentHashMap.newKeySet();

  private final Path folder;
  private final Readers readers;
  private final Path real;
  private FileChannel lockChannel;
  private FileChannel channel;

  /** Which file it is, whatever its name; null where the system does not tell. */
  private Object key;

  private final List<String> notes = new ArrayList<>();
  private final Map<String, Map<String, Long>> lastSteps = new HashMap<>();

  /** The runs of their own that have not finished. */
  private final Set<String> unfinished = new LinkedHashSet<>();

  /** What a reader may read: whole events that are safe on the disk. */
  private volatile long length;

  private long seq;

  /** Where the next event is written to, and what its file has behind the last one, if torn. */
  private long end;

  private long forcedSeq;
  private boolean torn;

  private Journal(Path folder, Readers readers, FileChannel lockChannel) throws IOException {
    this.folder = folder;
    this.readers = readers;
    real = folder.toRealPath();
    this.lockChannel = lockChannel;
    channel = PrivateFiles.open(file(), readers);
    try {
      key = keyOf(file());
      recover();
    } catch (IOException | RuntimeException e) {
      channel.close();
      throw e;
    }
  }

  /**
   * Opens a journal, which is created when it is not there.
   *
   * @param readers who may read what is created
   * @throws UserException when another process, or another part of this one, has it open, or its
   *     folder cannot be written to
   */
  static Journal open(Path folder, Readers readers) {
    FileChannel lockChannel = null;
    Path real = null;
    try {
      PrivateFiles.createFolder(folder, readers);
      real = folder.toRealPath();
      if (!OPEN.add(real)) {
        real = null;
        throw inUse(folder, "process " + ProcessHandle.current().pid() + ", this one");
      }
      lockChannel = PrivateFiles.open(folder.resolve(LOCK), readers);
      lock(folder, lockChannel);
      return new Journal(folder, readers, lockChannel);
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
    try {
      if (lockChannel != null) {
        lockChannel.close();
      }
    } catch (IOException e) {
      LOG.warn("the lock of a journal was not closed: {}", e.toString());
    } finally {
      if (real != null) {
        OPEN.remove(real);
      }
    }
  }

  private static UserException inUse(Path folder, String holder) {
    return new UserException(
        "the journal in "
            + folder
            + " is in use by "
            + holder
            + ": wait until it ends, or choose another folder, as by tracking.journal");
  }

  private static void lock(Path folder, FileChannel lockChannel) throws IOException {
    FileLock lock = lockChannel.tryLock();
    if (lock == null) {
      throw inUse(folder, start(lockChannel).trim());
    }
    if (lockChannel.size() > 0 && !start(lockChannel).startsWith(HOLDER)) {
      throw new UserException(
          folder.resolve(LOCK)
              + " is no lock of a journal, and is left as it is: move it away, or choose another"
              + " folder, as by tracking.journal");
    }
    lockChannel.truncate(0);
    lockChannel.write(
        ByteBuffer.wrap(
            (HOLDER + ProcessHandle.current().pid() + " on " + host())
                .getBytes(StandardCharsets.UTF_8)),
        0);
  }

  /** What a lock's file says of its holder. */
  private static String start(FileChannel lockChannel) throws IOException {
    ByteBuffer start = ByteBuffer.allocate(LONGEST_HOLDER);
    lockChannel.read(start, 0);
    return new String(start.array(), 0, start.position(), StandardCharsets.UTF_8);
  }

  private static String host() {
    try {
      return InetAddress.getLocalHost().getHostName();
    } catch (UnknownHostException e) {
      return "this host";
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
    end = length;
    forcedSeq = seq;
    if (damaged > 0) {
      notes.add(damaged + " damaged lines of the journal in " + folder + " are left out");
    }
  }

  private void setTornAside(long size) throws IOException {
    int number = 1;
    while (Files.exists(folder.resolve("journal.torn-" + number), LinkOption.NOFOLLOW_LINKS)) {
      number++;
    }
    Path aside = folder.resolve("journal.torn-" + number);
    try (FileChannel out = PrivateFiles.open(aside, readers, StandardOpenOption.CREATE_NEW)) {
      for (long from = length; from < size; ) {
        from += channel.transferTo(from, size - from, out);
      }
    }
    channel.truncate(length);
    notes.add("the last line of the journal was torn, as by a crash; it is set aside in " + aside);
  }

  private void learn(TrackingEvent event) {
    if (event instanceof TrackingEvent.RunStarted start) {
      if (start.parent().isEmpty()) {
        unfinished.add(event.run());
      }
    } else if (event instanceof TrackingEvent.RunEnded end) {
      // A run that somebody ended may go on.
      if (end.status() == RunStatus.FINISHED) {
        unfinished.remove(event.run());
      }
      return;
    }
    if (event instanceof TrackingEvent.Metrics metrics) {
      Map<String, Long> steps = lastSteps.computeIfAbsent(event.run(), run -> new HashMap<>());
      metrics.values().keySet().forEach(name -> steps.merge(name, metrics.step(), Math::max));
    }
  }

  /** What was found when it was opened, a sentence each. */
  List<String> notes() {
    return List.copyOf(notes);
  }

  /**
   * The runs of their own that were there when it was opened and had not finished, in their order.
   */
  List<String> unfinishedRuns() {
    return List.copyOf(unfinished);
  }

  /** The last step of each of a run's metrics that was there when it was opened. */
  Map<String, Long> lastSteps(String run) {
    return lastSteps.getOrDefault(run, Map.of());
  }

  /** Who may read its files. */
  Readers readers() {
    return readers;
  }

  Path file() {
    return folder.resolve(JournalFile.NAME);
  }

  /** The bytes of whole events that are safe on the disk, which a reader may read. */
  long length() {
    return length;
  }

  /**
   * Appends events, all or as many as there is room for. They are safe after {@link #force}.
   *
   * @return how many were written
   * @throws IOException when not even the first could be written
   * @throws IllegalArgumentException when the first is none that can be written
   */
  int append(List<TrackingEvent> events) throws IOException {
    if (torn) {
      channel.truncate(end);
      torn = false;
    }
    int written = 0;
    try {
      for (TrackingEvent event : events) {
        write(line(event));
        written++;
      }
    } catch (IOException | IllegalArgumentException e) {
      if (written == 0) {
        throw e;
      }
    }
    return written;
  }

  private byte[] line(TrackingEvent event) {
    byte[] line = EventJson.line(seq + 1, event);
    if (line.length > JournalFile.LONGEST_LINE) {
      throw new IllegalArgumentException("an event of " + line.length + " bytes");
    }
    return line;
  }

  private void write(byte[] content) throws IOException {
    ByteBuffer line = ByteBuffer.wrap(content);
    long place = end;
    try {
      while (line.hasRemaining()) {
        place += channel.write(line, place);
      }
    } catch (IOException e) {
      torn = true;
      throw e;
    }
    end = place;
    seq++;
  }

  /**
   * Forces what was appended to the disk.
   *
   * @throws IOException when the disk has not taken it: the system may have forgotten it by now.
   *     What was appended since the last time is to be appended again
   */
  void force() throws IOException {
    try {
      putBackIfRemoved();
      channel.force(false);
    } catch (IOException e) {
      end = length;
      seq = forcedSeq;
      torn = true;
      throw e;
    }
    length = end;
    forcedSeq = seq;
  }

  /**
   * Somebody may remove the folder of a job that runs: what is open is whole until it is closed.
   */
  private void putBackIfRemoved() throws IOException {
    if (Files.exists(file(), LinkOption.NOFOLLOW_LINKS)) {
      if (!Objects.equals(keyOf(file()), key)) {
        throw new IOException(file() + " was removed, and another is in its place");
      }
      return;
    }
    PrivateFiles.createFolder(folder, readers);
    FileChannel newLock = PrivateFiles.open(folder.resolve(LOCK), readers);
    FileChannel copy = null;
    try {
      lock(folder, newLock);
      Path aside = folder.resolve(JournalFile.NAME + ".new");
      copy = PrivateFiles.open(aside, readers);
      copy.truncate(0);
      for (long from = 0; from < end; ) {
        from += channel.transferTo(from, end - from, copy);
      }
      Files.move(aside, file(), StandardCopyOption.ATOMIC_MOVE);
    } catch (IOException | UserException e) {
      newLock.close();
      if (copy != null) {
        copy.close();
      }
      throw new IOException("it was removed, and cannot be put back: " + e.getMessage(), e);
    }
    lockChannel.close();
    channel.close();
    lockChannel = newLock;
    channel = copy;
    key = keyOf(file());
    LOG.warn("the journal in {} was removed while it was written, and is put back whole", folder);
  }

  private static Object keyOf(Path file) throws IOException {
    return Files.readAttributes(file, BasicFileAttributes.class).fileKey();
  }

  @Override
  public void close() {
    try {
      channel.close();
    } catch (IOException e) {
      // As on a disk that has failed: what was to be written is counted by who writes.
      LOG.warn("the journal in {} was not closed: {}", folder, e.toString());
    } finally {
      // The lock ends with its channel.
      letGo(lockChannel, real);
    }
  }
}
