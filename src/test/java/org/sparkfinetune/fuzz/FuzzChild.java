package org.sparkfinetune.fuzz;

import com.sun.management.OperatingSystemMXBean;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.Stream;
import org.sparkfinetune.ChildJvm;
import org.sparkfinetune.UserException;

/**
 * Reads damaged files one after the other. It says of each before it what it is and after it how it
 * went: so whoever reads that knows which one has ended the JVM. It ends itself at one that takes
 * too long.
 *
 * <p>Arguments: how many damaged ones of each kind, beside the sound samples, the first number of
 * the first kind, the kinds.
 */
final class FuzzChild {
  static final String BEGIN = "begin";
  static final String ACCEPTED = "accepted";
  static final String REFUSED = "refused";
  static final String FAILED = "failed";
  static final String END = "end";

  /** Between the parts of a line, so that a message may have any words. */
  static final String SEPARATOR = "\t";

  /** Of the processor: a busy machine is no fault of the file's. */
  private static final int BUSY_SECONDS = 10;

  private static final int WAITING_SECONDS = 60;

  /** More than what the JVM had before, heap and natives together. */
  private static final long MEMORY_MIB = 500;

  /** All that a reader may write to, beside the JVM's temporary folder. */
  private static final Path CASE = Path.of("case");

  private static final Path STATUS = Path.of("/proc/self/status");

  private FuzzChild() {}

  public static void main(String[] arguments) throws Exception {
    int count = Integer.parseInt(arguments[0]);
    int first = Integer.parseInt(arguments[1]);
    ExecutorService reader = Executors.newSingleThreadExecutor();
    for (int kind = 2; kind < arguments.length; kind++) {
      FuzzTarget target = FuzzTargets.named(arguments[kind]);
      List<FuzzTarget.Sample> samples = target.samples();
      for (int number = first; number < samples.size() + count; number++) {
        write(target, samples, number, CASE);
        say(BEGIN, target, number, "");
        read(target, number, number < samples.size(), reader);
      }
      first = 0;
    }
    System.out.println(END);
    // A reader's own threads do not hold up the end.
    Runtime.getRuntime().halt(0);
  }

  /** Puts the input of that number into an empty folder. The first ones are the samples, sound. */
  static void write(FuzzTarget target, List<FuzzTarget.Sample> samples, int number, Path folder)
      throws IOException {
    delete(folder);
    SplittableRandom random = new SplittableRandom(target.name().hashCode() * 1_000_003L + number);
    boolean sound = number < samples.size();
    FuzzTarget.Sample sample = samples.get(sound ? number : random.nextInt(samples.size()));
    for (Map.Entry<String, byte[]> file : sample.files().entrySet()) {
      byte[] content = file.getValue();
      if (!sound && file.getKey().equals(sample.mutated())) {
        content = Mutations.of(content, target.values(), random);
      }
      Path path = folder.resolve(file.getKey());
      Files.createDirectories(path.getParent());
      Files.write(path, content);
    }
  }

  private static void read(FuzzTarget target, int number, boolean sound, ExecutorService reader)
      throws IOException, InterruptedException {
    Map<String, Long> before = outside();
    resetPeak();
    long resident = mebibytes("VmRSS");
    long start = System.nanoTime();
    Future<?> reading =
        reader.submit(
            () -> {
              target.read(CASE.toAbsolutePath());
              return null;
            });
    String outcome = ACCEPTED;
    String detail = "";
    try {
      await(reading);
    } catch (TimeoutException e) {
      say(FAILED, target, number, "takes over " + BUSY_SECONDS + " s");
      Runtime.getRuntime().halt(3);
    } catch (ExecutionException e) {
      outcome = e.getCause() instanceof UserException && !sound ? REFUSED : FAILED;
      detail = outcome.equals(REFUSED) ? e.getCause().getMessage() : trace(e.getCause());
    }
    long millis = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - start);
    long grown = mebibytes("VmHWM") - resident;
    Map<String, Long> after = outside();
    if (grown > MEMORY_MIB) {
      outcome = FAILED;
      detail = "takes %d MiB of memory".formatted(grown);
    } else if (!after.equals(before)) {
      outcome = FAILED;
      detail = "writes outside its folder: %s became %s".formatted(before, after);
    }
    say(outcome, target, number, millis + " " + grown + SEPARATOR + detail);
  }

  private static void await(Future<?> reading)
      throws ExecutionException, InterruptedException, TimeoutException {
    OperatingSystemMXBean system =
        (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
    long busy = system.getProcessCpuTime() + TimeUnit.SECONDS.toNanos(BUSY_SECONDS);
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(WAITING_SECONDS);
    while (true) {
      try {
        reading.get(1, TimeUnit.SECONDS);
        return;
      } catch (TimeoutException e) {
        if (system.getProcessCpuTime() > busy || System.nanoTime() > end) {
          throw e;
        }
      }
    }
  }

  private static void say(String what, FuzzTarget target, int number, String detail) {
    String line = String.join(SEPARATOR, what, target.name(), Integer.toString(number), detail);
    // One line, whatever a message holds, and no longer than a terminal can show.
    String clean = line.replaceAll("[\\p{Cntrl}&&[^\t]]", " ");
    System.out.println(clean.substring(0, Math.min(clean.length(), 2_000)));
    System.out.flush();
  }

  private static String trace(Throwable thrown) {
    StackTraceElement[] frames = thrown.getStackTrace();
    return thrown + " at " + Arrays.asList(frames).subList(0, Math.min(6, frames.length));
  }

  /** The files beside the input and their sizes, and those of the folder above. */
  private static Map<String, Long> outside() throws IOException {
    Map<String, Long> sizes = new TreeMap<>();
    Path here = Path.of("").toAbsolutePath();
    for (Path folder : List.of(here, here.getParent())) {
      try (Stream<Path> files = Files.list(folder)) {
        for (Path file : files.filter(Files::isRegularFile).toList()) {
          String name = file.getFileName().toString();
          boolean own = name.startsWith(FuzzRun.OWN_FILES) || name.equals(ChildJvm.LOG);
          if (!own) {
            sizes.put(file.toString(), Files.size(file));
          }
        }
      }
    }
    return sizes;
  }

  /** Lets the kernel measure the most memory anew, where there is a Linux kernel. */
  private static void resetPeak() throws IOException {
    if (Files.exists(STATUS)) {
      Files.writeString(Path.of("/proc/self/clear_refs"), "5");
    }
  }

  private static long mebibytes(String what) throws IOException {
    if (!Files.exists(STATUS)) {
      return 0;
    }
    for (String line : Files.readAllLines(STATUS)) {
      if (line.startsWith(what + ":")) {
        return Long.parseLong(line.replaceAll("\\D", "")) / 1024;
      }
    }
    return 0;
  }

  private static void delete(Path folder) throws IOException {
    if (Files.notExists(folder)) {
      return;
    }
    try (Stream<Path> paths = Files.walk(folder)) {
      for (Path path : paths.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(path);
      }
    }
  }
}
