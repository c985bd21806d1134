package org.sparkfinetune.export;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class YamlTest {
  @Test
  void laysOutMapsAndLists() {
    assertThat(
            Yaml.render(
                Map.of(
                    "b",
                    Map.of("list", List.of("x", 1, Map.of("k", List.of(true), "l", "m"))),
                    "a",
                    List.of(),
                    "c",
                    Map.of())))
        .isEqualTo(
            """
            a: []
            b:
              list:
              - x
              - 1
              - k:
                - true
                l: m
            c: {}
            """);
  }

  @Test
  void quotesWhatCouldBeTakenForSomethingElse() {
    assertThat(Yaml.render(Map.of("a", List.of("No", "1", "~", "- x", "a: b", "", "é", "\u0001"))))
        .isEqualTo(
            """
            a:
            - "No"
            - "1"
            - "~"
            - "- x"
            - "a: b"
            - ""
            - "\\u00E9"
            - "\\u0001"
            """);
    assertThat(Yaml.render(Map.of("a", Arrays.asList("\ud83d\ude00\"\\", null))))
        .isEqualTo("a:\n- \"\\U0001F600\\\"\\\\\"\n- null\n");
  }
}
