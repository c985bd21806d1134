package io.sparkfinetune.distributed;

import io.sparkfinetune.UserException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.spark.SparkConf;

/**
 * What a training takes of the cluster: a pure function of Spark's configuration, so that what
 * cannot work is refused on the driver before anything runs.
 *
 * @param workers barrier tasks
 * @param threadsPerWorker threads that libtorch may use in each
 */
record ResourcePlan(int workers, int threadsPerWorker) {
  private static final Pattern LOCAL = Pattern.compile("local(?:\\[(\\*|\\d+)(?:,\\s*\\d+)?])?");

  /**
   * Plans one worker. On a cluster it has the cores of one task; on a local master it is alone and
   * has all of them.
   *
   * @param processors cores of this machine, for {@code local[*]}
   * @throws UserException when Spark would not run a barrier stage
   */
  static ResourcePlan of(SparkConf conf, int processors) {
    Matcher local = LOCAL.matcher(conf.get("spark.master", ""));
    // Spark itself takes no notice of it on a local master.
    if (!local.matches() && conf.getBoolean("spark.dynamicAllocation.enabled", false)) {
      throw new UserException(
          "spark.dynamicAllocation.enabled=true is not allowed: Spark runs no barrier stage with it."
              + " Set it to false and spark.executor.instances to what you need");
    }
    if (!local.matches()) {
      return new ResourcePlan(1, conf.getInt("spark.task.cpus", 1));
    }
    String cores = local.group(1);
    int threads = cores == null ? 1 : cores.equals("*") ? processors : Integer.parseInt(cores);
    return new ResourcePlan(1, Math.max(1, Math.min(threads, processors)));
  }
}
