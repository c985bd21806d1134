package org.sparkfinetune.hub;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.sparkfinetune.UserException;

class HubIdTest {
  private static final String COMMIT = "0123456789abcdef0123456789abcdef01234567";

  @ParameterizedTest
  @ValueSource(
      strings = {
        "hf://google-bert/bert-base-uncased",
        "hf://bert-base-uncased",
        "hf://org/name@main",
        "hf://org/name@refs/pr/1",
        "hf://org/name@v1.0-rc+1",
        "hf://org/name@" + COMMIT,
        "hf://datasets/org/name",
        "hf://datasets/org/name/config",
        "hf://datasets/org/name@refs/convert/parquet/config/split",
        "hf://datasets/org/name@" + COMMIT + "/a b/train",
      })
  void isReadAndWrittenAlike(String uri) {
    assertThat(HubId.parse(uri)).hasToString(uri);
  }

  @Test
  void itsPartsAreFound() {
    assertThat(HubId.parse("org/name@v1"))
        .isEqualTo(new HubId(RepoType.MODEL, "org/name", "v1", List.of()));
    assertThat(HubId.parse("hf://datasets/org/name@refs%2Fconvert%2Fparquet/en/dev"))
        .isEqualTo(
            new HubId(RepoType.DATASET, "org/name", "refs/convert/parquet", List.of("en", "dev")));
    assertThat(HubId.parse("HF://org/name").name()).isEqualTo("org/name");
    assertThat(HubId.parse("hf://org/name@" + COMMIT).isPinned()).isTrue();
    assertThat(HubId.parse("hf://org/name@abcdef0").isPinned()).isFalse();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "hf://",
        "hf:///",
        "hf://a/b/c",
        "hf://a--b/c",
        "hf://../c",
        "hf://a/..",
        "hf://a/b@",
        "hf://a/b@../../x",
        "hf://a/b@x//y",
        "hf://a/b@/etc",
        "hf://a/b@%2e%2e/x",
        "hf://a/b.git",
        "hf://-a/b",
        "hf://a b/c",
        "hf://datasets/name",
        "hf://datasets/a/b/../c",
        "hf://datasets/a/b/c/d/e",
      })
  void whatIsNoneIsRefused(String uri) {
    assertThatThrownBy(() -> HubId.parse(uri))
        .isInstanceOf(UserException.class)
        .hasMessageStartingWith(uri + " is no id of the Hugging Face hub: expected hf://ORG/NAME");
  }

  @Test
  void pathsAreNoBareIds() {
    assertThat(List.of("org/name", "org/name@v1", "google-bert/bert-base-uncased"))
        .allMatch(HubId::isBare);
    assertThat(
            List.of(
                "name",
                "a/b/c",
                "./a/b",
                "./a",
                "../a",
                "/a/b",
                "~/a",
                "a/",
                "a b/c",
                "hf://a/b",
                "s3a://a/b",
                "minilm-l6",
                ""))
        .noneMatch(HubId::isBare);
  }
}
