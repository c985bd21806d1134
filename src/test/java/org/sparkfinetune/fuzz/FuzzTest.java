package org.sparkfinetune.fuzz;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A failure's line is {@code KIND@NUMBER ...}; {@code tools/faults/fuzz KIND@NUMBER} repeats it.
 */
@Tag("slow")
class FuzzTest {
  private static final String TOKENIZER = new TokenizerTarget().name();

  @TempDir Path folder;

  @Test
  void damagedFilesOfEachOtherKindAreReadOrRefusedInOneLine() throws Exception {
    // Tokenizers have a test of their own.
    List<String> kinds =
        FuzzTargets.ALL.stream().map(FuzzTarget::name).filter(k -> !k.equals(TOKENIZER)).toList();
    assertThat(FuzzRun.failures((200 + kinds.size() - 1) / kinds.size(), kinds, folder)).isEmpty();
  }

  @Test
  void aThousandDamagedTokenizersAreReadOrRefusedInOneLine() throws Exception {
    assertThat(FuzzRun.failures(1_000, List.of(TOKENIZER), folder)).isEmpty();
  }
}
