package org.sparkfinetune.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Map;
import org.junit.jupiter.api.Test;
import org.sparkfinetune.UserException;
import org.sparkfinetune.config.Schema;

class DataArgumentsTest {
  private static final Schema<DataArguments> SCHEMA = Schema.of("data", DataArguments.class);

  @Test
  void defaultsHoldOutATenthTwice() {
    DataArguments defaults = SCHEMA.defaults();

    assertThat(defaults.format()).isEqualTo("auto");
    assertThat(defaults.textColumn()).isEqualTo("text");
    assertThat(defaults.labelColumn()).isEqualTo("label");
    assertThat(defaults.validationShare()).isEqualTo(0.1);
    assertThat(defaults.testShare()).isEqualTo(0.1);
    assertThat(defaults.seed()).isEqualTo(42);
  }

  @Test
  void holdsNothingOutForASetThatIsGiven() {
    DataArguments arguments = SCHEMA.create(Map.of("test", "t.csv", "test_split", 0.9));

    assertThat(arguments.testShare()).isZero();
    assertThat(arguments.validationShare()).isEqualTo(0.1);
  }

  @Test
  void refusesSharesThatLeaveNoTrainingRows() {
    assertThatThrownBy(() -> SCHEMA.create(Map.of("validation_split", 0.5, "test_split", 0.5)))
        .isInstanceOf(UserException.class)
        .hasMessage(
            "data.validation_split=0.5 and data.test_split=0.5 leave no training rows: expected a"
                + " sum below 1");
    assertThatThrownBy(() -> SCHEMA.create(Map.of("format", "xlsx")))
        .isInstanceOf(UserException.class)
        .hasMessage(
            "data.format=xlsx is not allowed: expected one of auto, csv, json, parquet, delta,"
                + " iceberg, table");
  }
}
