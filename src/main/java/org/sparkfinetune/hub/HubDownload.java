package org.sparkfinetune.hub;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.HexFormat;
import java.util.Optional;
import java.util.function.LongConsumer;

/** Fetches the content of a file into the cache: whole and checked, or not at all. */
final class HubDownload {
  /** Ends the name of a part of a file. Python's are others: its locks do not keep us out. */
  private static final String PARTIAL = ".java.incomplete";

  /** How often a transfer that was cut is gone on with, while nothing new comes. */
  private static final int TRIES = 5;

  private static final Duration PAUSE = Duration.ofMillis(500);
  private static final int BUFFER = 1 << 18;

  private final HubHttp http;
  private final HubCache cache;
  private final HubSettings settings;

  HubDownload(HubHttp http, HubCache cache, HubSettings settings) {
    this.http = http;
    this.cache = cache;
    this.settings = settings;
  }

  /**
   * Fetches a file, unless it is there.
   *
   * @param progress takes the bytes that are there
   */
  void fetch(HubFile file, LongConsumer progress) throws IOException {
    Path blob = cache.blob(file.etag());
    cache.locked(
        file.etag(),
        () -> {
          if (!Files.isRegularFile(blob) || Files.size(blob) != file.size()) {
            Files.createDirectories(blob.getParent());
            download(file, blob, progress);
          }
          cache.link(file.pointer(), blob);
        });
    progress.accept(file.size());
  }

  private void download(HubFile file, Path blob, LongConsumer progress) throws IOException {
    requireRoom(file, blob.getParent());
    Path partial = blob.resolveSibling(file.etag() + PARTIAL);
    boolean resumed = Files.exists(partial) && Files.size(partial) > 0;
    transfer(file, partial, progress);
    Optional<String> wrong = wrong(file, partial);
    if (wrong.isPresent() && resumed) {
      // What was there before may have been the damage.
      Files.delete(partial);
      transfer(file, partial, progress);
      wrong = wrong(file, partial);
    }
    if (wrong.isPresent()) {
      Files.delete(partial);
      throw http.errors()
          .because(
              "%s came damaged (%s): run again; if it comes so again, a proxy or the mirror of HF_ENDPOINT changes it"
                  .formatted(file.name(), wrong.get()));
    }
    Files.move(partial, blob, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
  }

  /** Has all bytes of a file, going on where a transfer ended before. */
  private void transfer(HubFile file, Path partial, LongConsumer progress) throws IOException {
    for (int tries = 1; ; tries++) {
      long before = Files.exists(partial) ? Files.size(partial) : 0;
      if (before > file.size()) {
        Files.delete(partial);
        before = 0;
      }
      if (before == file.size() && (before > 0 || Files.exists(partial))) {
        return;
      }
      try {
        append(file, partial, before, progress);
        if (Files.size(partial) >= file.size()) {
          return;
        }
        throw new IOException(
            "the connection was closed at byte " + Files.size(partial) + " of " + file.size());
      } catch (LocalFileException e) {
        throw e.getCause();
      } catch (IOException e) {
        if (Files.exists(partial) && Files.size(partial) > before) {
          tries = 0;
        } else if (tries >= TRIES) {
          throw http.errors().away(e);
        }
        pause();
      }
    }
  }

  private void append(HubFile file, Path partial, long from, LongConsumer progress)
      throws IOException, LocalFileException {
    HttpResponse<InputStream> response = http.open(file.address(), from);
    // A server that knows no ranges begins anew.
    boolean goesOn = from > 0 && response.statusCode() == 206;
    long at = goesOn ? from : 0;
    try (InputStream body = new ImpatientStream(response.body(), settings.downloadTimeout());
        OutputStream out = open(partial, goesOn)) {
      byte[] buffer = new byte[BUFFER];
      for (int read = body.read(buffer); read >= 0; read = body.read(buffer)) {
        write(out, buffer, read);
        at += read;
        if (at > file.size()) {
          // More than there is: not what was asked for.
          return;
        }
        progress.accept(at);
      }
    }
  }

  /** The disk's fault, which no other try mends. */
  private static final class LocalFileException extends Exception {
    private static final long serialVersionUID = 1L;

    LocalFileException(IOException cause) {
      super(cause);
    }

    @Override
    public synchronized IOException getCause() {
      return (IOException) super.getCause();
    }
  }

  private static OutputStream open(Path partial, boolean goesOn) throws LocalFileException {
    try {
      return Files.newOutputStream(
          partial,
          StandardOpenOption.CREATE,
          StandardOpenOption.WRITE,
          goesOn ? StandardOpenOption.APPEND : StandardOpenOption.TRUNCATE_EXISTING);
    } catch (IOException e) {
      throw new LocalFileException(e);
    }
  }

  private static void write(OutputStream out, byte[] buffer, int bytes) throws LocalFileException {
    try {
      out.write(buffer, 0, bytes);
    } catch (IOException e) {
      throw new LocalFileException(e);
    }
  }

  /** What is wrong with a file that has come. */
  private static Optional<String> wrong(HubFile file, Path partial) throws IOException {
    if (Files.size(partial) != file.size()) {
      return Optional.of(Files.size(partial) + " bytes instead of " + file.size());
    }
    Optional<MessageDigest> digest = file.digest();
    if (digest.isEmpty()) {
      return Optional.empty();
    }
    try (InputStream in = Files.newInputStream(partial)) {
      byte[] buffer = new byte[BUFFER];
      for (int read = in.read(buffer); read >= 0; read = in.read(buffer)) {
        digest.get().update(buffer, 0, read);
      }
    }
    String hash = HexFormat.of().formatHex(digest.get().digest());
    return hash.equals(file.etag())
        ? Optional.empty()
        : Optional.of("its hash is " + hash + " instead of " + file.etag());
  }

  private void requireRoom(HubFile file, Path folder) throws IOException {
    if (Files.getFileStore(folder).getUsableSpace() < file.size()) {
      throw http.errors()
          .because(
              "no room for the %,d bytes of %s in the cache %s: free some, or name another folder by HF_HOME"
                  .formatted(file.size(), file.name(), settings.cache()));
    }
  }

  private void pause() {
    try {
      Thread.sleep(PAUSE.toMillis());
    } catch (InterruptedException e) {
      throw http.errors().interrupted(e);
    }
  }
}
