package io.sparkfinetune.model.io;

import java.io.InputStream;
import java.io.OutputStream;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.List;

/** Bytes in chunks, for what may be larger than a Java array: a model's weights. */
public final class ChunkedBytes implements Serializable {
  private static final long serialVersionUID = 1L;

  /** The size of every chunk but the last, in bytes: what Spark's broadcast cuts values into. */
  public static final int CHUNK_BYTES = 4 << 20;

  private final ArrayList<byte[]> chunks;

  /** Wraps chunks, in order; they are not copied. */
  public ChunkedBytes(List<byte[]> chunks) {
    this.chunks = new ArrayList<>(chunks);
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
      chunks.add(java.util.Arrays.copyOf(current, used));
      return new ChunkedBytes(chunks);
    }
  }

  /** The chunks, in order. */
  public List<byte[]> chunks() {
    return List.copyOf(chunks);
  }

  /** The number of bytes. */
  public long size() {
    return chunks.stream().mapToLong(chunk -> chunk.length).sum();
  }

  /** Reads the bytes from the first on. */
  public InputStream openStream() {
    return new java.io.SequenceInputStream(
        java.util.Collections.enumeration(
            chunks.stream().map(java.io.ByteArrayInputStream::new).toList()));
  }
}
