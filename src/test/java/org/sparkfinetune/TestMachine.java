package org.sparkfinetune;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** What some tests need of the machine that they run on. */
public final class TestMachine {
  private TestMachine() {}

  /**
   * Has a test not run where something is missing, or fail where {@code TEST_MACHINE=complete} says
   * that nothing is, as in CI.
   *
   * @param there whether it is there
   * @param what it is, and how one gets it
   */
  public static void require(boolean there, String what) {
    if (!"complete".equals(System.getenv("TEST_MACHINE"))) {
      assumeTrue(there, "not run: no " + what);
    }
    assertThat(there).as(what).isTrue();
  }

  /** Requires a command that starts others, as {@code strace -f} does. */
  public static void requireWrapper(List<String> wrapper) throws InterruptedException {
    List<String> command = new ArrayList<>(wrapper);
    command.add("true");
    require(succeeds(command), "right to use, or no " + wrapper.get(0));
  }

  /** Requires the right to mount a file system in memory, in a name space of its own. */
  public static void requirePrivateMounts(Path folder) throws InterruptedException {
    require(
        succeeds(
            List.of(
                "unshare",
                "-rm",
                "mount",
                "-t",
                "tmpfs",
                "none",
                folder.toAbsolutePath().toString())),
        "right to mount a tmpfs of its own (unshare -rm)");
  }

  /** Mounts a disk of 256 KiB, to be unmounted by the test. */
  public static void mountSmallDisk(Path folder) throws InterruptedException {
    require(
        succeeds(List.of("mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", folder.toString())),
        "right to mount a small disk (root)");
  }

  private static boolean succeeds(List<String> command) throws InterruptedException {
    try {
      return new ProcessBuilder(command)
              .redirectErrorStream(true)
              .redirectOutput(ProcessBuilder.Redirect.DISCARD)
              .start()
              .waitFor()
          == 0;
    } catch (IOException e) {
      return false;
    }
  }
}
