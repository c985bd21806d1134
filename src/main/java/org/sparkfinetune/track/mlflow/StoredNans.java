package org.sparkfinetune.track.mlflow;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.sparkfinetune.track.RunSnapshot;
import org.sparkfinetune.track.Sink.ServerUnavailableException;
import org.sparkfinetune.track.TrackingEvent;

/**
 * Measurements that are not a number, and that the server has. MLflow 2 compares them with what it
 * is sent, finds that none equals any, and refuses the whole batch when it cannot store them twice.
 */
final class StoredNans {
  private StoredNans() {}

  /** The same events, without those measurements. */
  static List<TrackingEvent> without(List<TrackingEvent> events, ServerRun run, MlflowHttp http)
      throws ServerUnavailableException, RejectedException {
    Map<String, List<RunSnapshot.Point>> stored = new HashMap<>();
    List<TrackingEvent> left = new ArrayList<>();
    for (TrackingEvent event : events) {
      left.add(
          event instanceof TrackingEvent.Metrics metrics
              ? without(metrics, run, http, stored)
              : event);
    }
    return left;
  }

  private static TrackingEvent without(
      TrackingEvent.Metrics event,
      ServerRun run,
      MlflowHttp http,
      Map<String, List<RunSnapshot.Point>> stored)
      throws ServerUnavailableException, RejectedException {
    RunSnapshot.Point same = new RunSnapshot.Point(event.step(), event.time(), Double.NaN);
    Map<String, Double> left = new LinkedHashMap<>();
    for (Map.Entry<String, Double> metric : event.values().entrySet()) {
      boolean there = false;
      if (metric.getValue().isNaN()) {
        String key = Limits.key(metric.getKey());
        if (!stored.containsKey(key)) {
          stored.put(key, MlflowRuns.history(http, run.id(), key));
        }
        there = stored.get(key).contains(same);
      }
      if (!there) {
        left.put(metric.getKey(), metric.getValue());
      }
    }
    return new TrackingEvent.Metrics(event.run(), event.time(), event.step(), left);
  }
}
