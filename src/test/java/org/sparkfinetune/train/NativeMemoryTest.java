package org.sparkfinetune.train;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.sparkfinetune.ChildJvm;

/**
 * 20,000 steps must leave the process no larger than the first few thousand made it. What is not
 * freed grows with every step; the JVM's own natives, such as its compilers' arenas, may grow once
 * at any time, so the largest of the differences between readings does not count.
 */
@EnabledOnOs(OS.LINUX)
@Tag("slow")
class NativeMemoryTest {
  private static final int WARM_UP = 5_000;

  /** A tensor of 1 KB a step that is not freed would come to 15 MB, and most are larger. */
  private static final double ALLOWED_GROWTH_MB = 8;

  @TempDir Path folder;

  @Test
  void trainingDoesNotGrowTheProcess() {
    // At the same time: each is one thread of a process of its own.
    Map<String, Map<Integer, Double>> residentMb =
        Stream.of("freeze none", "lora_rank 2")
            .parallel()
            .collect(Collectors.toConcurrentMap(setting -> setting, this::train));

    assertThat(residentMb)
        .hasSize(2)
        .allSatisfy(
            (setting, readings) -> {
              assertThat(readings).hasSize(NativeMemoryMain.STEPS / 1000);
              assertThat(steadyGrowth(readings))
                  .as("MB, of %s", readings)
                  .isLessThan(ALLOWED_GROWTH_MB);
            });
  }

  private static double steadyGrowth(Map<Integer, Double> residentMb) {
    List<Double> growth = new ArrayList<>();
    for (int step = WARM_UP + 1000; step <= NativeMemoryMain.STEPS; step += 1000) {
      growth.add(residentMb.get(step) - residentMb.get(step - 1000));
    }
    return growth.stream().mapToDouble(mb -> mb).sum() - Collections.max(growth);
  }

  /** The resident megabytes after every thousand steps. */
  private Map<Integer, Double> train(String setting) {
    // The heap has its full size from the start, and the collector frees no native memory: what
    // grows is native and was not closed.
    List<String> options =
        List.of(
            "-Xms256m",
            "-Xmx256m",
            "-XX:+AlwaysPreTouch",
            "-XX:+UseSerialGC",
            "-XX:TieredStopAtLevel=1",
            "-Dorg.bytedeco.javacpp.nopointergc=true");
    String output;
    try {
      Path own = Files.createDirectory(folder.resolve(setting.replace(' ', '-')));
      output =
          ChildJvm.run(NativeMemoryMain.class, options, List.of(setting.split(" ")), Map.of(), own);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
    Map<Integer, Double> residentMb = new TreeMap<>();
    output
        .lines()
        .map(line -> line.split(" "))
        .filter(fields -> fields.length == 2 && fields[0].matches("\\d+"))
        .forEach(fields -> residentMb.put(Integer.valueOf(fields[0]), Double.valueOf(fields[1])));
    return residentMb;
  }
}
