package org.sparkfinetune.tune;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.sparkfinetune.UserException;
import org.sparkfinetune.tune.sampler.GridSampler;
import org.sparkfinetune.tune.sampler.RandomSampler;

/** Trials in threads, whatever goes wrong in them. */
@Timeout(60)
class StudyRunnerTest {
  private static final SearchSpace SPACE =
      SearchSpace.of(Map.of("x", new FloatDistribution(0, 1, false, 0)));
  private static final StudyRunner.Listener QUIET =
      new StudyRunner.Listener() {
        @Override
        public void began(Trial trial) {}

        @Override
        public void ended(FrozenTrial trial, Optional<Objective.Result> result) {}
      };

  @TempDir Path folder;

  private static StudyRunner.Budget unlimited() {
    return new StudyRunner.Budget(Duration.ZERO, Duration.ZERO, 0, Duration.ofSeconds(30));
  }

  private Study study(Sampler sampler, SearchSpace space, Pruner pruner, int trials)
      throws IOException {
    StudyDefinition plan =
        new StudyDefinition(
            "test", List.of("loss"), List.of(Direction.MINIMIZE), space, sampler, pruner, trials);
    return Study.begin(plan, List.of(), file());
  }

  private StudyStorage file() throws IOException {
    return StudyStorage.open(
        new org.apache.hadoop.fs.Path(folder.resolve("study.json").toUri()), new Configuration());
  }

  private Study study(int trials) throws IOException {
    return study(new RandomSampler(3), SPACE, (history, trial) -> false, trials);
  }

  private static String run(
      Study study, Objective objective, int parallelism, StudyRunner.Budget budget) {
    return StudyRunner.run(
        study,
        objective,
        parallelism,
        budget,
        QUIET,
        e -> String.valueOf(e.getMessage()),
        () -> false);
  }

  /** Notes each trial that has ended, as often as it is told. */
  private record Ended(List<FrozenTrial> trials) implements StudyRunner.Listener {
    Ended() {
      this(new CopyOnWriteArrayList<>());
    }

    @Override
    public void began(Trial trial) {}

    @Override
    public void ended(FrozenTrial trial, Optional<Objective.Result> result) {
      trials.add(trial);
    }
  }

  private static void waitUntilStopped(Trial trial) throws InterruptedException {
    CountDownLatch stopped = new CountDownLatch(1);
    trial.onStop(stopped::countDown);
    stopped.await();
  }

  private static Objective.Result result(double value) {
    return new Objective.Result(List.of(value), List.of(), Map.of());
  }

  private static double x(Trial trial) {
    return (double) trial.params().get("x");
  }

  @Test
  void runsAsManyAtOnceAsItMay() throws IOException {
    Study study = study(12);
    CyclicBarrier four = new CyclicBarrier(4);
    AtomicInteger now = new AtomicInteger();
    AtomicInteger most = new AtomicInteger();

    String why =
        run(
            study,
            trial -> {
              most.accumulateAndGet(now.incrementAndGet(), Math::max);
              four.await();
              now.decrementAndGet();
              return result(x(trial));
            },
            4,
            unlimited());

    assertThat(why).isEmpty();
    assertThat(most).hasValue(4);
    assertThat(study.history().in(TrialState.COMPLETE)).hasSize(12);
    assertThat(study.history().trials()).extracting(FrozenTrial::slot).contains(0, 1, 2, 3);
  }

  @Test
  void aGridIsTheSameWhateverRunsAtOnce() throws IOException {
    SearchSpace space =
        SearchSpace.of(
            Map.of(
                "x",
                new FloatDistribution(0, 1, false, 0.25),
                "y",
                new IntDistribution(1, 3, false, 1)));
    Objective objective = trial -> result(x(trial) * (long) trial.params().get("y"));
    Study alone = study(new GridSampler(), space, (history, trial) -> false, 100);
    run(alone, objective, 1, unlimited());
    Study together = study(new GridSampler(), space, (history, trial) -> false, 100);
    run(together, objective, 4, unlimited());

    assertThat(alone.history().trials()).hasSize(15);
    assertThat(together.history().trials())
        .usingRecursiveComparison()
        .ignoringFields("start", "end", "slot")
        .isEqualTo(alone.history().trials());
  }

