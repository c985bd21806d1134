package org.sparkfinetune.tune;

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
import java.util.function.BooleanSupplier;
import java.util.function.Function;
import org.sparkfinetune.UserException;
import org.sparkfinetune.tune.Trial.Stop;

/**
 * Runs the trials of a study, several at once, until the budget is spent. What goes wrong in a
 * trial is that trial's affair.
 */
public final class StudyRunner {
  /** When so many have failed in a run and none has not, the next ones will as well. */
  static final int HOPELESS = 3;

  private static final long POLL_MILLIS = 200;

  /** Between two attempts to end a trial. */
  private static final Duration AGAIN = Duration.ofSeconds(1);

  /**
   * When a study ends.
   *
   * @param time after which no trial begins; zero for no limit
   * @param trialTimeout after which a trial is stopped and has failed; zero for no limit
   * @param patience complete and pruned trials without a better one after which no trial begins; 0
   *     for no limit
   * @param grace what a trial has to end in after it was told to; then its thread is left to itself
   */
  public record Budget(Duration time, Duration trialTimeout, int patience, Duration grace) {}

  /** Hears of trials, from the threads that run them. */
  public interface Listener {
    /** A trial begins. */
    void began(Trial trial);

    /**
     * A trial is over.
     *
     * @param result what the objective gave; empty when it gave nothing
     */
    void ended(FrozenTrial trial, Optional<Objective.Result> result);
  }

  private final Study study;
  private final Objective objective;
  private final Budget budget;
  private final Listener listener;
  private final Function<Throwable, String> failureText;
  private final BooleanSupplier stopping;

  /** Those whose threads have not ended, also where nobody waits for them any more. */
  private final Set<Attempt> running = ConcurrentHashMap.newKeySet();

  private final Phaser slots = new Phaser(1);
  private final AtomicReference<Throwable> broken = new AtomicReference<>();
  private final long begin = System.nanoTime();
  private volatile String enough = "";

  /** Trials that have begun and of which nothing is known yet. */
  private int open;

  /** Trials that have failed in this run. */
  private int failed;

  private StudyRunner(
      Study study,
      Objective objective,
      Budget budget,
      Listener listener,
      Function<Throwable, String> failureText,
      BooleanSupplier stopping) {
    this.study = study;
    this.objective = objective;
    this.budget = budget;
    this.listener = listener;
    this.failureText = failureText;
    this.stopping = stopping;
  }

