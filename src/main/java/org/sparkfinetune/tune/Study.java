package org.sparkfinetune.tune;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.IntStream;
import org.sparkfinetune.UserException;

/**
 * All trials of a search. It says what to try next, takes the results, and keeps both in a file,
 * from which another process can continue the search. Thread-safe.
 */
public final class Study implements AutoCloseable {
  /** The reason of a trial that has to be run again. */
  private static final String INTERRUPTED = "interrupted";

  private final StudyDefinition plan;
  private final StudyStorage file;
  private final SortedMap<Integer, FrozenTrial> trials = new TreeMap<>();

  private Study(StudyDefinition plan, StudyStorage file) {
    this.plan = plan;
    this.file = file;
  }

  /**
   * Begins a study.
   *
   * @param enqueued settings to try first, of some or all parameters
   * @throws UserException as {@link #check} does
   */
  public static Study begin(
      StudyDefinition plan, List<Map<String, Object>> enqueued, StudyStorage file) {
    check(plan, enqueued);
    Study study = new Study(plan, file);
    for (Map<String, Object> params : enqueued) {
      int number = study.trials.size();
      study.trials.put(number, FrozenTrial.waiting(number, params, Map.of()));
    }
    study.save();
    return study;
  }

  /**
   * Checks settings to try first.
   *
   * @throws UserException when one is not in the search space, or there are more than trials
   */
  public static void check(StudyDefinition plan, List<Map<String, Object>> enqueued) {
    if (enqueued.size() > plan.nTrials()) {
      throw new UserException(
          "%s settings are enqueued (tune.enqueue) for %s trials (tune.n_trials): expected at most so many; enqueue fewer, or run more trials"
              .formatted(enqueued.size(), plan.nTrials()));
    }
    enqueued.forEach(params -> holding(plan, params));
  }

  private static SearchSpace holding(StudyDefinition plan, Map<String, Object> enqueued) {
    try {
      return plan.space().holding(enqueued);
    } catch (UserException e) {
      throw new UserException("an enqueued setting (tune.enqueue): " + e.getMessage(), e);
    }
  }

  /**
   * Goes on with a study that a process before has left: what was finished stays, what ran has to
   * run again.
   *
   * @throws UserException when the file is none, or is another study's; or when a setting that was
   *     enqueued, and has not been tried, is no longer in the search space
   */
  public static Study resume(StudyDefinition plan, StudyStorage file) {
    Study study = new Study(plan, file);
    for (FrozenTrial trial : file.read(plan)) {
      if (trial.distributions().isEmpty() && trial.state() == TrialState.WAITING) {
        holding(plan, trial.params());
      }
      study.trials.put(
          trial.number(), trial.state() == TrialState.RUNNING ? interrupted(trial) : trial);
    }
    study.save();
    return study;
  }

  private static FrozenTrial interrupted(FrozenTrial trial) {
    return new FrozenTrial(
        trial.number(),
        TrialState.WAITING,
        trial.params(),
        trial.distributions(),
        List.of(),
        trial.intermediateValues(),
        List.of(),
        0,
        0,
        -1,
        INTERRUPTED);
  }

  /** What is searched, and how. */
  public StudyDefinition plan() {
    return plan;
  }

  /** How things stand. */
  public synchronized History history() {
    return new History(plan.directions(), List.copyOf(trials.values()));
  }

  /**
   * The next trial, which then counts as running; empty when there are as many as there may be.
   *
   * @param slot where it will run
   */
  public synchronized Optional<Trial> ask(int slot) {
    List<FrozenTrial> waiting = history().in(TrialState.WAITING);
    if (trials.size() - waiting.size() >= (waiting.isEmpty() ? limit() : plan.nTrials())) {
      return Optional.empty();
    }
    int number = trials.isEmpty() ? 0 : trials.lastKey() + 1;
    FrozenTrial next =
        waiting.isEmpty() ? FrozenTrial.waiting(number, Map.of(), Map.of()) : waiting.get(0);
    if (next.distributions().isEmpty()) {
      Map<String, Object> params =
          plan.sampler().sample(history(), holding(plan, next.params()), next.number());
      next = FrozenTrial.waiting(next.number(), params, plan.space().distributions(params));
    }
    Trial running = new Trial(next, this::report);
    trials.put(next.number(), next.started(slot, System.currentTimeMillis()));
    save();
    return Optional.of(running);
  }