  @Test
  void aTrialThatThrowsIsThatTrialsAffair() throws IOException {
    Study study = study(6);

    run(
        study,
        trial -> {
          switch (trial.number()) {
            case 1 -> throw new UserException("the loss is no longer finite");
            case 2 -> throw new StackOverflowError("deep");
            case 3 -> {
              return null;
            }
            default -> {
              return result(1);
            }
          }
        },
        2,
        unlimited());

    assertThat(study.history().trials())
        .extracting(trial -> trial.state() + " " + trial.reason())
        .containsExactly(
            "COMPLETE ",
            "FAILED the loss is no longer finite",
            "FAILED deep",
            "FAILED the objective gave no result",
            "COMPLETE ",
            "COMPLETE ");
  }

  @Test
  void endsWhenTheFirstAllFail() throws IOException {
    Study study = study(50);

    assertThatThrownBy(
            () ->
                run(
                    study,
                    trial -> {
                      throw new IllegalStateException("no memory");
                    },
                    1,
                    unlimited()))
        .isInstanceOf(UserException.class)
        .hasMessageContaining("the first 3 trials all failed")
        .hasMessageContaining("no memory")
        .hasMessageContaining("tune.space");
    assertThat(study.history().trials()).hasSize(3);
  }

  @Test
  void oneTrialThatDoesNotFailIsHopeEnough() throws IOException {
    Study study = study(8);
    CountDownLatch threeHaveFailed = new CountDownLatch(3);

    String why =
        run(
            study,
            trial -> {
              if (trial.number() == 0) {
                threeHaveFailed.await();
                // Until the other slot has asked for more, if it does.
                Thread.sleep(300);
                return result(1);
              }
              if (trial.number() > 3) {
                return result(2);
              }
              threeHaveFailed.countDown();
              throw new IllegalStateException("diverged");
            },
            2,
            unlimited());

    assertThat(why).isEmpty();
    assertThat(study.history().in(TrialState.COMPLETE)).hasSize(5);
    assertThat(study.history().in(TrialState.FAILED)).hasSize(3);
  }

  @Test
  void whatRunsBesideFailuresIsWaitedForAndMayFailAsWell() throws IOException {
    Study study = study(50);
    CountDownLatch threeHaveFailed = new CountDownLatch(3);

    assertThatThrownBy(
            () ->
                run(
                    study,
                    trial -> {
                      if (trial.number() == 0) {
                        threeHaveFailed.await();
                        Thread.sleep(300);
                      } else {
                        threeHaveFailed.countDown();
                      }
                      throw new IllegalStateException("no memory");
                    },
                    2,
                    unlimited()))
        .hasMessageContaining("the first 4 trials all failed");
    assertThat(study.history().trials()).hasSize(4);
  }

  @Test
  void failuresOfARunBeforeAreNoReasonToEnd() throws IOException {
    Study study = study(10);
    assertThatThrownBy(
            () ->
                run(
                    study,
                    trial -> {
                      throw new IllegalStateException("the disk is full");
                    },
                    1,
                    unlimited()))
        .isInstanceOf(UserException.class);
    Study again = Study.resume(study.plan(), file());

    run(again, trial -> result(1), 2, unlimited());

    assertThat(again.history().in(TrialState.FAILED)).hasSize(3);
    assertThat(again.history().in(TrialState.COMPLETE)).hasSize(7);
  }

