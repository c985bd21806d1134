package org.sparkfinetune.hub;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The folder of one repository in the cache that Python's {@code huggingface_hub} shares: {@code
 * blobs} by hash, {@code snapshots} of links to them by commit, {@code refs} from revisions to
 * commits, and in {@code .no_exist} the files that a commit is known not to have.
 */
final class HubCache {
  private static final String DEFAULT_REVISION = "main";

  /** A file lock is the JVM's: its threads wait for each other here. */
  private static final ConcurrentMap<Path, Object> IN_THIS_JVM = new ConcurrentHashMap<>();

  private final Path folder;
  private final Path locks;

  HubCache(Path cache, HubId id) {
    folder = cache.resolve(id.folder()).toAbsolutePath();
    locks = cache.resolve(".locks").resolve(id.folder()).toAbsolutePath();
  }

  Path snapshot(String commit) {
    return folder.resolve("snapshots").resolve(commit);
  }

  Path blob(String etag) {
    return folder.resolve("blobs").resolve(etag);
  }

  /** The revision that a name without one means. */
  static String revision(HubId id) {
    return id.revision().isEmpty() ? DEFAULT_REVISION : id.revision();
  }

  /** The commit that a revision was when it was last asked for, here or by Python. */
  Optional<String> commit(HubId id) throws IOException {
    if (id.isPinned()) {
      return Optional.of(id.revision());
    }
    try {
      String commit = Files.readString(folder.resolve("refs").resolve(revision(id))).strip();
      // Python does not write it at once.
      return Optional.of(commit).filter(HubId::isCommit);
    } catch (NoSuchFileException e) {
      return Optional.empty();
    }
  }

  /** Notes which commit a revision is. */
  void remember(HubId id, String commit) throws IOException {
    if (id.isPinned() || commit(id).equals(Optional.of(commit))) {
      return;
    }
    Path ref = folder.resolve("refs").resolve(revision(id));
    Files.createDirectories(ref.getParent());
    Path fresh = fresh();
    Files.writeString(fresh, commit);
    Files.move(fresh, ref, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
  }

  /** The files of a commit that are here, by their paths in the repository. */
  Set<String> names(String commit) throws IOException {
    Path snapshot = snapshot(commit);
    if (!Files.isDirectory(snapshot)) {
      return Set.of();
    }
    try (Stream<Path> found = Files.walk(snapshot)) {
      return found
          .filter(Files::isRegularFile)
          .map(file -> snapshot.relativize(file).toString().replace('\\', '/'))
          .collect(Collectors.toCollection(TreeSet::new));
    }
  }

  /** Whether a commit is known to have no such file. */
  boolean isKnownMissing(String commit, String name) {
    return Files.exists(folder.resolve(".no_exist").resolve(commit).resolve(name));
  }

  /** Notes that a commit has no such file, as Python does. */
  void rememberMissing(String commit, String name) throws IOException {
    Path marker = folder.resolve(".no_exist").resolve(commit).resolve(name);
    if (!Files.exists(marker)) {
      Files.createDirectories(marker.getParent());
      Files.write(marker, new byte[0]);
    }
  }

  /** Has a name of a snapshot point to a blob; another process may do the same. */
  void link(Path pointer, Path blob) throws IOException {
    Files.createDirectories(pointer.getParent());
    Path fresh = fresh();
    try {
      Files.createSymbolicLink(fresh, pointer.getParent().relativize(blob));
    } catch (UnsupportedOperationException e) {
      Files.copy(blob, fresh);
    }
    Files.move(fresh, pointer, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
  }

  /** Where something lies until it is whole. */
  private Path fresh() {
    return folder.resolve(".java-" + UUID.randomUUID());
  }

  /** What is done while no other thread or Java process of this machine does it. */
  interface Locked {
    void run() throws IOException;
  }

  /** Lets one thread of one Java process at a time do something with a blob. */
  void locked(String etag, Locked locked) throws IOException {
    Path file = locks.resolve(etag + ".lock");
    synchronized (IN_THIS_JVM.computeIfAbsent(file, key -> new Object())) {
      Files.createDirectories(locks);
      try (FileChannel channel =
              FileChannel.open(
                  file,
                  Set.of(
                      StandardOpenOption.WRITE,
                      StandardOpenOption.CREATE,
                      LinkOption.NOFOLLOW_LINKS));
          FileLock lock = channel.lock()) {
        if (!lock.isValid()) {
          throw new IOException("cannot lock " + file);
        }
        locked.run();
      }
    }
  }
}
