package io.sparkfinetune.track;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileStore;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Measures the machine now and then, by the names of MLflow's own system metrics: processors,
 * memory, disk, network, and GPUs where {@code nvidia-smi} is. Steps count the measurements.
 */
public final class SystemMetrics implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(SystemMetrics.class);
  private static final double MEGABYTE = 1e6;
  private static final long GPU_SECONDS = 5;

  private final TrackedRun run;
  private final Duration interval;
  private final Thread thread;
  private final double[] network;
  private long[] processor;
  private boolean gpus = true;

  private SystemMetrics(TrackedRun run, Duration interval) {
    this.run = run;
    this.interval = interval;
    processor = processor();
    network = network();
    thread = new Thread(this::measure, "system metrics");
    thread.setDaemon(true);
  }

  /** Starts to measure; an interval of zero measures nothing. */
  public static SystemMetrics start(TrackedRun run, Duration interval) {
    SystemMetrics metrics = new SystemMetrics(run, interval);
    if (!interval.isZero() && Files.isReadable(Path.of("/proc/stat"))) {
      metrics.thread.start();
    }
    return metrics;
  }

  private void measure() {
    long step = run.stepBefore("system/cpu_utilization_percentage") + 1;
    try {
      while (true) {
        Thread.sleep(interval.toMillis());
        run.logMetrics(step++, now());
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (RuntimeException e) {
      LOG.warn("the system is measured no more", e);
    }
  }

  private Map<String, Double> now() throws InterruptedException {
    Map<String, Double> values = new LinkedHashMap<>();
    long[] before = processor;
    processor = processor();
    double all = processor[0] - before[0];
    if (all > 0) {
      values.put("system/cpu_utilization_percentage", 100 * (1 - (processor[1] - before[1]) / all));
    }
    double total = memory("MemTotal");
    double used = total - memory("MemAvailable");
    values.put("system/system_memory_usage_megabytes", used / MEGABYTE);
    values.put("system/system_memory_usage_percentage", 100 * used / total);
    disk(values);
    double[] bytes = network();
    values.put("system/network_receive_megabytes", (bytes[0] - network[0]) / MEGABYTE);
    values.put("system/network_transmit_megabytes", (bytes[1] - network[1]) / MEGABYTE);
    if (gpus) {
      gpus = gpus(values);
    }
    return values;
  }

  /** Ticks since the start: all, and the idle ones among them. */
  private static long[] processor() {
    for (String line : lines("/proc/stat")) {
      if (line.startsWith("cpu ")) {
        String[] ticks = line.trim().split("\\s+");
        long all = 0;
        for (int i = 1; i < ticks.length; i++) {
          all += Long.parseLong(ticks[i]);
        }
        return new long[] {all, Long.parseLong(ticks[4]) + Long.parseLong(ticks[5])};
      }
    }
    return new long[2];
  }

  private static double memory(String name) {
    for (String line : lines("/proc/meminfo")) {
      if (line.startsWith(name + ":")) {
        return 1024.0 * Long.parseLong(line.replaceAll("\\D", ""));
      }
    }
    return Double.NaN;
  }

  private static void disk(Map<String, Double> values) {
    try {
      FileStore store = Files.getFileStore(Path.of(System.getProperty("java.io.tmpdir")));
      double total = store.getTotalSpace();
      double free = store.getUsableSpace();
      values.put("system/disk_usage_percentage", 100 * (total - free) / total);
      values.put("system/disk_usage_megabytes", (total - free) / MEGABYTE);
      values.put("system/disk_available_megabytes", free / MEGABYTE);
    } catch (IOException e) {
      LOG.debug("no figures of the disk", e);
    }
  }

  /** Bytes received and sent since the start of the machine, by all but the loopback. */
  private static double[] network() {
    double[] bytes = new double[2];
    for (String line : lines("/proc/net/dev")) {
      int colon = line.indexOf(':');
      if (colon > 0 && !line.substring(0, colon).trim().equals("lo")) {
        String[] counts = line.substring(colon + 1).trim().split("\\s+");
        bytes[0] += Double.parseDouble(counts[0]);
        bytes[1] += Double.parseDouble(counts[8]);
      }
    }
    return bytes;
  }

  private static List<String> lines(String file) {
    try {
      return Files.readAllLines(Path.of(file));
    } catch (IOException e) {
      return List.of();
    }
  }

  /** Whether there are GPUs to be measured again. */
  private static boolean gpus(Map<String, Double> values) throws InterruptedException {
    try {
      Process process =
          new ProcessBuilder(
                  "nvidia-smi",
                  "--query-gpu=utilization.gpu,memory.used,memory.total,power.draw",
                  "--format=csv,noheader,nounits")
              .redirectError(ProcessBuilder.Redirect.DISCARD)
              .start();
      String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      if (!process.waitFor(GPU_SECONDS, TimeUnit.SECONDS) || process.exitValue() != 0) {
        process.destroyForcibly();
        return false;
      }
      List<String> lines = output.lines().toList();
      for (int gpu = 0; gpu < lines.size(); gpu++) {
        gpu(values, "system/gpu_" + gpu + "_", lines.get(gpu).split("\\s*,\\s*"));
      }
      return !lines.isEmpty();
    } catch (IOException | NumberFormatException e) {
      LOG.debug("no figures of GPUs", e);
      return false;
    }
  }

  private static void gpu(Map<String, Double> values, String prefix, String[] numbers) {
    double used = Double.parseDouble(numbers[1]);
    values.put(prefix + "utilization_percentage", Double.parseDouble(numbers[0]));
    // nvidia-smi's megabytes are 1024 * 1024 bytes.
    values.put(prefix + "memory_usage_megabytes", used * (1 << 20) / MEGABYTE);
    values.put(prefix + "memory_usage_percentage", 100 * used / Double.parseDouble(numbers[2]));
    values.put(prefix + "power_usage_watts", Double.parseDouble(numbers[3]));
  }

  @Override
  public void close() {
    thread.interrupt();
  }
}
