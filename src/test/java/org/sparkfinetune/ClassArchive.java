package org.sparkfinetune;

import java.io.File;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The classes that jobs load from jars, as the JVM keeps them (class-data sharing): it takes half
 * the time to start Spark with them. The first process of the tests that starts another makes it,
 * in {@code target}, as {@code jobs/run.sh} does; those that start while it does go without.
 */
final class ClassArchive {
  private static final Path FOLDER = Path.of("target/class-archive").toAbsolutePath();
  private static final int LIMIT_MINUTES = 10;

  private ClassArchive() {}

  /**
   * The tests' class path for other JVMs: its jars first, as an archive has none of the classes in
   * folders and wants the path to begin as it did when it was made.
   */
  static String classPath() {
    return Stream.concat(entries(true), entries(false))
        .collect(Collectors.joining(File.pathSeparator));
  }

  private static Stream<String> entries(boolean jars) {
    return Arrays.stream(System.getProperty("java.class.path").split(File.pathSeparator))
        .filter(entry -> entry.endsWith(".jar") == jars);
  }

  private static String jars() {
    return entries(true).collect(Collectors.joining(File.pathSeparator));
  }

  /** The JVM's options to use it; none where there is none. */
  static List<String> options() throws IOException {
    return file().map(archive -> List.of("-XX:SharedArchiveFile=" + archive)).orElse(List.of());
  }

  /** Of the tests' jars, in the order of their class path; empty where there is none. */
  static Optional<Path> file() throws IOException {
    // A class path of another build has an archive of its own.
    UUID path = UUID.nameUUIDFromBytes(jars().getBytes(StandardCharsets.UTF_8));
    Path archive = FOLDER.resolve(path + ".jsa");
    if (!Files.exists(archive)) {
      make(archive);
    }
    return Optional.of(archive).filter(Files::exists);
  }

  private static synchronized void make(Path archive) throws IOException {
    Files.createDirectories(FOLDER);
    Path lock = FOLDER.resolve("lock");
    try (FileChannel channel =
            FileChannel.open(lock, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        FileLock held = channel.tryLock()) {
      // An empty lock: nobody has tried. One try is enough, should it fail.
      if (held == null || channel.size() > 0) {
        return;
      }
      channel.write(ByteBuffer.wrap(archive.toString().getBytes(StandardCharsets.UTF_8)));
      makeAsJobsDo(archive);
    } catch (OverlappingFileLockException another) {
      // A thread of this process is at it.
    }
  }

  /** Without an archive tests take longer, and that is all. */
  private static void makeAsJobsDo(Path archive) throws IOException {
    Process process =
        new ProcessBuilder(
                "bash",
                "-c",
                "source jobs/run.sh; make_archive \"$@\"",
                "bash",
                jars(),
                archive + "")
            .redirectErrorStream(true)
            .redirectOutput(FOLDER.resolve("output.txt").toFile())
            .start();
    try {
      process.waitFor(LIMIT_MINUTES, TimeUnit.MINUTES);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      process.descendants().forEach(ProcessHandle::destroyForcibly);
      process.destroyForcibly();
    }
  }
}
