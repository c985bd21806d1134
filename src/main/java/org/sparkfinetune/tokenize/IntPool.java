package org.sparkfinetune.tokenize;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.IntBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;

/**
 * Arrays of ints, one after the other, in chunks: the first ones in memory, those beyond a limit in
 * a file that is mapped, so that the system keeps in memory what is used and there is room for.
 */
final class IntPool implements AutoCloseable {
  private static final int CHUNK = 1 << 20;

  private final long memoryBytes;
  private final Path folder;
  private final List<IntBuffer> chunks = new ArrayList<>();
  private FileChannel file;
  private long spilled;
  private int used = CHUNK;

  /**
   * An empty pool.
   *
   * @param memoryBytes the size of the chunks in memory, at most; one is there in any case
   * @param folder for the file; null when memory has no limit
   */
  IntPool(long memoryBytes, Path folder) {
    this.memoryBytes = memoryBytes;
    this.folder = folder;
  }

  /** Appends an array and gives its place. */
  long add(int[] values) {
    if (values.length > CHUNK) {
      throw new IllegalArgumentException(
          "a row of " + values.length + " numbers: expected at most " + CHUNK);
    }
    if (used + values.length > CHUNK) {
      chunks.add(newChunk());
      used = 0;
    }
    long place = (long) (chunks.size() - 1) * CHUNK + used;
    chunks.get(chunks.size() - 1).put(used, values);
    used += values.length;
    return place;
  }

  /** The array of a size at a place. */
  int[] read(long place, int size) {
    int[] values = new int[size];
    chunks.get((int) (place / CHUNK)).get((int) (place % CHUNK), values);
    return values;
  }

  long spilledBytes() {
    return spilled;
  }

  private IntBuffer newChunk() {
    long bytes = (long) CHUNK * Integer.BYTES;
    if (chunks.isEmpty() || (chunks.size() + 1) * bytes <= memoryBytes) {
      return IntBuffer.allocate(CHUNK);
    }
    try {
      if (file == null) {
        file = open();
      }
      IntBuffer mapped = file.map(FileChannel.MapMode.READ_WRITE, spilled, bytes).asIntBuffer();
      spilled += bytes;
      return mapped;
    } catch (IOException e) {
      throw new UncheckedIOException("cannot put rows into a file in " + folder, e);
    }
  }

  /** The file loses its name at once: whatever becomes of the process, it leaves none behind. */
  private FileChannel open() throws IOException {
    Files.createDirectories(folder);
    Path path = Files.createTempFile(folder, "rows", ".bin");
    FileChannel channel = FileChannel.open(path, StandardOpenOption.READ, StandardOpenOption.WRITE);
    Files.delete(path);
    return channel;
  }

  @Override
  public void close() {
    chunks.clear();
    if (file != null) {
      try {
        file.close();
      } catch (IOException e) {
        throw new UncheckedIOException("cannot close a file in " + folder, e);
      }
    }
  }
}
