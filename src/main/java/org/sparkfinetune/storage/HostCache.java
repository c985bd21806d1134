package org.sparkfinetune.storage;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.stream.Stream;
import org.apache.commons.io.FileUtils;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FSDataInputStream;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.sparkfinetune.UserException;

/**
 * Copies of remote weights on this host's disk, so that the tasks of all its executors fetch a
 * pretrained model once between them.
 *
 * <p>A copy is found by the file's path, length and modification time: a file that was written
 * again is fetched again, and the copy of its predecessor deleted. A file is fetched under another
 * name and then renamed, so a crash leaves no half copy; a lock file lets one JVM fetch while the
 * others wait. The folder is {@value #FOLDER_VARIABLE} of the environment, by default {@code
 * spark-finetune-cache-USER} in {@code java.io.tmpdir} (which YARN sets to a container's own
 * folder: set the variable to share it between containers). It is this user's alone. Copies of
 * other files are never deleted here; the folder may be, whenever nothing runs.
 */
public final class HostCache {
  /** The system property that names the folder, for a driver; it wins over the variable. */
  static final String FOLDER_PROPERTY = "spark-finetune.cache.dir";

  /**
   * The environment's variable that names the folder, for any process: Spark refuses Java options
   * of executors that begin as its own settings do.
   */
  private static final String FOLDER_VARIABLE = "SPARK_FINETUNE_CACHE_DIR";

  /** The cure for a folder that will not do. */
  private static final String NAME_ANOTHER =
      "name another folder by the environment's "
          + FOLDER_VARIABLE
          + " (of executors: spark.executorEnv."
          + FOLDER_VARIABLE
          + ")";

  private static final Logger LOG = LoggerFactory.getLogger(HostCache.class);
  private static final String PARTIAL = ".partial";
  private static final String LOCK = ".lock";

  /** A file lock is the JVM's: its threads wait for each other here. */
  private static final ConcurrentMap<String, Object> IN_THIS_JVM = new ConcurrentHashMap<>();

  private final java.nio.file.Path folder;

  HostCache(java.nio.file.Path folder) {
    this.folder = folder;
  }

  /** Whether files of a file system are copied to this host: all but its own are. */
  public static boolean copies(FileSystem fileSystem) {
    return !fileSystem.getUri().getScheme().equals("file");
  }

  /** Opens a file: a remote one by way of this host's cache, a local one as it is. */
  public static FSDataInputStream open(Path path, Configuration hadoop) throws IOException {
    FileSystem fileSystem = path.getFileSystem(hadoop);
    if (!copies(fileSystem)) {
      return LocalChecksums.open(path, fileSystem);
    }
    HostCache cache = new HostCache(defaultFolder());
    try {
      return cache.openCopy(path, hadoop);
    } catch (FileNotFoundException e) {
      // Another JVM has seen the file written again, and deleted the copy before it was open.
      return cache.openCopy(path, hadoop);
    }
  }

  /**
   * A folder in the cache for copies of another kind, made if it is not there.
   *
   * @throws UserException when the cache is another user's
   */
  public static java.nio.file.Path subfolder(String name) throws IOException {
    HostCache cache = new HostCache(defaultFolder());
    cache.requireOwnFolder();
    return Files.createDirectories(cache.folder.resolve(name)).toAbsolutePath();
  }

  /** Writes the files of a folder. */
  public interface Filling {
    /** Writes them into an empty folder. */
    void fill(java.nio.file.Path folder) throws IOException;
  }

  /**
   * A folder in the cache that is the same for all processes of this host: filled by the first that
   * asks for it, while the others wait. It is whole or not there.
   *
   * @param name that no folder of another content has
   * @param bytes what it will hold
   * @throws UserException when the cache is another user's, or the disk has no room
   */
  public static java.nio.file.Path folder(String name, long bytes, Filling filling)
      throws IOException {
    return new HostCache(defaultFolder()).filled(name, bytes, filling).toAbsolutePath();
  }

  java.nio.file.Path filled(String name, long bytes, Filling filling) throws IOException {
    requireOwnFolder();
    String key = sha256(name);
    java.nio.file.Path whole = folder.resolve(key);
    return locked(
        key,
        () -> {
          if (!Files.isDirectory(whole, LinkOption.NOFOLLOW_LINKS)) {
            requireRoom(name, bytes);
            java.nio.file.Path partial = folder.resolve(key + PARTIAL);
            FileUtils.deleteDirectory(partial.toFile());
            filling.fill(Files.createDirectory(partial));
            Files.move(partial, whole, StandardCopyOption.ATOMIC_MOVE);
            LOG.info("fetched {} ({} bytes) to {}", name, bytes, whole);
          }
          return whole;
        });
  }

  private interface Locked {
    java.nio.file.Path run() throws IOException;
  }

  /** Lets one thread of one process of this host do something with a key. */
  private java.nio.file.Path locked(String key, Locked locked) throws IOException {
    synchronized (IN_THIS_JVM.computeIfAbsent(folder + "/" + key, k -> new Object())) {
      try (FileChannel channel =
              PrivateFiles.open(folder.resolve(key + LOCK), PrivateFiles.Readers.OWNER);
          FileLock lock = channel.lock()) {
        if (!lock.isValid()) {
          throw new IOException("cannot lock " + folder.resolve(key + LOCK));
        }
        return locked.run();
      }
    }
  }

