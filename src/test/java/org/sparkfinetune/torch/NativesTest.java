package org.sparkfinetune.torch;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.bytedeco.javacpp.Loader;
import org.bytedeco.openblas.global.openblas_nolapack;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.sparkfinetune.ChildJvm;

/** The natives of one host, which several processes unpack and load. */
@Tag("slow")
class NativesTest {
  @TempDir private Path folder;

  @Test
  void nothingIsLoadedWhileAnotherProcessUnpacks() throws Exception {
    Path cache = Files.createDirectory(folder.resolve("cache"));
    FileChannel channel =
        FileChannel.open(
            cache.resolve(Natives.LOCK), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
    FileLock lock = channel.lock();
    try (ChildJvm child = start("waiting", cache)) {
      child.awaitOutput("loading", Duration.ofMinutes(1));
      Thread.sleep(1000);
      assertThat(libraries(cache)).isEmpty();
      lock.release();
      assertThat(child.awaitSuccess(Duration.ofMinutes(1))).contains("loaded");
    } finally {
      channel.close();
    }
    assertThat(libraries(cache)).isNotEmpty();
  }

  @Test
  void whatIsUnpackedIsLoadedByAllAtOnce() throws Exception {
    Path cache = Files.createDirectory(folder.resolve("cache"));
    try (ChildJvm first = start("first", cache)) {
      first.awaitSuccess(Duration.ofMinutes(1));
    }
    try (FileChannel channel =
            FileChannel.open(cache.resolve(Natives.LOCK), StandardOpenOption.WRITE);
        FileLock lock = channel.lock();
        ChildJvm second = start("second", cache)) {
      assertThat(lock.isValid()).isTrue();
      assertThat(second.awaitSuccess(Duration.ofMinutes(1))).contains("loaded");
    }
  }

  private ChildJvm start(String name, Path cache) throws IOException {
    List<String> options = List.of("-Dorg.bytedeco.javacpp.cachedir=" + cache);
    return ChildJvm.start(name, Loading.class, options, List.of(), Map.of(), folder);
  }

  private static List<Path> libraries(Path cache) throws IOException {
    try (Stream<Path> files = Files.walk(cache)) {
      return files.filter(file -> file.toString().contains(".so")).toList();
    }
  }

  /** Loads natives that are small. */
  static final class Loading {
    private Loading() {}

    public static void main(String[] arguments) {
      System.out.println("loading");
      Natives.load(openblas_nolapack.class);
      System.out.println("loaded " + Loader.getPlatform());
    }
  }
}
