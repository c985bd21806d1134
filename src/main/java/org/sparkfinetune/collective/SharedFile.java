package org.sparkfinetune.collective;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
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
   * Makes a file of zeros, in memory where there is room for it. It is written, so that a full
   * memory is noticed here and not, as a signal, when it is used.
   *
   * @return empty where there is no room for it
   */
  static Optional<NamelessFile> create(long bytes) {
    for (String folder : new String[] {"/dev/shm", System.getProperty("java.io.tmpdir")}) {
      NamelessFile file = null;
      try {
        file = NamelessFile.create(Path.of(folder));
        byte[] zeros = new byte[ZEROS];
        for (long left = bytes; left > 0; left -= ZEROS) {
          file.open().write(zeros, 0, (int) Math.min(left, ZEROS));
        }
        return Optional.of(file);
      } catch (IOException | UnsupportedOperationException e) {
        LOG.debug("no room for {} bytes in {}", bytes, folder, e);
        if (file != null) {
          file.close();
        }
      }
    }
    return Optional.empty();
  }

  /**
   * Maps a file as a tensor of bytes, which the caller closes.
   *
   * @param address {@link NamelessFile#address()}
   * @return empty where it cannot be seen from here, as from another container
   */
  static Optional<Tensor> map(String address, long bytes) {
    try (PointerScope scope = new PointerScope()) {
      Path file = NamelessFile.find(address);
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
      LOG.debug("cannot share {}", address, e);
      return Optional.empty();
    }
  }
}
