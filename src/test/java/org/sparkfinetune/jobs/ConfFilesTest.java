package org.sparkfinetune.jobs;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.sparkfinetune.config.Setting;
import org.sparkfinetune.config.Settings;

/** The commented files in conf/ say what the schemas say. */
class ConfFilesTest {
  private static final Path CONF = Path.of("conf");
  private static final Pattern KEY = Pattern.compile("(?m)^( *)#([a-z][A-Za-z0-9_.]* = )");

  @TempDir Path folder;

  static List<Job> jobs() {
    return Main.jobs();
  }

  @ParameterizedTest
  @MethodSource("jobs")
  void holdsEveryKeyWithItsDefault(Job job) throws IOException {
    String text = Files.readString(CONF.resolve(job.name() + ".conf"));
    Path uncommented =
        Files.writeString(
            folder.resolve(job.name() + ".conf"), KEY.matcher(text).replaceAll("$1$2"));

    Settings config = ConfigLayers.read(job, List.of(uncommented.toString()), List.of());

    Settings defaults = ConfigLayers.read(job, List.of(), List.of());
    for (Setting setting : job.keys().settings()) {
      assertThat(config.value(setting.path()))
          .as(setting.path())
          .isEqualTo(defaults.value(setting.path()));
      assertThat(text).as(setting.path()).contains("#" + setting.name() + " = ");
    }
    assertThat(KEY.matcher(text).results().count())
        .as("keys, and one of Spark's")
        .isEqualTo(job.keys().settings().size() + 1);
  }

  @ParameterizedTest
  @MethodSource("jobs")
  void saysWhatTheHelpSays(Job job) throws IOException {
    Map<String, String> comments = comments(job);
    for (Setting setting : job.keys().settings()) {
      String meaning = JobHelp.meaning(job, setting);
      assertThat(comments.get(setting.path()))
          .as(setting.path())
          .matches(Pattern.quote(meaning) + "( Required\\.| Default: .*)?");
    }
  }

  /** What stands above each key, by whole key, in one line. */
  private static Map<String, String> comments(Job job) throws IOException {
    Map<String, String> comments = new HashMap<>();
    String section = "";
    List<String> above = new ArrayList<>();
    for (String line : Files.readAllLines(CONF.resolve(job.name() + ".conf"))) {
      Matcher key = KEY.matcher(line);
      if (line.endsWith(" {")) {
        section = line.substring(0, line.length() - 1).trim() + ".";
      } else if (line.equals("}")) {
        section = "";
      } else if (key.find()) {
        comments.put(section + key.group(2).replace(" = ", ""), String.join(" ", above));
      }
      if (line.trim().startsWith("# ")) {
        above.add(line.trim().substring(2));
      } else {
        above.clear();
      }
    }
    return comments;
  }

  @ParameterizedTest
  @MethodSource("jobs")
  void setsNothingAsItStands(Job job) {
    Settings config =
        ConfigLayers.read(job, List.of(CONF.resolve(job.name() + ".conf").toString()), List.of());

    assertThat(config.toHocon()).isEqualTo(ConfigLayers.read(job, List.of(), List.of()).toHocon());
  }

  @Test
  void clusterTemplatesHoldSettingsOfSparksAlone() throws IOException {
    try (Stream<Path> files = Files.list(CONF.resolve("cluster"))) {
      List<Path> templates = files.sorted().toList();
      assertThat(templates).hasSize(4);
      for (Path template : templates) {
        Settings config =
            ConfigLayers.read(new PredictJob(), List.of(template.toString()), List.of());
        assertThat(config.spark()).as(template.toString()).isNotEmpty();
      }
    }
  }
}
