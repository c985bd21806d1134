package org.sparkfinetune.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.typesafe.config.Config;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.sparkfinetune.UserException;

class ConfigFileTest {
  @TempDir Path folder;

  @Test
  void aFileIncludesOthersOfThisMachine() throws IOException {
    Path other = Files.createDirectories(folder.resolve("other"));
    write("other/b.conf", "b = 2\ninclude \"c\"".getBytes(StandardCharsets.UTF_8));
    write("other/c.conf", "c = 3".getBytes(StandardCharsets.UTF_8));
    Config config =
        read("a = 1\ninclude \"other/b.conf\"\nd { include file(\"" + other + "/c.conf\") }");
    assertThat(config.getInt("a") + config.getInt("b") + config.getInt("c")).isEqualTo(6);
    assertThat(config.getInt("d.c")).isEqualTo(3);
  }

  @Test
  void aRemoteFileIncludesThoseBesideItselfAlone() throws IOException {
    Files.createDirectories(folder.resolve("below"));
    write("b.conf", "b = 2".getBytes(StandardCharsets.UTF_8));
    write("below/c.conf", "c = 3".getBytes(StandardCharsets.UTF_8));
    assertThat(readRemote("include \"b.conf\"").getInt("b")).isEqualTo(2);
    assertThat(readRemote("include file(\"b\")").getInt("b")).isEqualTo(2);
    for (String elsewhere :
        new String[] {
          "\"../x.conf\"", "\"/etc/passwd\"", "\"below/c.conf\"", "file(\"/etc/passwd\")", "\"..\""
        }) {
      assertThatThrownBy(() -> readRemote("include " + elsewhere))
          .isInstanceOf(UserException.class)
          .hasMessageContaining("may include those beside itself, by their plain names");
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "url(\"http://127.0.0.1:1/a.conf\")",
        "\"http://127.0.0.1:1/a.conf\"",
        "url(\"file:/etc/passwd\")",
        "classpath(\"reference.conf\")",
        "required(url(\"http://127.0.0.1:1/a.conf\"))",
        "\"s3a://bucket/a.conf\""
      })
  void nothingButFilesIsIncluded(String what) {
    assertThatThrownBy(() -> read("include " + what))
        .isInstanceOf(UserException.class)
        .hasMessageContaining("only files are included, by their names");
    assertThatThrownBy(() -> readRemote("include " + what))
        .isInstanceOf(UserException.class)
        .hasMessageContaining("only files are included, by their names");
  }

  @Test
  void whatIsIncludedMustBeThereAndNotIncludeItself() {
    assertThatThrownBy(() -> read("include \"none.conf\""))
        .hasMessageContaining("a.conf: it includes 'none.conf', and there is no such file");
    assertThatThrownBy(() -> read("include \"a.conf\""))
        .hasMessageContaining("it is included by a file that it includes");
  }

  @Test
  void whatWouldCostMoreThanAConfigurationIsRefusedWithItsLine() {
    refused("\na = " + "{a=".repeat(3000) + "1" + "}".repeat(3000), "a.conf: 2: ", "levels");
    refused("a = " + "[".repeat(3000) + "]".repeat(3000), "a.conf: 1: ", "levels");
    refused("a.".repeat(100_000) + "a = 1", "a.conf: 1: ", "parts");
    refused("\"a\".".repeat(100_000) + "a = 1", "a.conf: 1: ", "parts");
    refused("a = ${" + "a.".repeat(100_000) + "a}", "a.conf: 1: ", "parts");
    refused("a = " + "x ".repeat(100_000), "a.conf: 1: ", "pieces");
    refused("a = []\n" + "a += 1\n".repeat(20_000), "a.conf: 502: ", "references");
    String chain =
        IntStream.range(0, 20_000)
            .mapToObj(i -> "a" + i + " = ${a" + (i + 1) + "}")
            .collect(Collectors.joining("\n"));
    refused(chain, "a.conf: 501: ", "references");
    refused(
        "#".repeat(2 << 20),
        "a.conf: it has 2097152 bytes, and a file of this kind has at most 1048576.");
  }

