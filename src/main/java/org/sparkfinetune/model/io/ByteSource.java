package org.sparkfinetune.model.io;

import java.io.Closeable;
import java.io.FileNotFoundException;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.URL;
import java.util.Collection;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FSDataInputStream;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.sparkfinetune.UserException;
import org.sparkfinetune.storage.HadoopFiles;
import org.sparkfinetune.storage.HostCache;
import org.sparkfinetune.storage.LocalChecksums;

/** Bytes that can be read from any position, and best from front to back. */
public interface ByteSource extends Closeable {
  /** The file, for messages. */
  String name();

  /** The number of bytes; -1 when unknown, as of some class-path resources. */
  long length();

  /**
   * The bytes from {@code position} on. There is one stream at a time: the next call ends the life
   * of the stream before. The caller does not close it.
   */
  InputStream from(long position) throws IOException;

  /**
   * Says that from now on it is data that is read, and not headers: a remote file is copied to this
   * host first. Ends the life of the stream before.
   *
   * @throws UserException when the file is not the one any more that headers were read from
   */
  default void fetch() throws IOException {}

  /** Makes something of a source that keeps it; closes the source when that fails. */
  interface Use<T> {
    T apply(ByteSource source) throws IOException;
  }

  /** Gives the source to {@code use}, which keeps it, and closes it if that fails. */
  static <T> T open(ByteSource source, Use<T> use) throws IOException {
    try {
      return use.apply(source);
    } catch (IOException | RuntimeException e) {
      source.close();
      throw e;
    }
  }

  /** Closes all, whatever happens, and throws the first failure. */
  static void closeAll(Collection<? extends ByteSource> sources) throws IOException {
    IOException failure = null;
    for (ByteSource source : sources) {
      try {
        source.close();
      } catch (IOException e) {
        if (failure == null) {
          failure = e;
        } else {
          failure.addSuppressed(e);
        }
      }
    }
    if (failure != null) {
      throw failure;
    }
  }

  /** How a source that can only be read from its start is opened anew. */
  interface Opener {
    InputStream open() throws IOException;
  }

  /**
   * A file on a Hadoop file system, opened when first read. A remote one is read in place, which is
   * quick for headers, and from {@link #fetch} on by way of this host's {@link HostCache}.
   *
   * @throws UserException when there is no such file, or it is no plain one
   */
  static ByteSource file(Path path, Configuration hadoop) throws IOException {
    FileSystem fileSystem = path.getFileSystem(hadoop);
    FileStatus status;
    try {
      status = HadoopFiles.plainFile(path, fileSystem);
    } catch (FileNotFoundException e) {
      throw new UserException(path + ": there is no such file.", e);
    }
    return new ByteSource() {
      private FSDataInputStream in;
      private boolean fetched;

      @Override
      public String name() {
        return path.toString();
      }

      @Override
      public long length() {
        return status.getLen();
      }

      @Override
      public InputStream from(long position) throws IOException {
        if (in == null) {
          in = fetched ? HostCache.open(path, hadoop) : LocalChecksums.open(path, fileSystem);
        }
        in.seek(position);
        return skipping(in, status.getLen());
      }

      @Override
      public void fetch() throws IOException {
        if (fetched || !HostCache.copies(fileSystem)) {
          return;
        }
        FileStatus now = fileSystem.getFileStatus(path);
        if (now.getLen() != status.getLen()
            || now.getModificationTime() != status.getModificationTime()) {
          throw new UserException(path + ": the file changed while it was read. Run again.");
        }
        close();
        fetched = true;
      }

      @Override
      public void close() throws IOException {
        if (in != null) {
          in.close();
          in = null;
        }
      }
    };
  }

  /** A stream that skips by a seek: many file systems would read what is skipped. */
  private static InputStream skipping(FSDataInputStream file, long length) {
    return new FilterInputStream(file) {
      @Override
      public long skip(long count) throws IOException {
        long skipped = Math.max(0, Math.min(count, length - file.getPos()));
        file.seek(file.getPos() + skipped);
        return skipped;
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

  /** A class-path resource; in a jar it is compressed, see {@link #compressed}. */
  static ByteSource resource(URL resource, String name) throws IOException {
    return compressed(resource::openStream, resource.openConnection().getContentLengthLong(), name);
  }

  /**
   * What can only be read from its start: going forward inflates what is skipped, going back starts
   * anew.
   */
  static ByteSource compressed(Opener opener, long length, String name) {
    return new ByteSource() {
      private InputStream in;
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
        if (in == null || target < position) {
          close();
          in = opener.open();
          position = 0;
        }
        in.skipNBytes(target - position);
        position = target;
        return new FilterInputStream(in) {
          @Override
          public int read() throws IOException {
            int b = super.read();
            position += b < 0 ? 0 : 1;
            return b;
          }

          @Override
          public int read(byte[] bytes, int offset, int count) throws IOException {
            int n = super.read(bytes, offset, count);
            position += Math.max(n, 0);
            return n;
          }

          @Override
          public long skip(long count) throws IOException {
            long n = super.skip(count);
            position += n;
            return n;
          }
        };
      }

      @Override
      public void close() throws IOException {
        if (in != null) {
          in.close();
          in = null;
        }
      }
    };
  }
}
