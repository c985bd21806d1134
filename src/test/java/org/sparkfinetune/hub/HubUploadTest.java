package org.sparkfinetune.hub;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.sparkfinetune.UserException;

class HubUploadTest {
  private static final HubId ID = HubId.model("org/mine");
  private static final byte[] WEIGHTS = new byte[2_500_000];
  private static final byte[] CARD = "# Mine\n".getBytes(StandardCharsets.UTF_8);

  static {
    new Random(3).nextBytes(WEIGHTS);
  }

  @TempDir Path home;
  private FakeHub hub;

  @BeforeEach
  void start() throws IOException {
    hub = FakeHub.start();
  }

  @AfterEach
  void stop() {
    hub.close();
  }

  private HubUpload upload(String... more) {
    Map<String, String> environment =
        new HashMap<>(Map.of("HF_ENDPOINT", hub.endpoint(), "HF_HOME", home.toString()));
    for (int i = 0; i < more.length; i += 2) {
      environment.put(more[i], more[i + 1]);
    }
    return new HubUpload(ID, "push_to_hub=org/mine", HubSettings.of(environment::get));
  }

  private static Map<String, UploadSource> files() {
    return Map.of(
        "README.md", () -> new ByteArrayInputStream(CARD),
        "empty.safetensors", () -> new ByteArrayInputStream(new byte[0]),
        "onnx/model.onnx", () -> new ByteArrayInputStream(WEIGHTS));
  }

  private void assertUploaded() {
    assertThat(hub.main("org/mine"))
        .containsOnlyKeys("README.md", "empty.safetensors", "onnx/model.onnx");
    assertThat(hub.main("org/mine").get("README.md")).isEqualTo(CARD);
    assertThat(hub.main("org/mine").get("onnx/model.onnx")).isEqualTo(WEIGHTS);
    assertThat(hub.secretsAtStore()).isEmpty();
  }

  @Test
  void filesBecomeOneCommitOfAPrivateRepository() {
    HubUpload upload = upload("HF_TOKEN", FakeHub.TOKEN);
    upload.create(true);
    List<Long> sent = new ArrayList<>();
    String url = upload.commit(files(), "Mine", (what, done, total) -> sent.add(done));
    assertThat(url).startsWith(hub.endpoint() + "/org/mine/commit/");
    assertUploaded();
    assertThat(hub.isPrivate("org/mine")).isTrue();
    assertThat(sent).endsWith((long) WEIGHTS.length);

    // What the store has is not sent again, and a repository that is there is none the worse.
    hub.forget();
    upload.create(false);
    upload.commit(files(), "Again", TransferListener.NONE);
    assertThat(hub.paths(true, "PUT")).isEmpty();
    assertThat(hub.isPrivate("org/mine")).isTrue();
  }

  @Test
  void largeFilesGoInParts() {
    hub.splitUploads(1_000_000);
    HubUpload upload = upload("HF_TOKEN", FakeHub.TOKEN);
    upload.create(false);
    upload.commit(files(), "Mine", TransferListener.NONE);
    assertUploaded();
    assertThat(hub.paths(true, "PUT")).hasSize(3);
    assertThat(hub.isPrivate("org/mine")).isFalse();
  }

  @Test
  void aStoreThatFailsIsTriedAgain() {
    hub.fail("PUT /uploads/", 1, FakeHub.status(500, "X", "x"));
    HubUpload upload = upload("HF_TOKEN", FakeHub.TOKEN);
    upload.create(true);
    upload.commit(files(), "Mine", TransferListener.NONE);
    assertUploaded();
  }

  @Test
  void withoutATokenOrWithAWrongOneNothingIsSent() {
    assertThatThrownBy(() -> upload())
        .isInstanceOf(UserException.class)
        .hasMessage(
            "push_to_hub=org/mine: a token that may write is needed: set HF_TOKEN to one of "
                + hub.endpoint()
                + "/settings/tokens, or run hf auth login");
    assertThatThrownBy(() -> upload("HF_TOKEN", "hf_ofSomebodyElseOfTheWorld").create(true))
        .isInstanceOf(UserException.class)
        .hasMessageContaining("does not accept the token of HF_TOKEN")
        .hasMessageNotContaining("hf_of");
    assertThatThrownBy(() -> upload("HF_TOKEN", FakeHub.TOKEN, "HF_HUB_OFFLINE", "1"))
        .isInstanceOf(UserException.class)
        .hasMessageContaining("HF_HUB_OFFLINE=1");
    hub.commit("org/mine", "main", Map.of());
    assertThatThrownBy(
            () ->
                upload("HF_TOKEN", "hf_ofSomebodyElseOfTheWorld")
                    .commit(files(), "Mine", TransferListener.NONE))
        .isInstanceOf(UserException.class)
        .hasMessageContaining("does not let the token of HF_TOKEN do that (403)");
    assertThat(hub.main("org/mine")).isEmpty();
  }
}
