package org.sparkfinetune.study;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.sparkfinetune.UserException;
import org.sparkfinetune.config.Settings;
import org.sparkfinetune.config.SettingsBuilder;
import org.sparkfinetune.pipeline.FineTuneSchema;
import org.sparkfinetune.tune.CategoricalDistribution;
import org.sparkfinetune.tune.FloatDistribution;
import org.sparkfinetune.tune.IntDistribution;
import org.sparkfinetune.tune.SearchSpace;

/** Search spaces as users write them. */
class TuneSpaceTest {
  @TempDir Path folder;

  private static SearchSpace parse(String hocon) {
    return TuneSpace.parse(hocon, FineTuneSchema.KEYS);
  }

  /** The settings of files, and of arguments over them. */
  private static Settings settings(List<String> files, List<String> arguments) {
    SettingsBuilder builder = new SettingsBuilder(Tuning.KEYS, Tuning.STRUCTURES);
    files.forEach(file -> builder.file(file, Configuration::new));
    arguments.forEach(
        argument -> {
          int equals = argument.indexOf('=');
          builder.set(argument.substring(0, equals), argument.substring(equals + 1));
        });
    return builder.build("");
  }

  @Test
  void aSpaceOfObjectsIsThatOfItsText() {
    SearchSpace space =
        parse(
            """
            training {
              learning_rate = {low = 1e-5, high = 1e-3, log = true}
              weight_decay = {low = 0, high = 0.1, step = 0.05}
              num_train_epochs = {low = 1, high = 3}
              optim = [adamw, sgd]
              momentum = {low = 0.5, high = 0.9, when = {training.optim = sgd}}
            }
            """);

    assertThat(parse(TuneSpace.toHocon(space))).isEqualTo(space);
  }

  @Test
  void readsRangesListsAndConditions() {
    SearchSpace space =
        parse(
            """
            training {
              learning_rate = {low = 1e-5, high = 1e-3, log = true}
              warmup_ratio = {low = 0, high = 0.3, step = 0.1}
              num_train_epochs = {low = 2, high = 4}
              optim = [adamw, sgd]
              per_device_train_batch_size = [16, 32]
            }
            training.momentum = {low = 0.5, high = 0.99, when = {training.optim = sgd}}
            model.max_length = {choices = [32, 64], when = {training.optim = [adamw, sgd]}}
            """);

    assertThat(space.parameters())
        .containsExactlyInAnyOrder(
            parameter("training.learning_rate", new FloatDistribution(1e-5, 1e-3, true, 0)),
            parameter("training.warmup_ratio", new FloatDistribution(0, 0.3, false, 0.1)),
            parameter("training.num_train_epochs", new IntDistribution(2, 4, false, 1)),
            parameter("training.optim", new CategoricalDistribution(List.of("adamw", "sgd"))),
            parameter(
                "training.per_device_train_batch_size",
                new CategoricalDistribution(List.of(16L, 32L))),
            new SearchSpace.Parameter(
                "training.momentum",
                new FloatDistribution(0.5, 0.99, false, 0),
                Optional.of(new SearchSpace.Condition("training.optim", List.of("sgd")))),
            new SearchSpace.Parameter(
                "model.max_length",
                new CategoricalDistribution(List.of(32L, 64L)),
                Optional.of(new SearchSpace.Condition("training.optim", List.of("adamw", "sgd")))));
  }

  private static SearchSpace.Parameter parameter(
      String name, org.sparkfinetune.tune.Distribution distribution) {
    return new SearchSpace.Parameter(name, distribution, Optional.empty());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      value = {
        "training.learning_rat = [1];unknown key training.learning_rat",
        "training.learning_rate = {low = 0, high = 1};tune.space.training.learning_rate: training.learning_rate=0 is not allowed: expected > 0",
        "training.learning_rate = {low = 1, high = 0.5};tune.space.training.learning_rate: low 1.0, high 0.5: expected low <= high",
        "training.learning_rate = {low = 1e-5};tune.space.training.learning_rate: expected low and high, or choices",
        "training.learning_rate = 1e-5;tune.space.training.learning_rate: 1.0E-5 is one value",
        "training.learning_rate = {low = 1e-5, high = 1, lgo = true};tune.space.training.learning_rate: lgo is unknown",
        "training.optim = {low = 1, high = 2};tune.space.training.optim: it is no number: expected choices",
        "training.optim = [adamw, adamw];tune.space.training.optim: choices [adamw, adamw]: expected each once",
        "training.num_train_epochs = {low = 1, high = 3, log = true, step = 2};expected a step >= 1, and none with log",
        "training.momentum = {low = 0.1, high = 0.2, when = {training.optim = sgd}};training.momentum depends on training.optim, which is not in the search space",
        "training.optim = [adamw, sgd], training.momentum = {low = 0.1, high = 0.2, when = {training.optim = lion}};tune.space.training.momentum: when training.optim=lion can never be: expected a value of [adamw, sgd]",
        "training.num_train_epochs = {low = 1, high = 3}, training.eval_steps = {choices = [1, 2], when = {training.num_train_epochs = [3, 4]}};tune.space.training.eval_steps: when training.num_train_epochs=4 can never be: expected a value of 1 to 3, step 1",
        "training.num_train_epochs = {low = 1, high = 3, step = 1.5};tune.space.training.num_train_epochs: step=1.5 is not allowed: expected a whole number",
        "training.optim = {choices = [adamw], log = true};tune.space.training.optim: choices and log are both set: expected choices, or low and high",
        "training.learning_rate = {choices = [1e-4], low = 1e-5, high = 1e-3};tune.space.training.learning_rate: choices and low are both set",
        "output = [a, b];tune.space.output: expected a key of training, model or data",
        "'';tune.space is not set",
        "training {;tune.space is no HOCON"
      })
  void saysWhatIsWrong(String hocon, String message) {
    assertThatThrownBy(() -> parse(hocon))
        .isInstanceOf(UserException.class)
        .hasMessageContaining(message);
  }