  @Test
  void whatFailsSinceEverythingEndsRunsAgain() throws IOException {
    Study study = study(20);
    AtomicBoolean ending = new AtomicBoolean();
    CyclicBarrier both = new CyclicBarrier(2);
    Ended ended = new Ended();

    assertThatThrownBy(
            () ->
                StudyRunner.run(
                    study,
                    trial -> {
                      if (trial.number() < 2) {
                        return result(1);
                      }
                      both.await();
                      ending.set(true);
                      throw new IllegalStateException("the context has stopped");
                    },
                    2,
                    unlimited(),
                    ended,
                    Throwable::getMessage,
                    ending::get))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageMatching(
            "what the trials run on has ended [(]trial [23]: the context has stopped[)]: go on with"
                + " resume=true");

    assertThat(study.history().trials())
        .extracting(trial -> trial.state() + " " + trial.reason())
        .containsExactly("COMPLETE ", "COMPLETE ", "WAITING interrupted", "WAITING interrupted");
    assertThat(ended.trials()).hasSize(4);
  }

  @Test
  void anInterruptReachesEveryTrialAlsoOneThatIsJustAskedFor() throws Exception {
    Thread runner = Thread.currentThread();
    CountDownLatch first = new CountDownLatch(1);
    CountDownLatch firstIsTold = new CountDownLatch(1);
    Sampler slow =
        (history, space, number) -> {
          if (number == 1) {
            try {
              first.await();
              runner.interrupt();
              firstIsTold.await();
            } catch (InterruptedException e) {
              throw new IllegalStateException(e);
            }
          }
          return Map.of("x", 0.5);
        };
    Study study = study(slow, SPACE, (history, trial) -> false, 5);

    assertThatThrownBy(
            () ->
                run(
                    study,
                    trial -> {
                      first.countDown();
                      waitUntilStopped(trial);
                      firstIsTold.countDown();
                      throw new IllegalStateException("cancelled");
                    },
                    2,
                    unlimited()))
        .hasMessage("the study was interrupted");

    assertThat(Thread.interrupted()).isTrue();
    assertThat(study.history().trials())
        .extracting(trial -> trial.state() + " " + trial.reason())
        .containsExactly("WAITING interrupted", "WAITING interrupted");
    assertThat(study.ask(0).orElseThrow().number()).isZero();
  }

  @Test
  void aTrialThatHangsIsEndedAndItsSlotGoesOn() throws IOException {
    Study study = study(4);
    CountDownLatch never = new CountDownLatch(1);
    CountDownLatch toldAfterItWasLeft = new CountDownLatch(2);
    AtomicInteger told = new AtomicInteger();
    Ended ended = new Ended();
    StudyRunner.Budget budget =
        new StudyRunner.Budget(Duration.ZERO, Duration.ofSeconds(1), 0, Duration.ofMillis(500));

    StudyRunner.run(
        study,
        trial -> {
          if (trial.number() == 1) {
            trial.onStop(
                () -> {
                  told.incrementAndGet();
                  toldAfterItWasLeft.countDown();
                });
            never.await();
          } else if (trial.number() == 2) {
            Thread thread = Thread.currentThread();
            trial.onStop(thread::interrupt);
            never.await();
          } else if (trial.number() == 3) {
            toldAfterItWasLeft.await();
          }
          return result(1);
        },
        1,
        budget,
        ended,
        e -> String.valueOf(e.getMessage()),
        () -> false);

    never.countDown();
    assertThat(told).hasValueGreaterThan(1);
    assertThat(ended.trials()).extracting(FrozenTrial::number).containsExactly(0, 1, 2, 3);
    assertThat(study.history().trials())
        .extracting(FrozenTrial::state)
        .containsExactly(
            TrialState.COMPLETE, TrialState.FAILED, TrialState.FAILED, TrialState.COMPLETE);
    assertThat(study.history().trials().get(1).reason())
        .contains("longer than the 1 s that a trial may take (tune.trial_timeout)");
  }

