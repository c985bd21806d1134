package io.sparkfinetune.collective;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Optional;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.BoolOptional;
import org.bytedeco.pytorch.LongOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Memory that processes of one host share, by a file that all of them map. */
final class SharedFile {
  private static final Logger LOG = LoggerFactory.getLogger(SharedFile.class);
  private static final int ZEROS = 1 << 20;

  private SharedFile() {}

  /**
   * Makes a file of zeros that no other user can read, in memory where there is room for it. It is
   * written, so that a full memory is noticed here and not, as a signal, when it is used.
   *
   * @return empty where there is no room for it
   */
  static Optional<Path> create(long bytes) {
    for (String folder : new String[] {"/dev/shm", System.getProperty("java.io.tmpdir")}) {
      Path file = null;
      try {
        file =
            Files.createTempFile(
                Path.of(folder),
                "spark-finetune-",
                ".shared",
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
        try (OutputStream out = Files.newOutputStream(file, StandardOpenOption.WRITE)) {
          byte[] zeros = new byte[ZEROS];
          for (long left = bytes; left > 0; left -= ZEROS) {
            out.write(zeros, 0, (int) Math.min(left, ZEROS));
          }
        }
        return Optional.of(file);
      } catch (IOException | UnsupportedOperationException e) {
        LOG.debug("no room for {} bytes in {}", bytes, folder, e);
        delete(file);
      }
    }
    return Optional.empty();
  }

  /** Deletes a file, if there is one; those who have mapped it keep the memory. */
  static void delete(Path file) {
    try {
      if (file != null) {
        Files.deleteIfExists(file);
      }
    } catch (IOException e) {
      LOG.debug("cannot delete {}", file, e);
    }
  }

  /**
   * Maps a file as a tensor of bytes, which the caller closes.
   *
   * @return empty where it cannot be seen from here, as from another container
   */
  static Optional<Tensor> map(Path file, long bytes) {
    try (PointerScope scope = new PointerScope()) {
      if (Files.size(file) != bytes) {
        return Optional.empty();
      }
      Tensor mapped =
          torch.from_file(
              file.toString(),
              new BoolOptional(true),
              new LongOptional(bytes),
              new TensorOptions(ScalarType.Byte));
      mapped.retainReference();
      return Optional.of(mapped);
    } catch (IOException | RuntimeException e) {
      LOG.debug("cannot share {}", file, e);
      return Optional.empty();
    }
  }
}
