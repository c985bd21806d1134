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
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.sparkfinetune.jobs.Main;
import org.sparkfinetune.jobs.TrackedJobs;

/**
 * The classes that jobs load from jars, as the JVM keeps them (class-data sharing): it takes half
 * the time to start Spark with them. The first process of the tests that starts another makes it,
 * in {@code target}; those that start while it does go without.
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
    // A class path of another build has an archive of its own.
    UUID path = UUID.nameUUIDFromBytes(jars().getBytes(StandardCharsets.UTF_8));
    Path archive = FOLDER.resolve(path + ".jsa");
    if (!Files.exists(archive)) {
      make(archive);
    }
    return Files.exists(archive) ? List.of("-XX:SharedArchiveFile=" + archive) : List.of();
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
      Path work = Files.createTempDirectory(FOLDER, "job");
      Path classes = work.resolve("classes.txt");
      List<String> typical = new ArrayList<>();
      typical.add("-XX:DumpLoadedClassList=" + classes);
      typical.add("@" + Path.of("conf/java-options").toAbsolutePath());
      typical.add("-Dspark-finetune.scripts=jobs");
      typical.add(Main.class.getName());
      typical.addAll(TrackedJobs.fineTune(TrackedJobs.rows(work, 30), work.resolve("output")));
      if (!run(work, classPath(), typical)) {
        return;
      }
      Path made = work.resolve("made.jsa");
      run(
          work,
          jars(),
          List.of(
              "-Xshare:dump",
              "-XX:SharedClassListFile=" + classes,
              "-XX:SharedArchiveFile=" + made));
      if (Files.exists(made)) {
        Files.move(made, archive, StandardCopyOption.ATOMIC_MOVE);
      }
    } catch (OverlappingFileLockException another) {
      // A thread of this process is at it.
    }
  }

  /** Whether it has ended well: without an archive tests take longer, and that is all. */
  private static boolean run(Path folder, String classPath, List<String> arguments)
      throws IOException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(arguments);
    ProcessBuilder builder = new ProcessBuilder(command);
    builder.environment().put("CLASSPATH", classPath);
    builder.directory(folder.toFile()).redirectErrorStream(true);
    Process process = builder.redirectOutput(folder.resolve("output.txt").toFile()).start();
    try {
      return process.waitFor(LIMIT_MINUTES, TimeUnit.MINUTES) && process.exitValue() == 0;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    } finally {
      process.destroyForcibly();
    }
  }
}
