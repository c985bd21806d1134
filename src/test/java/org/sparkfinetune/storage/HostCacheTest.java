package org.sparkfinetune.storage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FSDataInputStream;
import org.apache.hadoop.fs.FSInputStream;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.RawLocalFileSystem;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.sparkfinetune.ChildJvm;
import org.sparkfinetune.UserException;
import org.sparkfinetune.model.io.Fixtures;
import org.sparkfinetune.model.io.OnnxReader;
import org.sparkfinetune.model.io.SafetensorsReader;
import org.sparkfinetune.model.io.TensorSource;

@Tag("slow")
class HostCacheTest {
  private static final int BYTES = 5_000_000;

  @TempDir private Path temporary;
  private Path remote;
  private Path folder;

  /**
   * A file system of another scheme over local files; each opening leaves a file beside the file.
   */
  public static final class Remote extends RawLocalFileSystem {
    private static final AtomicLong READ = new AtomicLong();

    @Override
    public URI getUri() {
      return URI.create("remote:///");
    }

    @Override
    public FSDataInputStream open(org.apache.hadoop.fs.Path path, int buffer) throws IOException {
      Path file = Path.of(path.toUri().getPath());
      Files.createTempFile(file.getParent(), "fetched-", "");
      return new FSDataInputStream(new Counted(super.open(path, buffer)));
    }

    @Override
    public FileStatus getFileStatus(org.apache.hadoop.fs.Path path) throws IOException {
      return super.getFileStatus(new org.apache.hadoop.fs.Path(path.toUri().getPath()));
    }
  }

  /** Counts what is read of a remote file. */
  private static final class Counted extends FSInputStream {
    private final FSDataInputStream in;

    Counted(FSDataInputStream in) {
      this.in = in;
    }

    @Override
    public int read() throws IOException {
      int b = in.read();
      Remote.READ.addAndGet(b < 0 ? 0 : 1);
      return b;
    }

    @Override
    public int read(byte[] bytes, int offset, int count) throws IOException {
      int n = in.read(bytes, offset, count);
      Remote.READ.addAndGet(Math.max(0, n));
      return n;
    }

    @Override
    public void seek(long position) throws IOException {
      in.seek(position);
    }

    @Override
    public long getPos() throws IOException {
      return in.getPos();
    }

    @Override
    public boolean seekToNewSource(long position) {
      return false;
    }

    @Override
    public void close() throws IOException {
      in.close();
    }
  }

  /** Arguments: the cache's folder, the remote file. Prints the path of the copy. */
  static final class Main {
    private Main() {}

    public static void main(String[] args) throws IOException {
      System.out.println("copy " + fetch(Path.of(args[0]), args[1]));
    }
  }

  @BeforeEach
  void writeFile() throws IOException {
    folder = temporary.resolve("cache");
    remote = Files.createDirectory(temporary.resolve("remote")).resolve("weights.bin");
    byte[] bytes = new byte[BYTES];
    for (int i = 0; i < BYTES; i++) {
      bytes[i] = (byte) (i * 31 >> 3);
    }
    Files.write(remote, bytes);
  }

  @Test
  void fetchesAFileOnce() throws IOException {
    Path copy = fetch(folder, remote.toString());
    assertThat(copy).hasSameBinaryContentAs(remote).hasParent(folder);
    assertThat(fetch(folder, remote.toString())).isEqualTo(copy);
    assertThat(fetches()).isEqualTo(1);
  }

  @Test
  void threadsAndProcessesFetchAFileOnceBetweenThem() throws Exception {
    ExecutorService threads = Executors.newFixedThreadPool(4);
    try {
      List<Future<?>> results = new ArrayList<>();
      for (int i = 0; i < 2; i++) {
        Path log = Files.createDirectory(temporary.resolve("child-" + i));
        results.add(
            threads.submit(
                () ->
                    ChildJvm.run(
                        Main.class,
                        List.of(),
                        List.of(folder.toString(), remote.toString()),
                        Map.of(),
                        log)));
        results.add(threads.submit(() -> fetch(folder, remote.toString())));
      }
      for (Future<?> result : results) {
        result.get();
      }
    } finally {
      threads.shutdownNow();
    }
    assertThat(fetches()).isEqualTo(1);
    assertThat(copies()).hasSize(1).allSatisfy(c -> assertThat(c).hasSameBinaryContentAs(remote));
  }

  @Test
  void fetchesAFileAgainThatWasWrittenAgain() throws IOException {
    Path old = fetch(folder, remote.toString());
    Files.write(remote, new byte[BYTES]);
    Files.setLastModifiedTime(remote, FileTime.fromMillis(1_700_000_000_000L));
    Path copy = fetch(folder, remote.toString());
    assertThat(copy).hasSameBinaryContentAs(remote);
    assertThat(old).doesNotExist();
    assertThat(copies()).containsExactly(copy);
  }

  @Test
  void aCrashLeavesNothingThatIsTakenForACopy() throws IOException {
    Path copy = fetch(folder, remote.toString());
    Path partial = copy.resolveSibling(copy.getFileName() + ".partial");
    Files.move(copy, partial);
    Files.write(partial, new byte[10]);
    assertThat(fetch(folder, remote.toString())).isEqualTo(copy).hasSameBinaryContentAs(remote);
    assertThat(copies()).containsExactly(copy);
  }

