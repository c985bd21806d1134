package io.sparkfinetune.tune;

import io.sparkfinetune.UserException;
import io.sparkfinetune.tune.RunningTrial.Stop;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Phaser;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Function;

/**
 * Runs the trials of a study, several at once, until the budget is spent. What goes wrong in a
 * trial is that trial's affair.
 */
public final class StudyRunner {
  /** When so many have failed and none has not, the next ones will as well. */
  static final int HOPELESS = 3;

  private static final long POLL_MILLIS = 200;

  /** Between two attempts to end a trial. */
  private static final Duration AGAIN = Duration.ofSeconds(1);

  /**
   * When a study ends.
   *
   * @param time after which no trial begins; zero for no limit
   * @param trialTimeout after which a trial is stopped and has failed; zero for no limit
   * @param patience finished trials without a better one after which no trial begins; 0 for no
   *     limit
   * @param grace what a trial has to end in after it was told to; then its thread is left to itself
   */
  public record Budget(Duration time, Duration trialTimeout, int patience, Duration grace) {}

  /** Hears of trials, from the threads that run them. */
  public interface Listener {
    /** A trial begins. */
    void began(RunningTrial trial);

    /**
     * A trial is over.
     *
     * @param result what the objective gave; empty when it gave nothing
     */
    void ended(Trial trial, Optional<Objective.Result> result);
  }

  private final Study study;
  private final Objective objective;
  private final Budget budget;
  private final Listener listener;
  private final Function<Throwable, String> failureText;
  private final Set<Attempt> running = ConcurrentHashMap.newKeySet();
  private final Phaser slots = new Phaser(1);
  private final AtomicReference<Throwable> broken = new AtomicReference<>();
  private final long begin = System.nanoTime();
  private volatile String enough = "";

  private StudyRunner(
      Study study,
      Objective objective,
      Budget budget,
      Listener listener,
      Function<Throwable, String> failureText) {
    this.study = study;
    this.objective = objective;
    this.budget = budget;
    this.listener = listener;
    this.failureText = failureText;
  }

  /**
   * Runs trials and waits for the last one.
   *
   * @param parallelism how many run at once
   * @param failureText what to note of an exception
   * @return why the study ended before it had all its trials; empty when it had them
   * @throws UserException when the first trials have all failed
   */
  public static String run(
      Study study,
      Objective objective,
      int parallelism,
      Budget budget,
      Listener listener,
      Function<Throwable, String> failureText) {
    StudyRunner runner = new StudyRunner(study, objective, budget, listener, failureText);
    for (int slot = 0; slot < parallelism; slot++) {
      runner.start(slot);
    }
    runner.watch();
    runner.throwIfBroken();
    runner.throwIfHopeless();
    return runner.enough;
  }

  private void start(int slot) {
    slots.register();
    Thread thread = new Thread(() -> work(slot), "trial slot " + slot);
    thread.setDaemon(true);
    thread.start();
  }

  private void work(int slot) {
    boolean left = false;
    try {
      while (!left && mayBegin()) {
        Optional<RunningTrial> trial = study.ask(slot);
        if (trial.isEmpty()) {
          return;
        }
        left = !new Attempt(trial.get(), slot).run();
      }
    } catch (Throwable e) {
      // Of the study itself, as a file that cannot be written: no trial's own.
      broken.compareAndSet(null, e);
    } finally {
      if (!left) {
        slots.arriveAndDeregister();
      }
    }
  }

  private boolean mayBegin() {
    if (broken.get() != null || !enough.isEmpty()) {
      return false;
    }
    if (!budget.time().isZero() && System.nanoTime() - begin >= budget.time().toNanos()) {
      enough = "its time of " + text(budget.time()) + " is over";
    } else if (budget.patience() > 0 && study.trialsSinceBest().orElse(0) >= budget.patience()) {
      enough = "the last " + budget.patience() + " trials were no better than the best";
    } else if (isHopeless()) {
      enough = "all trials failed";
    }
    return enough.isEmpty();
  }

  private boolean isHopeless() {
    List<Trial> finished =
        study.history().trials().stream().filter(trial -> trial.state().isFinished()).toList();
    return finished.size() >= HOPELESS
        && finished.stream().allMatch(trial -> trial.state() == TrialState.FAILED);
  }

