package org.sparkfinetune.track;

import java.util.Map;

/**
 * Something that happened to a run. Immutable; a line of a journal holds one. A run is named by an
 * id of this project's own, which it has before any server knows of it.
 */
public sealed interface TrackingEvent {
  /** The run that it happened to. */
  String run();

  /** When, in milliseconds since 1970. */
  long time();

  /**
   * A run began.
   *
   * @param name for people
   * @param experiment the name of the experiment that it belongs to
   * @param parent the id of the run that it is a part of; empty for a run of its own
   * @param serverRun the id of a run that the server has already, which this one continues; empty
   *     to make a new one
   * @param tags to begin with
   */
  record RunStarted(
      String run,
      long time,
      String name,
      String experiment,
      String parent,
      String serverRun,
      Map<String, String> tags)
      implements TrackingEvent {}

  /** Settings, whose values never change. */
  record Params(String run, long time, Map<String, String> values) implements TrackingEvent {}

  /**
   * Measurements at one step. Values may be infinite or not a number.
   *
   * @param step optimizer steps done, or what else counts the run's progress
   */
  record Metrics(String run, long time, long step, Map<String, Double> values)
      implements TrackingEvent {}

  /** Tags; the newest value of each counts. */
  record Tags(String run, long time, Map<String, String> values) implements TrackingEvent {}

  /**
   * Rows that the run read.
   *
   * @param context what for: {@code training}, {@code validation} or {@code test}
   */
  record Input(String run, long time, String context, DatasetInfo dataset)
      implements TrackingEvent {}

  /**
   * A file of the run's.
   *
   * @param path where it belongs among the run's artifacts, with {@code /} between folders
   * @param model the path of the folder that is, or will be, a {@link Model} and that it belongs
   *     to; empty for none
   * @param source where it lies, on any Hadoop file system
   * @param bytes its size
   * @param sha256 of its content, in hexadecimal
   */
  record Artifact(
      String run, long time, String path, String model, String source, long bytes, String sha256)
      implements TrackingEvent {
    /** A line that lacks a model is of a file that belongs to none. */
    public Artifact {
      model = model == null ? "" : model;
    }

    /**
     * Whether a path names a place among a run's artifacts, and none outside: it is relative, has
     * no {@code ..}, and nothing that a file system or a server might take for another address.
     */
    public static boolean isPlace(String path) {
      for (String part : path.split("/", -1)) {
        if (part.isEmpty() || part.equals(".") || part.equals("..")) {
          return false;
        }
      }
      boolean odd = path.chars().anyMatch(c -> c == '\\' || Character.isISOControl(c));
      return !odd && !path.matches("[^/]*:.*");
    }
  }

  /**
   * A model: a folder of artifacts that have been logged before as its own, with an {@code MLmodel}
   * file among them.
   *
   * @param path the folder among the run's artifacts
   * @param registeredName the registered model to make a version of; empty for none
   * @param alias the alias that is to point at that version; empty for none
   * @param tags of that version
   */
  record Model(
      String run,
      long time,
      String path,
      String registeredName,
      String alias,
      Map<String, String> tags)
      implements TrackingEvent {}

  /** The run ended. */
  record RunEnded(String run, long time, RunStatus status) implements TrackingEvent {}
}
