package org.sparkfinetune.model.io;

import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;
import org.sparkfinetune.UserException;
import org.sparkfinetune.storage.HadoopFiles;

/**
 * What Spark's {@code saveAsObjectFile} wrote: a folder of Hadoop sequence files, whose records are
 * arrays in Java's serialization. Hadoop's own reader loads the classes that such a file names in
 * its head; this reads the one kind that Spark writes, and loads none.
 */
final class ObjectFile {
  private static final int MAGIC = 0x53455106; // SEQ, version 6
  private static final int SYNC_BYTES = 16;
  private static final int SYNC_ESCAPE = -1;
  private static final String KEY = "org.apache.hadoop.io.NullWritable";
  private static final String VALUE = "org.apache.hadoop.io.BytesWritable";

  /** Spark NLP writes ten entries a record. */
  private static final int MAX_RECORD_BYTES = 8 << 20;

  private ObjectFile() {}

  /**
   * The elements of all arrays, in no order that means anything.
   *
   * @throws UserException when a file is compressed, damaged or of another kind
   */
  static List<Object> read(Path folder, Configuration hadoop) throws IOException {
    List<Object> elements = new ArrayList<>();
    for (String name : HadoopFiles.names(folder, hadoop)) {
      if (name.endsWith(".parquet")) {
        throw new UserException(
            folder
                + ": saved as a Parquet dataset, which is not read. Load the annotator in Spark NLP"
                + " and save it again in a session with"
                + " spark.jsl.settings.annotatorSerializationFormat=object, the default.");
      }
      if (name.startsWith("part-")) {
        read(new Path(folder, name), hadoop, elements);
      }
    }
    return elements;
  }

  private static void read(Path file, Configuration hadoop, List<Object> elements)
      throws IOException {
    try (DataInputStream in = HadoopFiles.open(file, hadoop)) {
      readHead(in, file);
      for (int length = next(in); length >= 0; length = next(in)) {
        if (length == Integer.MAX_VALUE) {
          in.skipNBytes(SYNC_BYTES);
          continue;
        }
        int keyBytes = in.readInt();
        int valueBytes = in.readInt(); // BytesWritable: its length, then the bytes
        if (keyBytes != 0
            || length < Integer.BYTES
            || length > MAX_RECORD_BYTES
            || valueBytes != length - Integer.BYTES) {
          throw refused(file, "a record of " + length + " bytes makes no sense", null);
        }
        byte[] value = in.readNBytes(valueBytes);
        if (!(SerializedJava.parse(value, file.toString()) instanceof List<?> array)) {
          throw refused(file, "a record holds no array", null);
        }
        elements.addAll(array);
      }
    } catch (EOFException e) {
      throw refused(file, "it ends too early", e);
    }
  }

  /** The length of the next record; -1 at the end, and the largest int for a mark between two. */
  private static int next(DataInputStream in) throws IOException {
    int first = in.read();
    if (first < 0) {
      return -1;
    }
    int length = first << 24 | in.readUnsignedByte() << 16 | in.readUnsignedShort();
    if (length == SYNC_ESCAPE) {
      return Integer.MAX_VALUE;
    }
    if (length < 0) {
      throw new EOFException();
    }
    return length;
  }

  private static void readHead(DataInputStream in, Path file) throws IOException {
    if (in.readInt() != MAGIC) {
      throw refused(file, "it does not start as one", null);
    }
    String key = name(in);
    String value = name(in);
    if (!key.equals(KEY) || !value.equals(VALUE)) {
      throw refused(file, "it holds " + key + " and " + value, null);
    }
    if (in.readBoolean() | in.readBoolean()) {
      throw refused(file, "it is compressed; save the annotator again without compression", null);
    }
    if (in.readInt() != 0) {
      throw refused(file, "it has metadata, which Spark never writes", null);
    }
    in.skipNBytes(SYNC_BYTES);
  }

  /** The name of a class: its length, one byte up to 127, and the text. */
  private static String name(DataInputStream in) throws IOException {
    byte[] bytes = new byte[Math.max(0, in.readByte())];
    in.readFully(bytes);
    return new String(bytes, StandardCharsets.UTF_8);
  }

  private static UserException refused(Path file, String what, Throwable cause) {
    return new UserException(
        file + ": not a sequence file as Spark's saveAsObjectFile writes it: " + what + ".", cause);
  }
}
