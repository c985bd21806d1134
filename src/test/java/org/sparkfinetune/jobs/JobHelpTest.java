package org.sparkfinetune.jobs;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.sparkfinetune.config.Setting;
import org.sparkfinetune.evaluate.Metric;
import org.sparkfinetune.task.ProblemType;

class JobHelpTest {
  static List<Job> jobs() {
    return Main.jobs();
  }

  @ParameterizedTest
  @MethodSource("jobs")
  void explainsEveryKey(Job job) {
    String help = JobHelp.render(job);
    String flowing = help.replaceAll("\\s+", " ");

    for (Setting setting : job.keys().settings()) {
      assertThat(help).contains("\n  " + setting.path() + "\n");
      assertThat(flowing)
          .contains(setting.path() + " " + JobHelp.meaning(job, setting) + " ")
          .contains(setting.range());
    }
    assertThat(help).contains("--conf FILE", "--debug", "spark.*", "Exit codes");
    assertThat(help).contains("  SPARK_FINETUNE_SPARK=maven\n", "  SPARK_FINETUNE_CLASSPATH\n");
    assertThat(help.lines()).allMatch(line -> line.length() <= 100);
  }

  @Test
  void doesNotSayWhatBecomesOfARequiredKeyThatIsNotSet() {
    assertThat(JobHelp.render(new EvaluateJob()).replaceAll("\\s+", " "))
        .contains("data.test Test rows, for the final figures. Required.");
    assertThat(JobHelp.render(new FineTuneJob()).replaceAll("\\s+", " "))
        .contains("data.test Test rows, for the final figures. When not set, test_split");
  }

  @Test
  void listsTheMetricsThatAreDeclared() {
    String tune = JobHelp.render(new TuneJob()).replaceAll("\\s+", " ");
    String fineTune = JobHelp.render(new FineTuneJob()).replaceAll("\\s+", " ");

    for (ProblemType problemType : ProblemType.values()) {
      String listed =
          problemType.spelling()
              + " "
              + Metric.ofPredictions(problemType).stream()
                  .map(Metric::key)
                  .collect(Collectors.joining(", "))
              + " ";
      assertThat(tune).contains(listed);
      assertThat(fineTune).contains(listed);
    }
    assertThat(tune)
        .contains("Metrics, for training.metric_for_best_model and tune.metric ")
        .contains(" alone " + String.join(", ", Metric.ofTrainings()) + " ");
    assertThat(fineTune)
        .contains("Metrics, for training.metric_for_best_model ")
        .doesNotContain("tune.metric", Metric.PEAK_MEMORY_MB.key());
    assertThat(JobHelp.render(new EvaluateJob())).doesNotContain("Metrics, for");
  }

  @Test
  void givesDefaults() {
    String help = JobHelp.render(new FineTuneJob()).replaceAll("\\s+", " ");

    assertThat(help)
        .contains("data.train Training rows")
        .contains("Default: 2e-4 for minilm-l6, 5e-5 for other bases.")
        .contains("Allowed: > 0.")
        .contains("Created when missing. Required.")
        .contains("Passes over the training rows. Allowed: >= 1. Default: 3.");
    assertThat(JobHelp.render(new QuickstartJob()).replaceAll("\\s+", " "))
        .contains("Passes over the training rows. Allowed: >= 1. Default: 5.");
  }
}
