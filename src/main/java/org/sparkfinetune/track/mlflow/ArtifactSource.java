package org.sparkfinetune.track.mlflow;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.NoSuchFileException;
import java.time.Duration;
import java.util.Optional;
import java.util.function.Supplier;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.security.AccessControlException;
import org.sparkfinetune.track.FileDigest;
import org.sparkfinetune.track.Sink.ServerUnavailableException;
import org.sparkfinetune.track.TrackingEvent;

/** The file that an artifact is made of, which may no longer be what it was when it was logged. */
final class ArtifactSource {
  private ArtifactSource() {}

  /**
   * Why the file cannot be delivered, now or later; empty when it can.
   *
   * @throws ServerUnavailableException when that may pass, as when its file system is away
   */
  static Optional<String> trouble(TrackingEvent.Artifact event, Configuration hadoop)
      throws ServerUnavailableException {
    Path source = new Path(event.source());
    try {
      FileSystem files = source.getFileSystem(hadoop);
      if (!files.exists(source)) {
        return Optional.of(event.source() + " is gone");
      }
      return FileDigest.of(files, source).sha256().equals(event.sha256())
          ? Optional.empty()
          : Optional.of(
              event.source() + " has changed since it was logged: it is another run's now");
    } catch (IOException e) {
      if (stays(e)) {
        return Optional.of(event.source() + " cannot be read: " + e.getMessage());
      }
      throw new ServerUnavailableException(
          event.source() + " cannot be read: " + e, Duration.ZERO, e);
    }
  }

  /** Whether trying again is of no use: then nothing behind the file is to wait for it. */
  private static boolean stays(IOException e) {
    if (e instanceof FileNotFoundException) {
      // Java's word for whatever keeps a file from being opened; want of handles passes.
      return !String.valueOf(e.getMessage()).contains("Too many open files");
    }
    return e instanceof AccessControlException
        || e instanceof AccessDeniedException
        || e instanceof NoSuchFileException;
  }

  /** Opens the file when it is asked for, as often as it is. */
  static Supplier<InputStream> content(Path source, Configuration hadoop) {
    return () -> {
      try {
        return source.getFileSystem(hadoop).open(source);
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    };
  }
}
