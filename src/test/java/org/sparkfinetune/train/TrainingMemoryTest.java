package org.sparkfinetune.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.withinPercentage;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.sparkfinetune.ChildJvm;

/** What is said of a training's memory against what a real one takes. */
@EnabledOnOs(OS.LINUX)
@Tag("slow")
class TrainingMemoryTest {
  @ParameterizedTest
  // Processors without bf16 take long for it, so it gets fewer rows.
  @CsvSource({"fp32,16,", "bf16,4,", "fp32,16,freeze=encoder", "fp32,16,lora_rank=8"})
  void isWhatTheProcessGrowsBy(String precision, String rows, String setting, @TempDir Path folder)
      throws Exception {
    List<String> heapThatDoesNotGrow =
        List.of("-Xms256m", "-Xmx256m", "-XX:+AlwaysPreTouch", "-XX:+UseSerialGC");
    // Freed blocks go back to the system, so that the height is that of live memory.
    Map<String, String> allocator = Map.of("MALLOC_MMAP_THRESHOLD_", "65536");

    List<String> training = new ArrayList<>(List.of("minilm-l6", precision, rows, "96"));
    if (setting != null) {
      training.add(setting);
    }

    String output =
        ChildJvm.run(TrainingMemoryMain.class, heapThatDoesNotGrow, training, allocator, folder);

    String[] bytes = output.lines().reduce((first, second) -> second).orElseThrow().split(" ");
    assertThat(Long.parseLong(bytes[1])).isCloseTo(Long.parseLong(bytes[0]), withinPercentage(8));
  }
}
