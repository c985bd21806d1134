package org.sparkfinetune.annotator;

import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.sparkfinetune.UserException;

class SparkNlpVersionTest {
  @Test
  void theOneThatWeAreBuiltWithFits() {
    assertThatCode(SparkNlpVersion::require).doesNotThrowAnyException();
    assertThatCode(() -> SparkNlpVersion.require("5.5.0", "x.jar")).doesNotThrowAnyException();
  }

  @ParameterizedTest
  @ValueSource(strings = {"5.4.2", "5.50.0", "6.0.0"})
  void anotherIsRefusedWithBothVersions(String version) {
    assertThatThrownBy(() -> SparkNlpVersion.require(version, "x.jar"))
        .isInstanceOf(UserException.class)
        .hasMessage(
            "this process has loaded Spark NLP "
                + version
                + ", of x.jar, and spark-finetune needs Spark NLP 5.5: attach Spark NLP 5.5.3 in its"
                + " place, or nothing and use the cluster jar, which has it");
  }
}
