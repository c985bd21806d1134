package io.sparkfinetune.track;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import org.junit.jupiter.api.Test;

class RedactionTest {
  @Test
  void whoStandsBeforeAHostIsLeftOut() {
    assertThat(Redaction.text("see https://ann:geheim@mlflow.example:5000/x and http://b@c"))
        .isEqualTo("see https://***@mlflow.example:5000/x and http://***@c");
    assertThat(Redaction.text("s3://bucket/a@b")).isEqualTo("s3://bucket/a@b");
  }

  @Test
  void anAddressIsStillGoodWithoutItsUser() {
    assertThat(Redaction.withoutUsers("https://ann:geheim@mlflow.example:5000/x"))
        .isEqualTo("https://mlflow.example:5000/x");
  }

  @Test
  void keysSayWhatIsASecret() {
    assertThat(
            Redaction.values(
                Map.of(
                    "spark.hadoop.fs.s3a.secret.key", "k1",
                    "api_token", "k2",
                    "password", "",
                    "max_tokens", "128",
                    "training.learning_rate", "5e-5")))
        .containsEntry("spark.hadoop.fs.s3a.secret.key", "***")
        .containsEntry("api_token", "***")
        .containsEntry("password", "")
        .containsEntry("max_tokens", "128")
        .containsEntry("training.learning_rate", "5e-5");
  }
}
