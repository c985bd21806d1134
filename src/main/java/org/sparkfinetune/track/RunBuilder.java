package org.sparkfinetune.track;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Puts a run together from its events. */
final class RunBuilder {
  private final String id;
  private String name = "";
  private String experiment = "";
  private String parent = "";
  private RunStatus status = RunStatus.RUNNING;
  private long start;
  private long end;
  private final Map<String, String> params = new LinkedHashMap<>();
  private final Map<String, String> tags = new LinkedHashMap<>();
  private final Map<String, List<RunSnapshot.Point>> metrics = new LinkedHashMap<>();
  private final Map<String, DatasetInfo> inputs = new LinkedHashMap<>();
  private final Map<String, RunSnapshot.ArtifactFile> artifacts = new LinkedHashMap<>();

  RunBuilder(String id) {
    this.id = id;
  }

  void add(TrackingEvent event) {
    if (event instanceof TrackingEvent.RunStarted started) {
      name = started.name();
      experiment = started.experiment();
      parent = started.parent();
      start = started.time();
      tags.putAll(started.tags());
      return;
    }
    // A run that goes on after its end has not ended.
    status = RunStatus.RUNNING;
    end = 0;
    if (event instanceof TrackingEvent.Params more) {
      more.values().forEach(params::putIfAbsent);
    } else if (event instanceof TrackingEvent.Metrics more) {
      more.values()
          .forEach(
              (metric, value) ->
                  metrics
                      .computeIfAbsent(metric, ignored -> new ArrayList<>())
                      .add(new RunSnapshot.Point(more.step(), more.time(), value)));
    } else if (event instanceof TrackingEvent.Tags more) {
      tags.putAll(more.values());
    } else if (event instanceof TrackingEvent.Input input) {
      inputs.put(input.context(), input.dataset());
    } else if (event instanceof TrackingEvent.Artifact artifact) {
      artifacts.put(
          artifact.path(), new RunSnapshot.ArtifactFile(artifact.source(), artifact.bytes()));
    } else if (event instanceof TrackingEvent.RunEnded ended) {
      status = ended.status();
      end = ended.time();
    }
  }

  RunSnapshot build() {
    return new RunSnapshot(
        id, name, experiment, parent, status, start, end, params, tags, metrics, inputs, artifacts);
  }
}