  private FSDataInputStream openCopy(Path path, Configuration hadoop) throws IOException {
    return FileSystem.getLocal(hadoop).getRaw().open(new Path(fetch(path, hadoop).toUri()));
  }

  private static java.nio.file.Path defaultFolder() {
    String configured = System.getProperty(FOLDER_PROPERTY, System.getenv().get(FOLDER_VARIABLE));
    return configured != null
        ? java.nio.file.Path.of(configured)
        : java.nio.file.Path.of(
            System.getProperty("java.io.tmpdir"),
            "spark-finetune-cache-" + System.getProperty("user.name"));
  }

  /**
   * The copy of a file, fetched if it is not here yet.
   *
   * @throws UserException when the folder is another user's, or the disk has no room
   */
  java.nio.file.Path fetch(Path path, Configuration hadoop) throws IOException {
    FileSystem fileSystem = path.getFileSystem(hadoop);
    FileStatus status = fileSystem.getFileStatus(path);
    String key = sha256(fileSystem.makeQualified(path).toString());
    java.nio.file.Path copy =
        folder.resolve(
            key + "-" + status.getLen() + "-" + Long.toHexString(status.getModificationTime()));
    requireOwnFolder();
    return locked(
        key,
        () -> {
          if (!isWhole(copy, status.getLen())) {
            deleteOlder(key);
            download(fileSystem, status, copy);
          }
          return copy;
        });
  }

  private static boolean isWhole(java.nio.file.Path copy, long length) throws IOException {
    return Files.isRegularFile(copy, LinkOption.NOFOLLOW_LINKS) && Files.size(copy) == length;
  }

  private void download(FileSystem fileSystem, FileStatus status, java.nio.file.Path copy)
      throws IOException {
    long length = status.getLen();
    requireRoom(status.getPath().toString(), length);
    java.nio.file.Path partial = copy.resolveSibling(copy.getFileName() + PARTIAL);
    try (InputStream in = fileSystem.open(status.getPath())) {
      Files.copy(in, partial, StandardCopyOption.REPLACE_EXISTING);
    }
    if (Files.size(partial) != length) {
      Files.delete(partial);
      throw new UserException(
          status.getPath() + ": the file changed while it was fetched. Run again.");
    }
    Files.move(partial, copy, StandardCopyOption.ATOMIC_MOVE);
    LOG.info("fetched {} ({} bytes) to {}", status.getPath(), length, copy);
  }

  private void requireRoom(String name, long bytes) throws IOException {
    if (Files.getFileStore(folder).getUsableSpace() < bytes) {
      throw new UserException(
          name
              + ": no room for its "
              + bytes
              + " bytes in "
              + folder
              + ", where this host keeps a copy. Free some, or "
              + NAME_ANOTHER);
    }
  }

  /** Also deletes what a crash left half fetched. Who reads an older copy goes on reading it. */
  private void deleteOlder(String key) throws IOException {
    List<java.nio.file.Path> older;
    try (Stream<java.nio.file.Path> files = Files.list(folder)) {
      older = files.filter(file -> file.getFileName().toString().startsWith(key + "-")).toList();
    }
    for (java.nio.file.Path file : older) {
      Files.deleteIfExists(file);
    }
  }

  /** In a folder that all users write to, another's could hold weights of their making. */
  private void requireOwnFolder() throws IOException {
    boolean posix = folder.getFileSystem().supportedFileAttributeViews().contains("posix");
    Files.createDirectories(folder.toAbsolutePath().getParent());
    try {
      if (posix) {
        Files.createDirectory(
            folder,
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
      } else {
        Files.createDirectory(folder);
      }
    } catch (FileAlreadyExistsException e) {
      if (!Files.isDirectory(folder, LinkOption.NOFOLLOW_LINKS) || posix && !isOwn(folder)) {
        throw new UserException(
            folder
                + ": this host's cache of weights is not a folder of the user "
                + System.getProperty("user.name")
                + ": "
                + NAME_ANOTHER,
            e);
      }
      if (posix && isWritableByOthers()) {
        throw new UserException(
            folder
                + ": others than its owner may write to this host's cache of weights, and so put"
                + " weights of their making into it. Take that from them: chmod go-w "
                + folder,
            e);
      }
    }
  }

  private boolean isWritableByOthers() throws IOException {
    Set<PosixFilePermission> permissions = Files.getPosixFilePermissions(folder);
    return permissions.contains(PosixFilePermission.GROUP_WRITE)
        || permissions.contains(PosixFilePermission.OTHERS_WRITE);
  }

  /** A container's user may have no name, so the owner is compared with that of a new file. */
  private static boolean isOwn(java.nio.file.Path folder) throws IOException {
    java.nio.file.Path mine = Files.createTempFile("spark-finetune", ".owner");
    try {
      return Files.getOwner(folder, LinkOption.NOFOLLOW_LINKS).equals(Files.getOwner(mine));
    } finally {
      Files.delete(mine);
    }
  }

  private static String sha256(String text) {
    try {
      return HexFormat.of()
          .formatHex(
              MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8)));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-256", e);
    }
  }
}
