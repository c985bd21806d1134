package io.sparkfinetune.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sparkfinetune.UserException;
import io.sparkfinetune.config.Schema;
import java.util.Map;
import org.junit.jupiter.api.Test;

class DataFormatTest {
  private static final Schema<DataFormat> SCHEMA = Schema.of("data", DataFormat.class);

  @Test
  void aTabIsWrittenInWordsEscapedOrAsItIs() {
    assertThat(format("separator", "tab").separator()).isEqualTo("\t");
    assertThat(format("separator", "\\t").separator()).isEqualTo("\t");
    assertThat(format("separator", "\t").separator()).isEqualTo("\t");
    assertThat(format("separator", "||").separator()).isEqualTo("||");
    assertThat(format("quote", "").quote()).isEmpty();
    assertThat(format("escape", "\\").escape()).isEqualTo("\\");
  }

  @Test
  void refusesSeparatorsQuotesAndEscapesThatCannotBe() {
    refuses("separator", "\"", "data.separator=\" is not allowed: expected what stands between");
    refuses("separator", "\n", "data.separator=");
    refuses("separator", "\\", "data.separator=\\ is not allowed");
    refuses("quote", "''", "data.quote='' is not allowed: expected one character, or nothing");
    refuses("escape", "", "data.escape= is not allowed: expected one character");
    refuses("escape", "\\\\", "data.escape=\\\\ is not allowed");
    assertThatThrownBy(() -> SCHEMA.create(Map.of("separator", ";", "escape", ";")))
        .isInstanceOf(UserException.class)
        .hasMessageContaining("data.escape=; is not allowed: expected one character, \" or \\");
  }

  @Test
  void refusesEncodingsThatJavaDoesNotKnow() {
    refuses("encoding", "utf-88", "data.encoding=utf-88 is not allowed: Java knows no such");
    refuses("encoding", "utf-88", "did you mean UTF-8?");
    refuses("encoding", "no name", "data.encoding=no name is not allowed");
    assertThat(format("encoding", "latin1").charset().name()).isEqualTo("ISO-8859-1");
  }

  private static DataFormat format(String key, String value) {
    return SCHEMA.create(Map.of(key, value));
  }

  private static void refuses(String key, String value, String message) {
    assertThatThrownBy(() -> format(key, value))
        .isInstanceOf(UserException.class)
        .hasMessageContaining(message);
  }
}
