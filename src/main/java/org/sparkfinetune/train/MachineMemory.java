package org.sparkfinetune.train;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.OptionalLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** What Linux tells of memory, in bytes. */
final class MachineMemory {
  private static final Path MACHINE = Path.of("/proc/meminfo");
  private static final Path PROCESS = Path.of("/proc/self/status");
  private static final Path GROUP = Path.of("/sys/fs/cgroup");

  private MachineMemory() {}

  /**
   * What a process may still take: of the machine, or of its container where that has less left;
   * {@code Long.MAX_VALUE} where nothing is told.
   */
  static long available() {
    return Math.min(
        kilobytes(MACHINE, "MemAvailable").orElse(Long.MAX_VALUE),
        leftOfGroup(GROUP).orElse(Long.MAX_VALUE));
  }

  /**
   * What a control group (version 2) leaves, of which there may be no limit: files that are read
   * count as used, but those not read lately make room, as Kubernetes reckons too.
   */
  static OptionalLong leftOfGroup(Path group) {
    OptionalLong limit = number(group.resolve("memory.max"), "(\\d+)");
    OptionalLong used = number(group.resolve("memory.current"), "(\\d+)");
    if (limit.isEmpty() || used.isEmpty()) {
      return OptionalLong.empty();
    }
    long files = number(group.resolve("memory.stat"), "inactive_file (\\d+)").orElse(0);
    return OptionalLong.of(limit.getAsLong() - Math.max(0, used.getAsLong() - files));
  }

  /** The most that this process has held at once. */
  static OptionalLong peakOfProcess() {
    return kilobytes(PROCESS, "VmHWM");
  }

  private static OptionalLong kilobytes(Path file, String key) {
    OptionalLong kilobytes = number(file, key + ":\\s*(\\d+) kB");
    return kilobytes.isPresent()
        ? OptionalLong.of(kilobytes.getAsLong() << 10)
        : OptionalLong.empty();
  }

  /** In the first such line; empty where there is none, as for a limit that is "max". */
  private static OptionalLong number(Path file, String line) {
    try {
      Matcher found = Pattern.compile("(?m)^" + line + "$").matcher(Files.readString(file));
      return found.find() ? OptionalLong.of(Long.parseLong(found.group(1))) : OptionalLong.empty();
    } catch (IOException notLinux) {
      return OptionalLong.empty();
    }
  }
}
