package org.sparkfinetune.track.mlflow;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.hadoop.conf.Configuration;
import org.sparkfinetune.UserException;
import org.sparkfinetune.track.RunStatus;
import org.sparkfinetune.track.Sink;
import org.sparkfinetune.track.TrackingEvent;

/** Delivers events to an MLflow tracking server, of MLflow 2 or 3. For one thread at a time. */
public final class MlflowSink implements Sink {
  private static final Duration CONNECT = Duration.ofSeconds(10);
  private static final Duration REQUEST = Duration.ofSeconds(30);

  private final MlflowHttp http;
  private final Configuration hadoop;
  private final ServerRuns runs;
  private final ModelPublisher models;
  private final RunInputs inputs;
  private int paramValue = Limits.PARAM_VALUE;

  private MlflowSink(MlflowHttp http, Configuration hadoop, Path stateFolder) {
    this.http = http;
    this.hadoop = hadoop;
    runs = new ServerRuns(http, stateFolder);
    models = new ModelPublisher(http, hadoop);
    inputs = new RunInputs(http);
  }

  /**
   * Opens a server without asking it anything.
   *
   * @param trackingUri {@code http(s)://HOST}, {@code databricks} or {@code databricks://PROFILE};
   *     credentials are those of the environment, as MLflow's clients take them
   * @param stateFolder for a file that saves searching the server for runs
   * @throws UserException when it is no such address
   */
  public static Sink open(String trackingUri, Configuration hadoop, Path stateFolder) {
    return open(trackingUri, hadoop, stateFolder, CONNECT, REQUEST);
  }

  static Sink open(
      String trackingUri,
      Configuration hadoop,
      Path stateFolder,
      Duration connectTimeout,
      Duration timeout) {
    MlflowHttp http = new MlflowHttp(MlflowHost.of(trackingUri), connectTimeout, timeout);
    return new MlflowSink(http, hadoop, stateFolder);
  }

  @Override
  public void deliver(List<TrackingEvent> events)
      throws ServerUnavailableException, RefusedException {
    int next = 0;
    while (next < events.size()) {
      int end = next + 1;
      while (RunBatch.takes(events.get(next))
          && end < events.size()
          && RunBatch.takes(events.get(end))
          && events.get(end).run().equals(events.get(next).run())) {
        end++;
      }
      try {
        deliver(events, next, end);
      } catch (ServerUnavailableException e) {
        throw e.after(next);
      }
      next = end;
    }
  }

  /** One event, or several that go into a batch; if that is refused, the one that is to blame. */
  private void deliver(List<TrackingEvent> events, int from, int to)
      throws ServerUnavailableException, RefusedException {
    try {
      send(events.subList(from, to));
    } catch (RejectedException e) {
      if (to - from == 1) {
        throw new RefusedException(from, e.getMessage(), e);
      }
      int middle = (from + to) / 2;
      deliver(events, from, middle);
      deliver(events, middle, to);
    }
  }

  private void send(List<TrackingEvent> events)
      throws ServerUnavailableException, RejectedException {
    TrackingEvent event = events.get(0);
    if (event instanceof TrackingEvent.RunStarted start) {
      start(start);
      return;
    }
    ServerRun run = runs.find(event.run());
    if (RunBatch.takes(event)) {
      batch(events, run);
    } else if (event instanceof TrackingEvent.Input input) {
      inputs.log(input, run);
    } else if (event instanceof TrackingEvent.Artifact artifact) {
      artifact(artifact, run);
    } else if (event instanceof TrackingEvent.Model model) {
      models.publish(model, run);
    } else if (event instanceof TrackingEvent.RunEnded end) {
      ObjectNode update = MlflowHttp.JSON.createObjectNode().put("run_id", run.id());
      update.put("status", end.status().name());
      if (end.status() != RunStatus.RUNNING) {
        update.put("end_time", end.time());
      }
      http.post("runs/update", update);
    }
  }

