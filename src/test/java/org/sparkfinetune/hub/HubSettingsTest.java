package org.sparkfinetune.hub;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.sparkfinetune.UserException;
import org.sparkfinetune.text.Redaction;

class HubSettingsTest {
  @TempDir Path home;

  private HubSettings read(String... variables) {
    Map<String, String> environment = new HashMap<>(Map.of("HOME", home.toString()));
    for (int i = 0; i < variables.length; i += 2) {
      environment.put(variables[i], variables[i + 1]);
    }
    return HubSettings.of(environment::get);
  }

  @Test
  void theCacheIsWherePythonHasIt() {
    assertThat(read().cache()).isEqualTo(home.resolve(".cache/huggingface/hub"));
    assertThat(read("XDG_CACHE_HOME", "/x").cache()).isEqualTo(Path.of("/x/huggingface/hub"));
    assertThat(read("HF_HOME", "~/hf").cache()).isEqualTo(home.resolve("hf/hub"));
    assertThat(read("HF_HOME", "$BASE/${SUB}", "BASE", "/b", "SUB", "s").cache())
        .isEqualTo(Path.of("/b/s/hub"));
    assertThat(read("HUGGINGFACE_HUB_CACHE", "/old").cache()).isEqualTo(Path.of("/old"));
    assertThat(read("HF_HUB_CACHE", "/c", "HF_HOME", "/h", "HUGGINGFACE_HUB_CACHE", "/o").cache())
        .isEqualTo(Path.of("/c"));
  }

  @Test
  void theTokenIsTheVariablesThenTheFiles() throws IOException {
    assertThat(read().token()).isEmpty();
    Path file = Files.createDirectories(home.resolve(".cache/huggingface")).resolve("token");
    Files.writeString(file, "hf_of_the_file\n");
    assertThat(read().token()).contains("hf_of_the_file");
    assertThat(read("HF_TOKEN", " hf_of_the_variable\n").token()).contains("hf_of_the_variable");
    assertThat(read("HUGGING_FACE_HUB_TOKEN", "hf_of_old").token()).contains("hf_of_old");
    assertThat(read("HF_TOKEN_PATH", home.resolve("none").toString()).token()).isEmpty();
    assertThat(read("HF_HUB_DISABLE_IMPLICIT_TOKEN", "1").token()).isEmpty();
    // A secret from then on, wherever it was read.
    assertThat(Redaction.text("token hf_of_the_file was refused")).contains("token *** was");
    assertThat(read("HF_TOKEN", "hf_secret_of_mine").toString()).doesNotContain("secret");
    assertThatThrownBy(() -> read("HF_TOKEN", "two\nlines"))
        .isInstanceOf(UserException.class)
        .hasMessageContaining("characters that no token has")
        .hasMessageNotContaining("two");
  }

  @Test
  void theRestIsPythonsToo() {
    assertThat(read().endpoint()).isEqualTo(URI.create("https://huggingface.co"));
    assertThat(read("HF_ENDPOINT", "https://mirror.example/hf/").endpoint())
        .isEqualTo(URI.create("https://mirror.example/hf"));
    assertThatThrownBy(() -> read("HF_ENDPOINT", "mirror.example"))
        .isInstanceOf(UserException.class)
        .hasMessage(
            "HF_ENDPOINT=mirror.example is no address of a hub: expected one such as"
                + " https://huggingface.co");
    for (String yes : new String[] {"1", "true", "ON", "Yes"}) {
      assertThat(read("HF_HUB_OFFLINE", yes).offline()).isTrue();
    }
    assertThat(read("HF_HUB_OFFLINE", "0").offline()).isFalse();
    assertThat(read("TRANSFORMERS_OFFLINE", "1").offline()).isTrue();
    assertThat(read("HF_HUB_DOWNLOAD_TIMEOUT", "30").downloadTimeout())
        .isEqualTo(Duration.ofSeconds(30));
    assertThat(read("HF_HUB_ETAG_TIMEOUT", "x").answerTimeout()).isEqualTo(Duration.ofSeconds(10));
  }

  @Test
  void theEndpointIsItsSchemeHostAndPort() {
    HubSettings settings = read("HF_ENDPOINT", "https://hub.example");
    assertThat(settings.isEndpoint(URI.create("https://HUB.example:443/x"))).isTrue();
    for (String other :
        new String[] {
          "http://hub.example/x",
          "https://hub.example:8443/x",
          "https://cdn.hub.example/x",
          "https://hub.example.evil/x"
        }) {
      assertThat(settings.isEndpoint(URI.create(other))).as(other).isFalse();
    }
  }
}
