package org.sparkfinetune.report;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.IntToDoubleFunction;
import org.sparkfinetune.track.DatasetInfo;
import org.sparkfinetune.track.RunSnapshot;
import org.sparkfinetune.track.RunSnapshot.ArtifactFile;
import org.sparkfinetune.track.RunSnapshot.Point;
import org.sparkfinetune.track.RunStatus;

/** Records of runs for tests. */
public final class Runs {
  /** 2026-01-02 03:04:05 UTC. */
  public static final long START = 1_767_323_045_000L;

  private Runs() {}

  /** Values at the steps 1, 2, ..., a second each. */
  public static List<Point> points(int count, IntToDoubleFunction value) {
    List<Point> points = new ArrayList<>();
    for (int i = 1; i <= count; i++) {
      points.add(new Point(i, START + 1000L * i, value.applyAsDouble(i)));
    }
    return points;
  }

  static RunSnapshot run(String name, Map<String, List<Point>> metrics) {
    return run(name, metrics, Map.of("model.base", "minilm-l6"), Map.of());
  }

  static RunSnapshot run(
      String name,
      Map<String, List<Point>> metrics,
      Map<String, String> params,
      Map<String, String> tags) {
    return new RunSnapshot(
        "0123456789abcdef0123456789abcdef",
        name,
        "intents",
        "",
        RunStatus.FINISHED,
        START,
        START + 134_000,
        params,
        tags,
        new LinkedHashMap<>(metrics),
        Map.of(
            "training",
            new DatasetInfo(
                "train.csv",
                "9f86d081884c7d65",
                "csv",
                "hdfs://host/train.csv",
                Map.of("text", "string"),
                Map.of("num_rows", 12_345L, "num_labels", 8L))),
        Map.of("report.txt", new ArtifactFile("/tmp/report.txt", 3_321)));
  }
}