  /** Whatever comes of a run needs its beginning: one that is refused waits until it is not. */
  private void start(TrackingEvent.RunStarted event)
      throws ServerUnavailableException, RejectedException {
    ServerRun run;
    try {
      run = runs.start(event);
    } catch (RejectedException e) {
      throw new ServerUnavailableException(
          "the run " + event.name() + " cannot begin on " + http.address() + ": " + e.getMessage(),
          Duration.ZERO,
          e);
    }
    Map<String, String> tags = new LinkedHashMap<>(event.tags());
    tags.entrySet().removeIf(Limits::isTag);
    if (!tags.isEmpty()) {
      batch(List.of(new TrackingEvent.Tags(event.run(), event.time(), tags)), run);
    }
  }

  private void batch(List<TrackingEvent> events, ServerRun run)
      throws ServerUnavailableException, RejectedException {
    try {
      batch(events, run, paramValue, Limits.METRICS);
    } catch (RejectedException e) {
      List<TrackingEvent> left = StoredNans.without(events, run, http);
      if (left.equals(events) && metrics(events) <= Limits.REPEATED_METRICS) {
        shorter(events, run, e);
      } else {
        repeat(left, run);
      }
    }
  }

  /** MLflow 2 takes measurements that it has already, but not of more than a hundred names. */
  private void repeat(List<TrackingEvent> events, ServerRun run)
      throws ServerUnavailableException, RejectedException {
    try {
      batch(events, run, paramValue, Limits.REPEATED_METRICS);
    } catch (RejectedException e) {
      shorter(events, run, e);
    }
  }

  private static int metrics(List<TrackingEvent> events) {
    return events.stream()
        .mapToInt(
            event -> event instanceof TrackingEvent.Metrics metrics ? metrics.values().size() : 0)
        .sum();
  }

  /** Servers before 2.8 take shorter values. */
  private void shorter(List<TrackingEvent> events, ServerRun run, RejectedException refusal)
      throws ServerUnavailableException, RejectedException {
    if (paramValue == Limits.OLD_PARAM_VALUE || !hasLongParam(events)) {
      throw refusal;
    }
    batch(events, run, Limits.OLD_PARAM_VALUE, Limits.REPEATED_METRICS);
    paramValue = Limits.OLD_PARAM_VALUE;
  }

  private void batch(List<TrackingEvent> events, ServerRun run, int paramLimit, int metricLimit)
      throws ServerUnavailableException, RejectedException {
    RunBatch batch =
        new RunBatch(
            http, run, ArtifactStore.at(run.artifacts(), http, hadoop), paramLimit, metricLimit);
    for (TrackingEvent event : events) {
      batch.add(event);
    }
    batch.send();
  }

  private static boolean hasLongParam(List<TrackingEvent> events) {
    return events.stream()
        .anyMatch(
            event ->
                event instanceof TrackingEvent.Params params
                    && params.values().values().stream()
                        .anyMatch(value -> value.length() > Limits.OLD_PARAM_VALUE));
  }

  private void artifact(TrackingEvent.Artifact event, ServerRun run)
      throws ServerUnavailableException, RejectedException {
    if (!TrackingEvent.Artifact.isPlace(event.path())) {
      throw new RejectedException(0, "", event.path() + " is no place among a run's artifacts");
    }
    ArtifactStore store = ArtifactStore.at(run.artifacts(), http, hadoop);
    String place = event.path();
    if (!event.model().isEmpty()) {
      ModelPublisher.Place ofModel = models.place(event.model(), run, event.run());
      store = ofModel.store();
      place = ofModel.below(event.path().substring(event.model().length() + 1));
    }
    Optional<String> trouble = ArtifactSource.trouble(event, hadoop);
    if (trouble.isEmpty()) {
      org.apache.hadoop.fs.Path source = new org.apache.hadoop.fs.Path(event.source());
      store.write(place, event.bytes(), ArtifactSource.content(source, hadoop));
    } else if (!store.has(place, event.bytes(), event.sha256())) {
      throw new RejectedException(0, "", trouble.get());
    }
  }

  @Override
  public String address(String run) {
    return runs.known(run)
        .map(known -> page(http.address(), known.experiment(), known.id()))
        .orElse("");
  }

  /** The page of a run, for a browser. */
  static String page(String address, String experiment, String run) {
    return address + "/#/experiments/" + experiment + "/runs/" + run;
  }

  @Override
  public void close() {
    // Connections end with their last request.
  }
}
