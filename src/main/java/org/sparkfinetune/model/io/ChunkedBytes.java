package org.sparkfinetune.model.io;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.SequenceInputStream;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;

/** Bytes in chunks, for what may be larger than a Java array: a model's weights. */
public final class ChunkedBytes implements Serializable {
  private static final long serialVersionUID = 1L;

  /** The size of the chunks that {@link Output} makes: what Spark's broadcast cuts values into. */
  public static final int CHUNK_BYTES = 4 << 20;

  private final ArrayList<byte[]> chunks;

  /** Wraps chunks of any size, in order; they are not copied. */
  public ChunkedBytes(List<byte[]> chunks) {
    this.chunks = new ArrayList<>(chunks);
  }

  /** Collects a stream to its end; does not close it. */
  static ChunkedBytes readFrom(InputStream in) throws IOException {
    List<byte[]> chunks = new ArrayList<>();
    for (byte[] chunk = in.readNBytes(CHUNK_BYTES);
        chunk.length > 0;
        chunk = in.readNBytes(CHUNK_BYTES)) {
      chunks.add(chunk);
    }
    return new ChunkedBytes(chunks);
  }

  /** Collects what is written. */
  public static final class Output extends OutputStream {
    private final List<byte[]> full = new ArrayList<>();
    private byte[] current = new byte[CHUNK_BYTES];
    private int used;

    @Override
    public void write(int b) {
      write(new byte[] {(byte) b}, 0, 1);
    }

    @Override
    public void write(byte[] bytes, int offset, int count) {
      while (count > 0) {
        if (used == current.length) {
          full.add(current);
          current = new byte[CHUNK_BYTES];
          used = 0;
        }
        int n = Math.min(count, current.length - used);
        System.arraycopy(bytes, offset, current, used, n);
        used += n;
        offset += n;
        count -= n;
      }
    }

    /** What was written so far. */
    public ChunkedBytes toChunkedBytes() {
      List<byte[]> chunks = new ArrayList<>(full);
      if (used > 0) {
        chunks.add(Arrays.copyOf(current, used));
      }
      return new ChunkedBytes(chunks);
    }
  }

  /** The chunks, in order; not copies. */
  public List<byte[]> chunks() {
    return Collections.unmodifiableList(chunks);
  }

  /** The number of bytes. */
  public long size() {
    return chunks.stream().mapToLong(chunk -> chunk.length).sum();
  }

  /** Reads the bytes from the first on. */
  public InputStream openStream() {
    return openStream(0);
  }

  /** Reads the bytes from {@code position} (>= 0) on; from the end on there are none. */
  public InputStream openStream(long position) {
    List<InputStream> streams = new ArrayList<>();
    long start = 0;
    for (byte[] chunk : chunks) {
      long skip = Math.max(0, position - start);
      if (skip < chunk.length) {
        streams.add(new ByteArrayInputStream(chunk, (int) skip, chunk.length - (int) skip));
      }
      start += chunk.length;
    }
    return new SequenceInputStream(Collections.enumeration(streams));
  }

  /** Writes all bytes. */
  public void writeTo(OutputStream out) throws IOException {
    for (byte[] chunk : chunks) {
      out.write(chunk);
    }
  }
}