  /** Forty times a doubling takes all memory. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "a%2$d = ${a%1$d}${a%1$d}",
        "a%2$d = ${a%1$d} and ${a%1$d}",
        "a%2$d = [${a%1$d}, ${a%1$d}]",
        "a%2$d = ${?a%1$d}\"x\"${?a%1$d}",
        "a%2$d = {x = ${a%1$d}, y = ${a%1$d}}",
        "a%2$d { x = ${a%1$d} }, a%2$d { y = [{z: [${a%1$d}]}] }",
        "a%2$d = ${a%1$d}\na%2$d = ${a%2$d}${a%2$d}",
        "x.\"y.z\".a%2$d = ${a%1$d}${a%1$d}, a%2$d = ${x.\"y.z\".a%2$d}",
        "a = ${a}${a} # %1$d %2$d"
      })
  void referencesThatDoubleAreRefused(String doubling) {
    String lines =
        IntStream.range(0, 40)
            .mapToObj(i -> doubling.formatted(i, i + 1))
            .collect(Collectors.joining("\n"));
    refused(
        "a = x\na0 = ${HOME}\n" + lines,
        "a.conf: ",
        ": its references make more of it than 1,048,576 characters: expected at most as many");
    // From the end to the beginning.
    assertThatThrownBy(() -> read(lines.lines().sorted().collect(Collectors.joining("\n"))))
        .isInstanceOf(UserException.class);
  }

  @Test
  void filesThatIncludeOneTwiceAreBounded() {
    for (int i = 0; i < 40; i++) {
      String twice = "include \"%d.conf\"\ninclude \"%1$d.conf\"".formatted(i + 1);
      write(i + ".conf", twice.getBytes(StandardCharsets.UTF_8));
    }
    write("40.conf", "a = 1".getBytes(StandardCharsets.UTF_8));
    refused("include \"0.conf\"", "with it more than 100 files are included");
    assertThat(read("include \"38.conf\"").getInt("a")).isEqualTo(1);
  }

  @Test
  void referencesOfAConfigurationAreWhatTheyWere() {
    Config config =
        read(
            "base = /data\nname = \"a, {b} ${c}\"\n"
                + "out = ${base}/${name}/\"${no}\"\n"
                + "list = []\n"
                + "list += xxxxxxxxxx\n".repeat(30)
                + "one { x = 1, y = ${one.x} }\n"
                + "two = ${one} { z = ${base} }\n"
                + "two { u = ${two.z}/more, w = ${two.x} }\n"
                + "host = here\nhost = ${?NO_SUCH_VARIABLE}\n"
                + "path = \"\"\n"
                + "path = ${path}/x\n".repeat(15));

    assertThat(config.getString("out")).isEqualTo("/data/a, {b} ${c}/${no}");
    assertThat(config.getStringList("list")).hasSize(30);
    assertThat(config.getString("two.u")).isEqualTo("/data/more");
    assertThat(config.getInt("two.y") + config.getInt("two.w")).isEqualTo(2);
    assertThat(config.getString("host")).isEqualTo("here");
    assertThat(config.getString("path")).hasSize(30);
  }

  @Test
  void valuesInACircleAreRefused() {
    refused("a = ${b}\nb = ${c}x\nc = ${a}", "a.conf: ");
  }

  @Test
  void quotedTextAndCommentsCountForNothing() {
    String text =
        "a = \""
            + "{[.".repeat(2000)
            + "\" # "
            + "{.".repeat(2000)
            + "\nb = 1 // "
            + "[".repeat(99)
            + "\nc = \"\"\""
            + "{\n".repeat(99)
            + "\"\"\"\nd = \"\\\"{{\"";
    assertThat(read(text).getInt("b")).isEqualTo(1);
    assertThat(read(text).getString("c")).hasSize(198);
  }

  @Test
  void whatIsNoTextIsRefused() throws IOException {
    write("a.conf", new byte[] {'a', '=', (byte) 0xfe, 1});
    refusedFile(folder.resolve("a.conf").toString(), "a.conf: this is no text in UTF-8");
    write("a.conf", "a=1".getBytes(StandardCharsets.UTF_16LE));
    refusedFile(folder.resolve("a.conf").toString(), "zero bytes");
    refusedFile(folder.toString(), " is no file");
    if (Files.exists(Path.of("/dev/zero"))) {
      refusedFile("/dev/zero", "--conf /dev/zero is no file");
      refusedFile("file:///dev/zero", "this is a device, pipe or socket");
    }
  }

  @Test
  void aByteOrderMarkIsNoPartOfTheText() {
    assertThat(read("\uFEFFa = 1").getInt("a")).isEqualTo(1);
  }

  @Test
  void anArgumentsKeyIsBounded() {
    String key = "a.".repeat(50_000) + "a";
    assertThatThrownBy(() -> HoconLimits.checkKey(key))
        .isInstanceOf(UserException.class)
        .hasMessageEndingWith("has 50001 parts: expected at most 50");
  }

  private void refused(String text, String... parts) {
    assertThatThrownBy(() -> read(text))
        .isInstanceOf(UserException.class)
        .hasMessageContainingAll(parts);
  }

  private static void refusedFile(String file, String message) {
    assertThatThrownBy(() -> ConfigFile.read(file, Configuration::new))
        .isInstanceOf(UserException.class)
        .hasMessageContaining(message);
  }

  private Config read(String text) {
    return ConfigFile.read(write("a.conf", text.getBytes(StandardCharsets.UTF_8)).toString(), null);
  }

  private Config readRemote(String text) {
    Path file = write("a.conf", text.getBytes(StandardCharsets.UTF_8));
    return ConfigFile.read(file.toUri().toString(), Configuration::new);
  }

  private Path write(String name, byte[] content) {
    try {
      return Files.write(folder.resolve(name), content);
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }
}