  @Test
  void isThisUsersAlone() throws IOException {
    fetch(folder, remote.toString());
    assertThat(Files.getPosixFilePermissions(folder)).hasSize(3);
    Path link = Files.createSymbolicLink(temporary.resolve("link"), folder);
    assertThatThrownBy(() -> fetch(link, remote.toString()))
        .isInstanceOf(UserException.class)
        .hasMessageStartingWith(
            link + ": this host's cache of weights is not a folder of the user ");
  }

  @Test
  void aFolderIsFilledOnceAndWhole() throws Exception {
    HostCache cache = new HostCache(folder);
    AtomicLong fills = new AtomicLong();
    HostCache.Filling failing =
        into -> {
          Files.writeString(into.resolve("half"), "x");
          throw new IOException("the driver is gone");
        };
    assertThatThrownBy(() -> cache.filled("intents", 1, failing)).hasMessage("the driver is gone");
    HostCache.Filling filling =
        into -> {
          fills.incrementAndGet();
          Files.writeString(into.resolve("config.json"), "{}");
        };
    ExecutorService threads = Executors.newFixedThreadPool(4);
    try {
      List<Future<Path>> results = new ArrayList<>();
      for (int i = 0; i < 4; i++) {
        results.add(threads.submit(() -> cache.filled("intents", 2, filling)));
      }
      for (Future<Path> result : results) {
        assertThat(result.get()).isEqualTo(results.get(0).get());
        assertThat(result.get().resolve("config.json")).hasContent("{}");
        assertThat(result.get().resolve("half")).doesNotExist();
      }
    } finally {
      threads.shutdown();
    }
    assertThat(fills).hasValue(1);
    assertThatThrownBy(() -> cache.filled("large", Long.MAX_VALUE, filling))
        .isInstanceOf(UserException.class)
        .hasMessageStartingWith("large: no room for its " + Long.MAX_VALUE + " bytes in " + folder);
  }

  @Test
  void headersAreReadInPlaceAndDataFromTheCopy() throws IOException {
    Path model = remote.resolveSibling("model.safetensors");
    Files.copy(Fixtures.path("tiny-bert-classifier/model.safetensors"), model);
    long header;
    try (InputStream in = Files.newInputStream(model)) {
      byte[] length = in.readNBytes(Long.BYTES);
      header = Long.BYTES + ByteBuffer.wrap(length).order(ByteOrder.LITTLE_ENDIAN).getLong();
    }
    System.setProperty(HostCache.FOLDER_PROPERTY, folder.toString());
    try {
      Remote.READ.set(0);
      openRemote(model).close();
      assertThat(Remote.READ).hasValue(header);
      assertThat(folder).doesNotExist();

      for (int task = 0; task < 3; task++) {
        try (TensorSource source = openRemote(model)) {
          assertThat(source.name()).isEqualTo("remote:" + model);
          source.read("classifier.weight").close();
          source.read("classifier.bias").close();
        }
      }
      assertThat(Remote.READ).hasValue(4 * header + Files.size(model));
      assertThat(copies()).hasSize(1);
    } finally {
      System.clearProperty(HostCache.FOLDER_PROPERTY);
    }
  }

  @Test
  void theDataOfAnOnnxFileIsSteppedOver() throws IOException {
    Path model = remote.resolveSibling("model.onnx");
    byte[] graph = Files.readAllBytes(Fixtures.path("tiny-bert-classifier.onnx"));
    // A field that no ONNX file has (number 100, bytes), as long as a small model's weights.
    ByteBuffer file = ByteBuffer.allocate(graph.length + 6 + (4 << 20)).put(graph);
    file.put(new byte[] {(byte) 0xA2, 6, (byte) 0x80, (byte) 0x80, (byte) 0x80, 2});
    Files.write(model, file.array());

    Remote.READ.set(0);
    OnnxReader.open(new org.apache.hadoop.fs.Path("remote://" + model), hadoop()).close();

    assertThat(Remote.READ.get()).isLessThan(graph.length + 50_000);
  }

  @Test
  void aFileThatChangesBetweenHeaderAndDataIsRefused() throws IOException {
    Path model = remote.resolveSibling("model.safetensors");
    Files.copy(Fixtures.path("tiny-bert-classifier/model.safetensors"), model);
    try (TensorSource source = openRemote(model)) {
      Files.setLastModifiedTime(model, FileTime.fromMillis(1_700_000_000_000L));
      assertThatThrownBy(() -> source.read("classifier.weight"))
          .isInstanceOf(UserException.class)
          .hasMessage("remote:" + model + ": the file changed while it was read. Run again.");
    }
  }

  private static TensorSource openRemote(Path file) {
    return SafetensorsReader.open(new org.apache.hadoop.fs.Path("remote://" + file), hadoop());
  }

  private static Path fetch(Path folder, String file) throws IOException {
    return new HostCache(folder).fetch(new org.apache.hadoop.fs.Path("remote://" + file), hadoop());
  }

  private static Configuration hadoop() {
    Configuration hadoop = new Configuration(false);
    hadoop.setClass("fs.remote.impl", Remote.class, org.apache.hadoop.fs.FileSystem.class);
    hadoop.setBoolean("fs.remote.impl.disable.cache", true);
    return hadoop;
  }

  private long fetches() throws IOException {
    try (Stream<Path> files = Files.list(remote.getParent())) {
      return files.filter(file -> file.getFileName().toString().startsWith("fetched-")).count();
    }
  }

  private List<Path> copies() throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files.filter(file -> !file.toString().endsWith(".lock")).toList();
    }
  }
}
