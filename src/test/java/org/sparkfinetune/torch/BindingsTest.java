package org.sparkfinetune.torch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.sparkfinetune.UserException;

class BindingsTest {
  @Test
  void bindingsNameTheJavaCppThatTheyNeed() {
    assertThat(Bindings.version()).matches("\\d+\\.\\d+\\.\\d+-" + Bindings.javaCpp());
    assertThatCode(Bindings::require).doesNotThrowAnyException();
  }

  @ParameterizedTest
  @ValueSource(strings = {"1.5.13", "1.5.14", "1.6", "1.5.13-SNAPSHOT"})
  void aJavaCppAsOldOrNewerFits(String javaCpp) {
    assertThatCode(() -> Bindings.require(javaCpp, "x.jar", "2.10.0-1.5.13"))
        .doesNotThrowAnyException();
  }

  @ParameterizedTest
  @ValueSource(strings = {"1.5.6", "1.5", "unknown"})
  void anotherIsRefusedWithBothVersions(String javaCpp) {
    assertThatThrownBy(() -> Bindings.require(javaCpp, "x.jar", "2.10.0-1.5.13"))
        .isInstanceOf(UserException.class)
        .hasMessageStartingWith(
            "this process has loaded JavaCPP "
                + javaCpp
                + ", of x.jar, and libtorch needs JavaCPP 1.5.13: put spark-finetune's slim jar"
                + " before the attached Spark NLP");
  }
}
