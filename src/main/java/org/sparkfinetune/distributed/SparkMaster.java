package org.sparkfinetune.distributed;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What {@code spark.master} names.
 *
 * @param value as it was written
 * @param workers machines of a {@code local-cluster}; else 0
 * @param cores threads of a local master, cores of each machine of a {@code local-cluster}; else 0
 */
record SparkMaster(Kind kind, String value, int workers, int cores) {
  private static final Pattern LOCAL =
      Pattern.compile("local(?:\\[\\s*(\\*|\\d+)\\s*(?:,\\s*\\d+\\s*)?])?");
  private static final Pattern LOCAL_CLUSTER =
      Pattern.compile("local-cluster\\[\\s*(\\d+)\\s*,\\s*(\\d+)\\s*,\\s*\\d+\\s*]");

  /** Kinds of masters that are planned for differently. */
  enum Kind {
    /** Tasks are threads of the driver. */
    LOCAL,
    /** A standalone cluster that the driver starts on its own machine. */
    LOCAL_CLUSTER,
    STANDALONE,
    YARN,
    KUBERNETES,
    /** Mesos, and what Spark is extended with: nothing is known of it. */
    OTHER
  }

  /**
   * Parses it as Spark does.
   *
   * @param processors of this machine, for {@code local[*]}
   */
  static SparkMaster parse(String value, int processors) {
    Matcher local = LOCAL.matcher(value);
    if (local.matches()) {
      String cores = local.group(1);
      boolean all = "*".equals(cores);
      int count = cores == null ? 1 : all ? processors : Integer.parseInt(cores);
      return new SparkMaster(Kind.LOCAL, value, 0, count);
    }
    Matcher cluster = LOCAL_CLUSTER.matcher(value);
    if (cluster.matches()) {
      int workers = Integer.parseInt(cluster.group(1));
      return new SparkMaster(
          Kind.LOCAL_CLUSTER, value, workers, Integer.parseInt(cluster.group(2)));
    }
    return new SparkMaster(kind(value), value, 0, 0);
  }

  private static Kind kind(String value) {
    if (value.startsWith("spark://")) {
      return Kind.STANDALONE;
    }
    if (value.equals("yarn")) {
      return Kind.YARN;
    }
    return value.startsWith("k8s://") ? Kind.KUBERNETES : Kind.OTHER;
  }

  boolean isLocal() {
    return kind == Kind.LOCAL;
  }

  /**
   * Whether a stage's tasks can have resources of their own without dynamic allocation. What Spark
   * 3.5's {@code ResourceProfileManager} accepts: standalone, local-cluster, YARN and Kubernetes.
   */
  boolean hasStageProfiles() {
    return !isLocal() && kind != Kind.OTHER;
  }
}
