package org.sparkfinetune.collective;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.stream.Stream;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.sparkfinetune.torch.Libtorch;

@EnabledOnOs(OS.LINUX)
class SharedFileTest {
  private static final int BYTES = 3 << 20;

  @BeforeAll
  static void load() {
    Libtorch.load();
  }

  @Test
  void whatIsSharedIsInNoFolderAndNobodyElsesToRead(@TempDir Path folder) throws Exception {
    try (NamelessFile file = NamelessFile.create(folder);
        Stream<Path> left = Files.list(folder)) {
      assertThat(left).isEmpty();
      assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file.path())))
          .isEqualTo("rw-------");
    }
  }

  @Test
  void whoMapsItSeesWhatTheOthersWrite() {
    try (NamelessFile file = SharedFile.create(BYTES).orElseThrow();
        Tensor one = SharedFile.map(file.address(), BYTES).orElseThrow();
        Tensor other = SharedFile.map(file.address(), BYTES).orElseThrow()) {
      assertThat(one.numel()).isEqualTo(BYTES);
      assertThat(one.data_ptr().isNull()).isFalse();
      try (Tensor sum = other.sum()) {
        assertThat(sum.item_long()).isZero();
      }
      one.fill_(new org.bytedeco.pytorch.Scalar(1)).close();
      try (Tensor sum = other.sum()) {
        assertThat(sum.item_long()).isEqualTo(BYTES);
      }
    }
  }

  /** As in another container, where the same numbers are those of others. */
  @Test
  void aFileThatHasTheNumberOfAnotherIsNotMapped() throws Exception {
    try (NamelessFile file = SharedFile.create(BYTES).orElseThrow();
        NamelessFile other = SharedFile.create(BYTES).orElseThrow()) {
      String name = file.address().substring(file.path().toString().length());
      assertThat(SharedFile.map(other.path() + name, BYTES)).isEmpty();
      assertThat(SharedFile.map("/proc/1/fd/999999" + name, BYTES)).isEmpty();
      assertThat(SharedFile.map(file.address(), BYTES + 1)).isEmpty();
    }
  }
}