  /** Waits for the slots, and meanwhile ends what has to be ended. */
  private void watch() {
    int phase = slots.arrive();
    while (true) {
      try {
        slots.awaitAdvanceInterruptibly(phase, POLL_MILLIS, TimeUnit.MILLISECONDS);
        return;
      } catch (TimeoutException e) {
        running.forEach(Attempt::check);
      } catch (InterruptedException e) {
        broken.compareAndSet(null, e);
        running.forEach(attempt -> attempt.trial.stop(Stop.CANCELLED));
      }
    }
  }

  private void throwIfBroken() {
    Throwable e = broken.get();
    if (e instanceof InterruptedException) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("the study was interrupted", e);
    } else if (e instanceof RuntimeException exception) {
      throw exception;
    } else if (e instanceof Error error) {
      throw error;
    }
  }

  private void throwIfHopeless() {
    if (isHopeless()) {
      List<Trial> failed = study.history().in(TrialState.FAILED);
      Trial last = failed.get(failed.size() - 1);
      throw new UserException(
          "the first %d trials all failed, the last with: %s. Try its setting alone with jobs/fine-tune (%s), or narrow tune.space"
              .formatted(failed.size(), last.reason(), last.params()));
    }
  }

  private static String text(Duration duration) {
    return duration.toSeconds() + " s";
  }

  /** One trial in its slot's thread. */
  private final class Attempt {
    private final RunningTrial trial;
    private final int slot;
    private final AtomicBoolean settled = new AtomicBoolean();
    private final long began = System.nanoTime();
    private long stoppedAt;
    private long lastTry;

    Attempt(RunningTrial trial, int slot) {
      this.trial = trial;
      this.slot = slot;
    }

    /** Whether the trial came to its end here; if not, nobody waits for this thread any more. */
    boolean run() {
      running.add(this);
      try {
        listener.began(trial);
        Optional<Objective.Result> result = Optional.empty();
        String failure = "the objective gave no result";
        try {
          result = Optional.ofNullable(objective.evaluate(trial));
        } catch (Throwable e) {
          failure = failureText.apply(e);
        } finally {
          trial.over();
          // What was to end the trial must not end what is done about it.
          Thread.interrupted();
        }
        if (settled.compareAndSet(false, true)) {
          listener.ended(settle(result, failure), result);
          return true;
        }
        return false;
      } finally {
        running.remove(this);
      }
    }

    private Trial settle(Optional<Objective.Result> result, String failure) {
      // Whoever came to his end has a value, even if he was told to stop at his last step.
      if (result.isPresent()) {
        return study.complete(trial.number(), result.get());
      }
      Stop stop = trial.stopped();
      if (stop == Stop.PRUNED) {
        return study.prune(trial.number());
      } else if (stop == Stop.TIMED_OUT) {
        return study.fail(trial.number(), timeout());
      } else if (stop == Stop.CANCELLED) {
        return study.giveBack(trial.number());
      }
      return study.fail(trial.number(), failure);
    }

    private String timeout() {
      return "it took longer than tune.trial_timeout=" + budget.trialTimeout().toSeconds() + " s";
    }

    /** From the watching thread alone. */
    void check() {
      long now = System.nanoTime();
      boolean late =
          !budget.trialTimeout().isZero() && now - began > budget.trialTimeout().toNanos();
      if (late && !trial.isStopped()) {
        trial.stop(Stop.TIMED_OUT);
      }
      if (!trial.isStopped()) {
        return;
      }
      if (stoppedAt == 0) {
        stoppedAt = now;
        lastTry = now;
      }
      if (now - lastTry > AGAIN.toNanos()) {
        // Between two Spark jobs of a trial there is nothing to cancel yet.
        lastTry = now;
        trial.stop(trial.stopped());
      }
      if (now - stoppedAt > budget.grace().toNanos() && settled.compareAndSet(false, true)) {
        leave();
      }
    }

    /** Its thread hangs: another one takes its slot. */
    private void leave() {
      running.remove(this);
      try {
        listener.ended(
            settle(Optional.empty(), "it did not end when it was told to"), Optional.empty());
        start(slot);
      } catch (RuntimeException e) {
        broken.compareAndSet(null, e);
      } finally {
        slots.arriveAndDeregister();
      }
    }
  }
}
