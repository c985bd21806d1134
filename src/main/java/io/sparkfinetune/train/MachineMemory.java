package io.sparkfinetune.train;

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
  private static final Path GROUP_LIMIT = Path.of("/sys/fs/cgroup/memory.max");
  private static final Path GROUP_USED = Path.of("/sys/fs/cgroup/memory.current");

  private MachineMemory() {}

  /**
   * What a process may still take: of the machine, or of its container where that has less left;
   * {@code Long.MAX_VALUE} where nothing is told.
   */
  static long available() {
    long machine = kilobytes(MACHINE, "MemAvailable").orElse(Long.MAX_VALUE);
    OptionalLong limit = number(GROUP_LIMIT);
    OptionalLong used = number(GROUP_USED);
    return limit.isPresent() && used.isPresent()
        ? Math.min(machine, limit.getAsLong() - used.getAsLong())
        : machine;
  }

  /** The most that this process has held at once. */
  static OptionalLong peakOfProcess() {
    return kilobytes(PROCESS, "VmHWM");
  }

  private static OptionalLong kilobytes(Path file, String key) {
    try {
      Matcher line =
          Pattern.compile("(?m)^" + key + ":\\s*(\\d+) kB$").matcher(Files.readString(file));
      return line.find()
          ? OptionalLong.of(Long.parseLong(line.group(1)) << 10)
          : OptionalLong.empty();
    } catch (IOException notLinux) {
      return OptionalLong.empty();
    }
  }

  /** Empty where there is no limit, which the file calls "max". */
  private static OptionalLong number(Path file) {
    try {
      return OptionalLong.of(Long.parseLong(Files.readString(file).trim()));
    } catch (IOException | NumberFormatException e) {
      return OptionalLong.empty();
    }
  }
}
