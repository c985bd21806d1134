package org.sparkfinetune.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.sparkfinetune.UserException;
import org.sparkfinetune.config.Schema;

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
  void refusesAnEscapeWhereNothingIsQuoted() {
    assertThatThrownBy(() -> SCHEMA.create(Map.of("quote", "", "escape", "\\")))
        .isInstanceOf(UserException.class)
        .hasMessage(
            "data.escape=\\ means nothing where no field is quoted (data.quote is empty): leave it"
                + " out");
  }

  @Test
  void refusesWhatMeansNothingToAnyOfTheRows() {
    unused("separator", ";", "data.separator=; means nothing to rows that are not CSV", "json");
    unused("separator", "tab", "data.separator=tab means nothing", "parquet");
    unused("quote", "", "data.quote= means nothing", "table");
    unused("quote", "'", "data.quote=' means nothing", "json", "delta");
    unused("escape", "\\", "data.escape=\\ means nothing", "parquet");
    unused(
        "encoding",
        "latin1",
        "data.encoding=latin1 means nothing to rows that are not CSV or JSON (data.0: parquet,"
            + " data.1: iceberg): leave it out",
        "parquet",
        "iceberg");
  }

  @Test
  void takesWhatMeansSomethingToSomeOfTheRows() {
    format("separator", ";").requireUsed(sources("csv", "parquet"));
    format("quote", "").requireUsed(sources("parquet", "csv"));
    format("encoding", "latin1").requireUsed(sources("parquet", "json"));
    // These are the defaults, however they are written.
    format("encoding", "utf8").requireUsed(sources("parquet"));
    format("quote", "\"").requireUsed(sources("table"));
    DataFormat.of("auto").requireUsed(sources("delta"));
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

  private static Map<String, String> sources(String... formats) {
    Map<String, String> sources = new LinkedHashMap<>();
    for (String format : formats) {
      sources.put("data." + sources.size(), format);
    }
    return sources;
  }

  private static void unused(String key, String value, String message, String... formats) {
    assertThatThrownBy(() -> format(key, value).requireUsed(sources(formats)))
        .isInstanceOf(UserException.class)
        .hasMessageStartingWith(message);
  }

  private static void refuses(String key, String value, String message) {
    assertThatThrownBy(() -> format(key, value))
        .isInstanceOf(UserException.class)
        .hasMessageContaining(message);
  }
}
