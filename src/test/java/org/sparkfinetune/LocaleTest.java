package org.sparkfinetune;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.sparkfinetune.config.Schema;
import org.sparkfinetune.config.Setting;
import org.sparkfinetune.train.TrainingArguments;

/** What is written is the same in every country: in Arabic, Java's numbers have other digits. */
class LocaleTest {
  /** Packages whose text goes to files, pages and servers. */
  private static final List<String> WRITING =
      List.of("config", "evaluate", "export", "jobs", "report", "track", "tune");

  private static final Pattern FORMATTED = Pattern.compile("\\.formatted\\(");
  private static final Pattern FORMAT = Pattern.compile("String\\.format\\(\\s*+(?!Locale)");
  private static final Pattern LITERAL = Pattern.compile("\"(?:[^\"\\\\]|\\\\.)*\"");
  private static final Pattern NUMBER = Pattern.compile("%[-#+ 0,(<\\d.$]*[deEfgGStT]");

  @Test
  void numbersAreFormattedWithALocale() throws IOException {
    List<String> found = new ArrayList<>();
    for (String name : WRITING) {
      try (Stream<Path> files = Files.walk(Path.of("src/main/java/org/sparkfinetune", name))) {
        files.filter(file -> file.toString().endsWith(".java")).forEach(f -> look(f, found));
      }
    }
    assertThat(found).as("String.format(Locale.ROOT, ...), or %%s for a whole number").isEmpty();
  }

  /** A call's literal stands before formatted, and behind format, within a statement. */
  private static void look(Path file, List<String> found) {
    String source;
    try {
      source = Files.readString(file).replaceAll("(?m)^\\s*(//|\\*|/\\*).*$", "");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    // What a literal holds ends no statement.
    String blank = LITERAL.matcher(source).replaceAll(m -> "_".repeat(m.group().length()));
    Matcher formatted = FORMATTED.matcher(blank);
    while (formatted.find()) {
      int start = Math.max(blank.lastIndexOf(';', formatted.start()), 0);
      start = Math.max(start, blank.lastIndexOf("{\n", formatted.start()));
      start = Math.max(start, blank.lastIndexOf("}\n", formatted.start()));
      add(file, source.substring(start, formatted.start()), found);
    }
    Matcher format = FORMAT.matcher(blank);
    while (format.find()) {
      add(file, source.substring(format.end(), blank.indexOf(';', format.end())), found);
    }
  }

  private static void add(Path file, String statement, List<String> found) {
    Matcher literal = LITERAL.matcher(statement);
    while (literal.find()) {
      if (NUMBER.matcher(literal.group()).find()) {
        found.add(file.getFileName() + ": " + literal.group());
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"ar-EG", "tr-TR", "hi-IN-u-nu-deva", "de-DE"})
  void whatIsWrittenIsTheSame(String tag) {
    Locale before = Locale.getDefault();
    try {
      Locale.setDefault(Locale.forLanguageTag(tag));
      Schema<TrainingArguments> schema = Schema.of("training", TrainingArguments.class);
      Map<String, Object> values = schema.values(schema.create(Map.of("precision", "FP32")));
      assertThat(Setting.spelling(values.get("num_train_epochs"))).matches("[0-9.]+");
      assertThat(Setting.spelling(values.get("precision"))).isEqualTo("fp32");
      assertThat(Schema.snakeCase("evalInIstanbul")).isEqualTo("eval_in_istanbul");
    } finally {
      Locale.setDefault(before);
    }
  }
}
