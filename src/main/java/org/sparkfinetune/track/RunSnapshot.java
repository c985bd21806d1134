package org.sparkfinetune.track;

import java.util.List;
import java.util.Map;
import org.sparkfinetune.PublicApi;

/**
 * All that is known of a run, from a journal or a server.
 *
 * @param id of the run: the server's, or, from a journal, this project's own
 * @param parent the id of the run that it is a part of; empty for a run of its own
 * @param start in milliseconds since 1970
 * @param end the same; 0 while it runs
 * @param metrics every measurement by name, in the order of steps
 * @param inputs by context ({@code training}, ...)
 * @param artifacts the files by path
 */
@PublicApi
public record RunSnapshot(
    String id,
    String name,
    String experiment,
    String parent,
    RunStatus status,
    long start,
    long end,
    Map<String, String> params,
    Map<String, String> tags,
    Map<String, List<Point>> metrics,
    Map<String, DatasetInfo> inputs,
    Map<String, ArtifactFile> artifacts) {

  /** One measurement. */
  public record Point(long step, long time, double value) {}

  /**
   * A file of the run's.
   *
   * @param source where it can be read; empty where only the server knows
   * @param bytes its size
   */
  public record ArtifactFile(String source, long bytes) {}

  /** The same run when it has ended. */
  public RunSnapshot ended(RunStatus how, long when) {
    return new RunSnapshot(
        id, name, experiment, parent, how, start, when, params, tags, metrics, inputs, artifacts);
  }

  /** The newest value of a metric; NaN when it has none. */
  public double latest(String metric) {
    List<Point> points = metrics.getOrDefault(metric, List.of());
    return points.isEmpty() ? Double.NaN : points.get(points.size() - 1).value();
  }
}
