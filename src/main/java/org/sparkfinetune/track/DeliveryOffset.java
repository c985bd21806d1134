package org.sparkfinetune.track;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.UUID;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.sparkfinetune.storage.PrivateFiles;
import org.sparkfinetune.text.Redaction;

/** The place in a journal up to which its events have been delivered to one server. */
final class DeliveryOffset {
  private static final Logger LOG = LoggerFactory.getLogger(DeliveryOffset.class);

  private final Path file;
  private final PrivateFiles.Readers readers;
  private final String uri;

  /**
   * @param folder of the journal
   * @param readers who may read its file
   * @param uri of the server; who may use it is no part of its name
   */
  DeliveryOffset(Path folder, PrivateFiles.Readers readers, String uri) {
    this.readers = readers;
    this.uri = Redaction.text(uri);
    String name = UUID.nameUUIDFromBytes(this.uri.getBytes(StandardCharsets.UTF_8)).toString();
    file = folder.resolve("delivered-" + name);
  }

  /** Where to begin: 0 when nothing is known, which delivers again what may be there already. */
  long read() {
    try {
      return Long.parseLong(Files.readString(file).lines().findFirst().orElse("0").trim());
    } catch (NoSuchFileException e) {
      return 0;
    } catch (IOException | NumberFormatException e) {
      LOG.warn("{} cannot be read: everything is delivered again", file, e);
      return 0;
    }
  }

  void write(long position) throws IOException {
    Path part = file.resolveSibling(file.getFileName() + ".part");
    PrivateFiles.replace(
        part, (position + "\n" + uri + "\n").getBytes(StandardCharsets.UTF_8), readers);
    Files.move(part, file, StandardCopyOption.REPLACE_EXISTING, StandardCopyOption.ATOMIC_MOVE);
  }
}
