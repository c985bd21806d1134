package org.sparkfinetune.jobs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.sparkfinetune.TestSpark;
import org.sparkfinetune.UserException;
import org.sparkfinetune.console.Console;
import org.sparkfinetune.study.Tuning;
import org.sparkfinetune.tune.History;
import org.sparkfinetune.tune.Objective;
import org.sparkfinetune.tune.Sampler;
import org.sparkfinetune.tune.SearchSpace;
import org.sparkfinetune.tune.Trial;
import org.sparkfinetune.tune.pruner.MedianPruner;
import org.sparkfinetune.tune.sampler.RandomSampler;

/** Studies that a program made, done again by settings alone. */
class RepeatedRunTest {
  @TempDir Path folder;

  /** The learning rate is the value. */
  public static final class Rate implements Objective {
    @Override
    public Result evaluate(Trial trial) {
      return Result.of((double) trial.params().get("training.learning_rate"));
    }
  }

  /** The choice of a program's own. */
  private record First() implements Sampler {
    @Override
    public Map<String, Object> sample(History history, SearchSpace space, int number) {
      return Map.of("training.learning_rate", 1e-4);
    }
  }

  private String study(Sampler sampler) {
    Tuning.on(TestSpark.session())
        .console(Console.quiet())
        .set("tune.space.training.learning_rate", List.of(1e-4, 2e-4))
        .set("tune.objective", Rate.class.getName())
        .set("tune.metric", "rate")
        .set("tune.direction", "maximize")
        .set("tune.n_trials", 1)
        .set("tracking.system_metrics_interval", 0)
        .sampler(sampler)
        .pruner(new MedianPruner(3, 2, 1, 1))
        .output(folder.resolve("study").toString())
        .run();
    return folder.resolve("study").toString();
  }

  private static Map<String, String> settings(String run, String... overrides) throws IOException {
    return RepeatedRun.settings(run, List.of(), List.of(overrides), new TuneJob());
  }

  @Test
  void aSamplerAndAPrunerThatSettingsGiveAreRecordedByThese() throws IOException {
    assertThat(settings(study(new RandomSampler(7))))
        .containsEntry("tune.sampler", "random")
        .containsEntry("tune.seed", "7")
        .containsEntry("tune.pruner", "median")
        .containsEntry("tune.pruner_startup_trials", "3")
        .containsEntry("tune.pruner_warmup_steps", "2");
  }

  @Test
  void aSamplerOfAProgramsOwnIsRecordedByItsClassAndHasToBeReplaced() throws IOException {
    String run = study(new First());

    assertThatThrownBy(() -> settings(run))
        .isInstanceOf(UserException.class)
        .hasMessage(
            "--from-run %s: tune.sampler was an object of the class %s, which a program made and no setting gives: repeat it from a program, or give tune.sampler=tpe"
                .formatted(run, First.class.getName()));
    assertThat(settings(run, "tune.sampler=random"))
        .doesNotContainKey("tune.sampler")
        .containsEntry("tune.pruner", "median");
  }
}
