package org.sparkfinetune.finetune;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.sparkfinetune.TestSpark;
import org.sparkfinetune.UserException;

class QuickstartSampleTest {
  private final SparkSession spark = TestSpark.session();

  @ParameterizedTest
  @ValueSource(strings = {"train", "validation", "test"})
  void rowsAreThoseOfTheFiles(String split) {
    Dataset<Row> file =
        spark
            .read()
            .option("header", true)
            .option("multiLine", true)
            .option("escape", "\"")
            .csv("src/main/resources/org/sparkfinetune/sample/" + split + ".csv");
    Dataset<Row> sample = Quickstart.sample(spark, split);
    assertThat(sample.columns()).containsExactly("text", "label");
    assertThat(sample.collectAsList())
        .hasSizeGreaterThan(100)
        .containsExactlyElementsOf(file.collectAsList());
  }

  @Test
  void anotherSplitIsTheUsersError() {
    assertThatThrownBy(() -> Quickstart.sample(spark, "dev"))
        .isInstanceOf(UserException.class)
        .hasMessage("the sample has no split dev: expected one of train, validation, test");
  }
}