  /** How many trials there can be in all. */
  public synchronized int limit() {
    int size = plan.sampler().size(plan.space());
    return size >= plan.nTrials()
        ? plan.nTrials()
        : Math.min(plan.nTrials(), size + trialsBesideTheSpace());
  }

  /** Trials that have taken none of the space's settings: of one tried before, or from outside. */
  private int trialsBesideTheSpace() {
    List<Map<String, Object>> tried =
        trials.values().stream()
            .filter(trial -> !trial.distributions().isEmpty())
            .map(FrozenTrial::params)
            .toList();
    long taken = tried.stream().distinct().filter(plan.space()::contains).count();
    return (int) (tried.size() - taken);
  }

  /** Notes an intermediate value; whether the trial should stop. */
  synchronized boolean report(int number, int step, double value) {
    FrozenTrial trial = trials.get(number);
    if (trial.state() != TrialState.RUNNING || trial.intermediateValues().containsKey(step)) {
      return false;
    }
    FrozenTrial reported = trial.reported(step, value);
    trials.put(number, reported);
    file.saveSoon(this::snapshot);
    return plan.pruner().shouldPrune(history(), reported);
  }

  /** Notes what came of a trial. */
  public synchronized FrozenTrial complete(int number, Objective.Result result) {
    if (result.values().size() != plan.directions().size()) {
      return fail(
          number,
          "the objective gave %s values: expected %s"
              .formatted(result.values().size(), plan.directions().size()));
    }
    int bad =
        IntStream.range(0, result.values().size())
            .filter(i -> Double.isNaN(result.values().get(i)))
            .findFirst()
            .orElse(-1);
    if (bad >= 0) {
      return fail(number, plan.objectives().get(bad) + " is not a number");
    }
    return finish(number, TrialState.COMPLETE, result.values(), result.constraints(), "");
  }

  /** Notes that a trial was stopped because others were better. */
  public synchronized FrozenTrial prune(int number) {
    SortedMap<Integer, Double> values = trials.get(number).intermediateValues();
    // As Optuna: its last value is its value.
    return finish(
        number,
        TrialState.PRUNED,
        List.of(values.get(values.lastKey())),
        List.of(),
        "pruned at step " + values.lastKey());
  }

  /** Notes why a trial has no value. */
  public synchronized FrozenTrial fail(int number, String reason) {
    return finish(number, TrialState.FAILED, List.of(), List.of(), reason);
  }

  /** Gives a trial back that could not be ended: it has to run again. */
  public synchronized FrozenTrial giveBack(int number) {
    FrozenTrial again = interrupted(trials.get(number));
    trials.put(number, again);
    save();
    return again;
  }

  private FrozenTrial finish(
      int number, TrialState state, List<Double> values, List<Double> constraints, String reason) {
    FrozenTrial finished =
        trials.get(number).finished(state, values, constraints, System.currentTimeMillis(), reason);
    trials.put(number, finished);
    save();
    return finished;
  }

  /**
   * Trials, complete or pruned, that have ended since the best one did; empty before there is a
   * best one. Failed ones do not count: they say nothing of how good their settings are.
   */
  public synchronized OptionalInt trialsSinceBest() {
    History history = history();
    Optional<FrozenTrial> best = history.best();
    return best.isEmpty()
        ? OptionalInt.empty()
        : OptionalInt.of(
            (int)
                history.trials().stream()
                    .filter(t -> t.state().isFinished() && t.state() != TrialState.FAILED)
                    .filter(t -> t.end() > best.get().end())
                    .count());
  }

  private StudyStorage.Content snapshot() {
    return new StudyStorage.Content(plan, history());
  }

  private void save() {
    file.save(snapshot());
  }

  /** Writes what is to be written. */
  @Override
  public void close() {
    file.close();
  }
}