  /**
   * Runs trials and waits for the last one.
   *
   * @param parallelism how many run at once
   * @param failureText what to note of an exception
   * @param stopping whether that on which trials run is ending: what fails then has to run again,
   *     and no trial begins any more
   * @return why the study ended before it had all its trials; empty when it had them
   * @throws UserException when the first trials have all failed
   * @throws IllegalStateException when the study was interrupted, or that on which trials run ended
   */
  public static String run(
      Study study,
      Objective objective,
      int parallelism,
      Budget budget,
      Listener listener,
      Function<Throwable, String> failureText,
      BooleanSupplier stopping) {
    StudyRunner runner = new StudyRunner(study, objective, budget, listener, failureText, stopping);
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
      while (!left) {
        Optional<Attempt> next = next(slot);
        if (next.isEmpty()) {
          return;
        }
        left = !next.get().run();
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

  /** The next trial of a slot; empty when none may begin. */
  private synchronized Optional<Attempt> next(int slot) throws InterruptedException {
    // Those that run now may yet show that the study has hope.
    while (broken.get() == null && onlyFailures() && open > 0) {
      wait(POLL_MILLIS);
    }
    if (!mayBegin()) {
      return Optional.empty();
    }
    Optional<Attempt> next = study.ask(slot).map(trial -> new Attempt(trial, slot));
    next.ifPresent(
        attempt -> {
          running.add(attempt);
          open++;
        });
    return next;
  }

  private boolean mayBegin() {
    if (stopping.getAsBoolean()) {
      breakOff("no trial can begin");
    }
    if (broken.get() != null || !enough.isEmpty()) {
      return false;
    }
    if (!budget.time().isZero() && System.nanoTime() - begin >= budget.time().toNanos()) {
      enough = "its time of " + text(budget.time()) + " is over";
    } else if (budget.patience() > 0 && study.trialsSinceBest().orElse(0) >= budget.patience()) {
      enough = "the last " + budget.patience() + " trials were no better than the best";
    } else if (onlyFailures()) {
      enough = "all trials failed";
    }
    return enough.isEmpty();
  }

  private void breakOff(String why) {
    broken.compareAndSet(
        null,
        new IllegalStateException(
            "what the trials run on has ended (%s): go on with resume=true".formatted(why)));
  }

  /** Those of a run before say nothing: their cause may be gone. */
  private synchronized boolean onlyFailures() {
    return failed >= HOPELESS
        && study.history().trials().stream()
            .noneMatch(
                trial ->
                    trial.state() == TrialState.COMPLETE || trial.state() == TrialState.PRUNED);
  }

  private synchronized void account(FrozenTrial trial) {
    open--;
    if (trial.state() == TrialState.FAILED) {
      failed++;
    }
    notifyAll();
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
    if (onlyFailures()) {
      List<FrozenTrial> failures = study.history().in(TrialState.FAILED);
      FrozenTrial last = failures.get(failures.size() - 1);
      throw new UserException(
          "the first %s trials all failed, the last with: %s. Try its setting alone with jobs/fine-tune (%s), or narrow the search space (tune.space)"
              .formatted(failures.size(), last.reason(), last.params()));
    }
  }

  private static String text(Duration duration) {
    return duration.toSeconds() + " s";
  }

  /** One trial in its slot's thread. */
  private final class Attempt {
    private final Trial trial;
    private final int slot;
    private final AtomicBoolean settled = new AtomicBoolean();
    private final long began = System.nanoTime();
    private long stoppedAt;
    private long lastTry;
    private Thread stopper;

    Attempt(Trial trial, int slot) {
      this.trial = trial;
      this.slot = slot;
    }

    /** Whether the trial came to its end here; if not, nobody waits for this thread any more. */
    boolean run() {
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
          end(result, failure);
          return true;
        }
        return false;
      } finally {
        running.remove(this);
      }
    }

    private void end(Optional<Objective.Result> result, String failure) {
      FrozenTrial ended = settle(result, failure);
      account(ended);
      listener.ended(ended, result);
    }

    private FrozenTrial settle(Optional<Objective.Result> result, String failure) {
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
      } else if (stopping.getAsBoolean()) {
        breakOff("trial " + trial.number() + ": " + failure);
        return study.giveBack(trial.number());
      }
      return study.fail(trial.number(), failure);
    }

    private String timeout() {
      return "it took longer than the "
          + budget.trialTimeout().toSeconds()
          + " s that a trial may take (tune.trial_timeout)";
    }

    /** From the watching thread alone. */
    void check() {
      long now = System.nanoTime();
      if (!trial.isStopped()) {
        boolean late =
            !budget.trialTimeout().isZero() && now - began > budget.trialTimeout().toNanos();
        if (broken.get() != null) {
          stop(Stop.CANCELLED);
        } else if (late) {
          stop(Stop.TIMED_OUT);
        } else {
          return;
        }
      }
      if (stoppedAt == 0) {
        stoppedAt = now;
        lastTry = now;
      }
      if (now - lastTry > AGAIN.toNanos()) {
        // Between two Spark jobs of a trial there is nothing to cancel yet.
        lastTry = now;
        stop(trial.stopped());
      }
      if (now - stoppedAt > budget.grace().toNanos() && settled.compareAndSet(false, true)) {
        leave();
      }
    }

    /** In a thread of its own: what an objective does about it may block. */
    private void stop(Stop why) {
      if (stopper == null || !stopper.isAlive()) {
        stopper = new Thread(() -> trial.stop(why), "stop of trial " + trial.number());
        stopper.setDaemon(true);
        stopper.start();
      }
    }

    /** Its thread hangs: another one takes its slot. */
    private void leave() {
      try {
        end(Optional.empty(), "it did not end when it was told to");
        start(slot);
      } catch (RuntimeException e) {
        broken.compareAndSet(null, e);
      } finally {
        slots.arriveAndDeregister();
      }
    }
  }
}
