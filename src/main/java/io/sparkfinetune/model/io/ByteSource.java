package io.sparkfinetune.model.io;

import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.net.URL;
import java.net.URLConnection;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FSDataInputStream;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;

/** Bytes that can be read from any position, and best from front to back. */
interface ByteSource extends Closeable {
  /** The file, for messages. */
  String name();

  /** The number of bytes; -1 when unknown, as of some class-path resources. */
  long length();

  /**
   * The bytes from {@code position} on. There is one stream at a time: the next call ends the life
   * of the stream before. The caller does not close it.
   */
  InputStream from(long position) throws IOException;

  /** A file on a Hadoop file system. */
  static ByteSource file(Path path, Configuration hadoop) throws IOException {
    FileSystem fileSystem = path.getFileSystem(hadoop);
    long length = fileSystem.getFileStatus(path).getLen();
    FSDataInputStream in = fileSystem.open(path);
    return new ByteSource() {
      @Override
      public String name() {
        return path.toString();
      }

      @Override
      public long length() {
        return length;
      }

      @Override
      public InputStream from(long position) throws IOException {
        in.seek(position);
        return in;
      }

      @Override
      public void close() throws IOException {
        in.close();
      }
    };
  }

  /** Bytes in memory. */
  static ByteSource memory(ChunkedBytes bytes, String name) {
    return new ByteSource() {
      @Override
      public String name() {
        return name;
      }

      @Override
      public long length() {
        return bytes.size();
      }

      @Override
      public InputStream from(long position) {
        return bytes.openStream(position);
      }

      @Override
      public void close() {}
    };
  }

  /**
   * A class-path resource. In a jar it is compressed: going forwards inflates what is skipped,
   * going back starts anew.
   */
  static ByteSource resource(URL resource, String name) throws IOException {
    URLConnection connection = resource.openConnection();
    long length = connection.getContentLengthLong();
    return new ByteSource() {
      private InputStream in = connection.getInputStream();
      private long position;

      @Override
      public String name() {
        return name;
      }

      @Override
      public long length() {
        return length;
      }

      @Override
      public InputStream from(long target) throws IOException {
        if (target < position) {
          in.close();
          in = resource.openStream();
          position = 0;
        }
        in.skipNBytes(target - position);
        position = target;
        return new InputStream() {
          @Override
          public int read() throws IOException {
            int b = in.read();
            position += b < 0 ? 0 : 1;
            return b;
          }

          @Override
          public int read(byte[] bytes, int offset, int count) throws IOException {
            int n = in.read(bytes, offset, count);
            position += Math.max(n, 0);
            return n;
          }

          @Override
          public long skip(long count) throws IOException {
            long n = in.skip(count);
            position += n;
            return n;
          }
        };
      }

      @Override
      public void close() throws IOException {
        in.close();
      }
    };
  }
}
