package org.sparkfinetune.text;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;
import org.sparkfinetune.UserException;
import org.sparkfinetune.console.Console;

class PrintedTest {
  private static final String ESCAPES = "\u001B[31m\u009B1m\u0007\u202E\u2066\u061C\u200F\r";

  @Test
  void aMessageIsOneLineThatSteersNoTerminal() {
    assertThat(Printed.message("a\nb\r\nc\u2028d\u0085e")).isEqualTo("a b  c d e");
    assertThat(Printed.message(ESCAPES)).matches("[\uFFFD\\[0-9m ]+");
    assertThat(Printed.message("größer — 日本語 \uD83D\uDE00")).isEqualTo("größer — 日本語 \uD83D\uDE00");
    assertThat(Failures.userMessage(new UserException("x\u001B[2J\ny"))).contains("x\uFFFD[2J y");
    assertThat(Failures.summary(new IllegalStateException("x\u001B[2J")))
        .isEqualTo("IllegalStateException: x\uFFFD[2J");
  }

  @Test
  void aLongMessageKeepsWhatIsWrongAndWhatToDo() {
    String printed = Printed.message("wrong: " + "x".repeat(50_000_000) + " do this");
    assertThat(printed).hasSizeLessThan(2_200).startsWith("wrong: x").endsWith("x do this");
    assertThat(printed).containsPattern(" characters left out\\) ");
    assertThat(Printed.message("x".repeat(2_000))).hasSize(2_000);
  }

  @Test
  void aMessageOfMarksCostsWhatItIsLong() {
    long start = System.nanoTime();
    Printed.block("http://a:b".repeat(20_000));
    Printed.message("://:".repeat(1_000_000));
    assertThat(System.nanoTime() - start).isLessThan(20_000_000_000L);
  }

  @Test
  void aSecretIsTakenOutBeforeTheTextIsCut() {
    Redaction.learn(Map.of("printed.test.password", "s3cr3t-of-printed"));
    String cutWithin = "x".repeat(1_330) + "s3cr3t-of-printed" + "x".repeat(5_000);
    assertThat(Printed.message(cutWithin)).doesNotContain("s3cr");
  }

  @Test
  void aLineThatAMessageBringsAlongIsNoneOfTheLog() {
    String forged = "a\n2026-01-01 ERROR Main: forged\rmore\u001B[31m";
    String trace = Printed.stackTrace(new IllegalStateException(forged, new Exception("b\nat c")));
    assertThat(trace.lines())
        .contains("java.lang.IllegalStateException: a", "\t| 2026-01-01 ERROR Main: forged")
        .anyMatch(line -> line.startsWith("\tat org.sparkfinetune.text.PrintedTest."))
        .contains("Caused by: java.lang.Exception: b");
    assertThat(trace).doesNotContain("\u001B", "\r");
  }

  @Test
  void theTerminalGetsNoneOfItWhoeverPrints() {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    PrintStream out = new PrintStream(bytes, true, StandardCharsets.UTF_8);
    Console console = new Console(out, OptionalInt.empty());
    console.line("%s has %,d", "a\nb" + ESCAPES, 1234);
    console.text("one\n  two" + ESCAPES + "\n");
    String printed = bytes.toString(StandardCharsets.UTF_8);
    assertThat(printed).startsWith("a b").contains(" has 1,234\n").contains("\n  two");
    assertThat(printed.chars().filter(Character::isISOControl)).containsOnly(0x0A);
  }
}
