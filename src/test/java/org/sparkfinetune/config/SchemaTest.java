package org.sparkfinetune.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.sparkfinetune.UserException;

class SchemaTest {
  enum Color {
    RED,
    DARK_BLUE
  }

  record Arguments(
      @Key(doc = "A rate.", defaultValue = "5e-5", min = 0, minExclusive = true, max = 1)
          double learningRate,
      @Key(doc = "A number.", defaultValue = "3", min = 1) int numTrainEpochs,
      @Key(doc = "A seed.", defaultValue = "42") long seed,
      @Key(doc = "A switch.", defaultValue = "true") boolean shuffle,
      @Key(
              doc = "A word.",
              defaultValue = "auto",
              choices = {"auto", "cls"})
          String pooling,
      @Key(doc = "A color.", defaultValue = "red") Color color) {}

  record Automatic(
      @Key(
              doc = "A share.",
              defaultValue = "auto",
              auto = true,
              min = 0,
              max = 1,
              maxExclusive = true)
          double share) {}

  record NoKey(int nothing) {}

  private final Schema<Arguments> schema = Schema.of("training", Arguments.class);

  @Test
  void aRecordIsItsDeclarationsDefaults() {
    assertThat(schema.defaults()).isEqualTo(new Arguments(5e-5, 3, 42, true, "auto", Color.RED));
    assertThat(schema.settings().stream().map(Setting::path))
        .containsExactly(
            "training.learning_rate",
            "training.num_train_epochs",
            "training.seed",
            "training.shuffle",
            "training.pooling",
            "training.color");
  }

  @Test
  void aNumberMayBeAutoWhereTheKeySaysSo() {
    Schema<Automatic> automatic = Schema.of("model", Automatic.class);
    assertThat(automatic.defaults().share()).isNaN();
    assertThat(automatic.create(automatic.values(automatic.defaults())).share()).isNaN();
    assertThat(automatic.create(Map.of("share", "0.5")).share()).isEqualTo(0.5);
    assertThat(Setting.spelling(automatic.setting("share").defaultValue())).isEqualTo("auto");
    assertThatThrownBy(() -> automatic.create(Map.of("share", 1)))
        .isInstanceOf(UserException.class)
        .hasMessage("model.share=1 is not allowed: expected auto, or >= 0 and < 1");
    assertThatThrownBy(() -> automatic.create(Map.of("share", "some")))
        .isInstanceOf(UserException.class)
        .hasMessage("model.share=some is not allowed: expected auto, or >= 0 and < 1");
    assertThatThrownBy(() -> schema.create(Map.of("learning_rate", "auto")))
        .isInstanceOf(UserException.class)
        .hasMessage("training.learning_rate=auto is not allowed: expected a number");
  }

  @Test
  void valuesOfARecordCreateItAgain() {
    Arguments arguments =
        schema.create(
            Map.of(
                "learning_rate", "1e-3", "num_train_epochs", 1e1, "color", "dark_blue", "seed", 7));
    assertThat(arguments).isEqualTo(new Arguments(1e-3, 10, 7, true, "auto", Color.DARK_BLUE));
    assertThat(schema.create(schema.values(arguments))).isEqualTo(arguments);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "learning_rate    | 0      | > 0 and <= 1",
        "learning_rate    | 2      | > 0 and <= 1",
        "learning_rate    | NaN    | > 0 and <= 1",
        "learning_rate    | fast   | a number",
        "num_train_epochs | 0      | >= 1",
        "num_train_epochs | 2.5    | a whole number",
        "num_train_epochs | 3e9    | a whole number of at most 2147483647",
        "shuffle          | maybe  | true or false",
        "pooling          | max    | one of auto, cls",
        "color            | green  | one of red, dark_blue"
      })
  void aValueThatIsNotAllowedIsNamedWithWhatIs(String key, String value, String expected) {
    assertThatThrownBy(() -> schema.create(Map.of(key, value)))
        .isInstanceOf(UserException.class)
        .hasMessage("training." + key + "=" + value + " is not allowed: expected " + expected);
  }

  @Test
  void anUnknownKeyIsAnsweredWithTheNearestKnownOne() {
    assertThatThrownBy(() -> schema.create(Map.of("learnign_rate", 1)))
        .isInstanceOf(UserException.class)
        .hasMessage("unknown key training.learnign_rate: did you mean training.learning_rate?");
  }

  @Test
  void aComponentWithoutADeclarationIsAProgrammersError() {
    assertThatThrownBy(() -> Schema.of("", NoKey.class))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("nothing: no @Key");
  }

  @ParameterizedTest
  @CsvSource({"numTrainEpochs, num_train_epochs", "adamBeta1, adam_beta1", "seed, seed"})
  void camelCaseBecomesSnakeCase(String camelCase, String snakeCase) {
    assertThat(Schema.snakeCase(camelCase)).isEqualTo(snakeCase);
  }
}