  @Test
  void comesFromFilesAndArguments() throws IOException {
    Path file =
        Files.writeString(
            folder.resolve("my.conf"),
            """
            training.num_train_epochs = 2
            tune.space {
              training.learning_rate = {low = 1e-5, high = 1e-3, log = true}
              training.optim = [adamw, sgd]
            }
            tune.enqueue = [{training.learning_rate = 2e-4}, {training { learning_rate = 3e-4, optim = sgd }}]
            """);

    Settings config =
        settings(
            List.of(file.toString()),
            List.of(
                "tune.space.training.optim=[adamw, lion]",
                "tune.space.training.weight_decay={low=0.0, high=0.1}"));

    SearchSpace space = parse(config.get(TuneArguments.SCHEMA).space());
    assertThat(space.parameters())
        .containsExactly(
            parameter("training.optim", new CategoricalDistribution(List.of("adamw", "lion"))),
            parameter("training.learning_rate", new FloatDistribution(1e-5, 1e-3, true, 0)),
            parameter("training.weight_decay", new FloatDistribution(0, 0.1, false, 0)));
    assertThat(TuneSpace.enqueued(config.get(TuneArguments.SCHEMA).enqueue(), FineTuneSchema.KEYS))
        .containsExactly(
            Map.of("training.learning_rate", 2e-4),
            Map.of("training.learning_rate", 3e-4, "training.optim", "sgd"));
  }

  @Test
  void aParameterIsReplacedAsAWholeUnlessAPartIsNamed() {
    assertThat(over("tune.space.training.learning_rate={low=1e-4, high=1e-3, step=1e-4}"))
        .contains(
            parameter("training.learning_rate", new FloatDistribution(1e-4, 1e-3, false, 1e-4)));
    assertThat(over("tune.space.training.learning_rate={choices=[1e-4, 2e-4]}"))
        .contains(
            parameter("training.learning_rate", new CategoricalDistribution(List.of(1e-4, 2e-4))));
    assertThat(over("tune.space.training={learning_rate={low=1e-4, high=1e-3}}"))
        .hasSize(4)
        .contains(parameter("training.learning_rate", new FloatDistribution(1e-4, 1e-3, false, 0)));
    assertThat(over("tune.space.training.learning_rate.low=1e-4"))
        .contains(parameter("training.learning_rate", new FloatDistribution(1e-4, 1e-3, true, 0)));
  }

  @Test
  void aLaterFileReplacesParametersAsAWhole() throws IOException {
    Path later =
        Files.writeString(
            folder.resolve("later.conf"),
            "tune.space.training { learning_rate = {low = 1e-4, high = 1e-3}, warmup_ratio = [0, 0.1] }");
    Settings config = settings(List.of("conf/tune/tpe.conf", later.toString()), List.of());

    assertThat(parse(config.get(TuneArguments.SCHEMA).space()).parameters())
        .hasSize(4)
        .contains(
            parameter("training.learning_rate", new FloatDistribution(1e-4, 1e-3, false, 0)),
            parameter("training.warmup_ratio", new CategoricalDistribution(List.of(0.0, 0.1))));
  }

  /** The parameters of conf/tune/tpe.conf with an argument. */
  private static List<SearchSpace.Parameter> over(String override) {
    Settings config = settings(List.of("conf/tune/tpe.conf"), List.of(override));
    return parse(config.get(TuneArguments.SCHEMA).space()).parameters();
  }

  @Test
  void theSpacesInConfAreGood() {
    for (String name : List.of("tpe", "bert-small-grid")) {
      Settings config = settings(List.of("conf/tune/" + name + ".conf"), List.of());
      assertThat(parse(config.get(TuneArguments.SCHEMA).space()).parameters())
          .as(name)
          .hasSizeGreaterThan(2);
    }
  }
}