  @Test
  void aStopThatThrowsOrBlocksHoldsUpNoOther() throws IOException {
    Study study = study(4);
    CountDownLatch never = new CountDownLatch(1);
    CountDownLatch threwTwice = new CountDownLatch(2);
    StudyRunner.Budget budget =
        new StudyRunner.Budget(Duration.ZERO, Duration.ofMillis(300), 0, Duration.ofSeconds(3));

    run(
        study,
        trial -> {
          switch (trial.number()) {
            case 0 -> {
              trial.onStop(
                  () -> {
                    threwTwice.countDown();
                    throw new IllegalStateException("no such job");
                  });
              threwTwice.await();
              throw new IllegalStateException("stopped");
            }
            case 1 -> {
              trial.onStop(() -> awaitUninterruptibly(never));
              never.await();
            }
            case 2 -> {
              waitUntilStopped(trial);
              throw new IllegalStateException("stopped");
            }
            default -> {}
          }
          return result(1);
        },
        3,
        budget);

    never.countDown();
    assertThat(study.history().trials())
        .extracting(FrozenTrial::state)
        .containsExactly(
            TrialState.FAILED, TrialState.FAILED, TrialState.FAILED, TrialState.COMPLETE);
  }

  private static void awaitUninterruptibly(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  @Test
  void aPrunedTrialEndsWhenItsObjectiveDoes() throws IOException {
    Study study =
        study(
            new RandomSampler(3),
            SPACE,
            (history, trial) -> trial.number() > 0 && trial.lastStep().getAsInt() == 2,
            3);

    run(
        study,
        trial -> {
          for (int step = 1; step <= 4; step++) {
            if (trial.report(step, step)) {
              throw new IllegalStateException("cancelled");
            }
          }
          return result(4);
        },
        1,
        unlimited());

    assertThat(study.history().trials())
        .extracting(trial -> trial.state() + " " + trial.values())
        .containsExactly("COMPLETE [4.0]", "PRUNED [2.0]", "PRUNED [2.0]");
  }

  @Test
  void endsWhenNothingImproves() throws IOException {
    Study study = study(50);
    StudyRunner.Budget budget =
        new StudyRunner.Budget(Duration.ZERO, Duration.ZERO, 4, Duration.ofSeconds(30));

    String why =
        run(study, trial -> result(trial.number() == 2 ? 0 : 1 + trial.number()), 1, budget);

    assertThat(why).contains("the last 4 trials");
    assertThat(study.history().trials()).hasSize(7);
  }

  @Test
  void failuresDoNotWearPatienceOut() throws IOException {
    Study study = study(12);
    StudyRunner.Budget budget =
        new StudyRunner.Budget(Duration.ZERO, Duration.ZERO, 4, Duration.ofSeconds(30));

    String why =
        run(
            study,
            trial -> {
              Thread.sleep(2);
              if (trial.number() > 0 && trial.number() < 7) {
                throw new IllegalStateException("no memory");
              }
              return result(trial.number());
            },
            1,
            budget);

    assertThat(why).contains("the last 4 trials");
    assertThat(study.history().trials()).hasSize(11);
  }

  @Test
  void endsWhenItsTimeIsOver() throws IOException {
    Study study = study(1_000_000);
    StudyRunner.Budget budget =
        new StudyRunner.Budget(Duration.ofMillis(300), Duration.ZERO, 0, Duration.ofSeconds(30));

    String why =
        run(
            study,
            trial -> {
              Thread.sleep(20);
              return result(1);
            },
            2,
            budget);

    assertThat(why).contains("its time");
    assertThat(study.history().trials()).allMatch(trial -> trial.state().isFinished());
  }

  @Test
  void whatBreaksTheStudyIsThrown() throws IOException {
    Study study = study(5);

    assertThatThrownBy(
            () ->
                StudyRunner.run(
                    study,
                    trial -> result(1),
                    2,
                    unlimited(),
                    new StudyRunner.Listener() {
                      @Override
                      public void began(Trial trial) {}

                      @Override
                      public void ended(FrozenTrial trial, Optional<Objective.Result> result) {
                        throw new IllegalStateException("the disk is full");
                      }
                    },
                    Throwable::getMessage,
                    () -> false))
        .hasMessage("the disk is full");
  }
}
