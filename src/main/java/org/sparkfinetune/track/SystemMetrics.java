package org.sparkfinetune.track;

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
 * memory, disk, network, and GPUs where {@code nvidia-smi} is; and the memory of this process,
 * which MLflow does not measure. Steps count the measurements.
 */
public final class SystemMetrics implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(SystemMetrics.class);
  private static final double MEGABYTE = 1e6;
  private static final long GPU_SECONDS = 5;
  private static final List<String> GPU_FIELDS =
      List.of(
          "utilization.gpu", "memory.used", "memory.total", "power.draw", "enforced.power.limit");

  private final RunHandle run;
  private final Duration interval;
  private final Thread thread;
  private final double[] network;
  private long[] processor;
  private boolean gpus = true;
  private boolean closed;

  private SystemMetrics(RunHandle run, Duration interval) {
    this.run = run;
    this.interval = interval;
    processor = processor();
    network = network();
    thread = new Thread(this::measure, "system metrics");
    thread.setDaemon(true);
  }

  /** Starts to measure; an interval of zero measures nothing. */
  public static SystemMetrics start(RunHandle run, Duration interval) {
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
        log(step++, now());
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (RuntimeException e) {
      LOG.warn("the system is measured no more", e);
    }
  }

  /** Nothing behind the end of the run, which would take it for one that goes on. */
  private synchronized void log(long step, Map<String, Double> values) {
    if (!closed) {
      run.logMetrics(step, values);
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
    double total = memory("/proc/meminfo", "MemTotal");
    double used = total - memory("/proc/meminfo", "MemAvailable");
    values.put("system/system_memory_usage_megabytes", used / MEGABYTE);
    values.put("system/system_memory_usage_percentage", 100 * used / total);
    values.put(
        "system/process_memory_usage_megabytes", memory("/proc/self/status", "VmRSS") / MEGABYTE);
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

  private static double memory(String file, String name) {
    for (String line : lines(file)) {
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
                  "--query-gpu=" + String.join(",", GPU_FIELDS),
                  "--format=csv,noheader,nounits")
              .redirectError(ProcessBuilder.Redirect.DISCARD)
              .start();
      try {
        // What it prints fits the pipe. A driver that hangs must not keep anybody.
        if (!process.waitFor(GPU_SECONDS, TimeUnit.SECONDS) || process.exitValue() != 0) {
          return false;
        }
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        List<String> lines = output.lines().toList();
        for (int gpu = 0; gpu < lines.size(); gpu++) {
          gpu(values, "system/gpu_" + gpu + "_", lines.get(gpu).trim().split("\\s*,\\s*"));
        }
        return !lines.isEmpty();
      } finally {
        process.destroyForcibly();
      }
    } catch (IOException e) {
      LOG.debug("no figures of GPUs", e);
      return false;
    }
  }

  private static void gpu(Map<String, Double> values, String prefix, String[] fields) {
    double[] numbers = new double[GPU_FIELDS.size()];
    for (int i = 0; i < numbers.length; i++) {
      numbers[i] = i < fields.length ? number(fields[i]) : Double.NaN;
    }
    put(values, prefix + "utilization_percentage", numbers[0]);
    // nvidia-smi's megabytes are 1024 * 1024 bytes.
    put(values, prefix + "memory_usage_megabytes", numbers[1] * (1 << 20) / MEGABYTE);
    put(values, prefix + "memory_usage_percentage", 100 * numbers[1] / numbers[2]);
    put(values, prefix + "power_usage_watts", numbers[3]);
    put(values, prefix + "power_usage_percentage", 100 * numbers[3] / numbers[4]);
  }

  /** Not every GPU measures everything: {@code [N/A]}. */
  private static double number(String field) {
    try {
      return Double.parseDouble(field);
    } catch (NumberFormatException e) {
      return Double.NaN;
    }
  }

  private static void put(Map<String, Double> values, String name, double value) {
    if (Double.isFinite(value)) {
      values.put(name, value);
    }
  }

  @Override
  public synchronized void close() {
    closed = true;
    thread.interrupt();
  }
}
