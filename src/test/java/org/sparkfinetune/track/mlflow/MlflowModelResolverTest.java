package org.sparkfinetune.track.mlflow;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Map;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.Test;
import org.sparkfinetune.UserException;
import org.sparkfinetune.hub.TransferListener;
import org.sparkfinetune.model.io.ModelLocator;

class MlflowModelResolverTest {
  @Test
  void withoutAServerTheVariableAndTheSettingAreNamed() {
    MlflowModelResolver resolver = new MlflowModelResolver(Map.of());
    for (String uri : new String[] {"models:/intents@champion", "runs:/1/m"}) {
      assertThatThrownBy(
              () -> resolver.resolve(uri, new Configuration(false), TransferListener.NONE))
          .isInstanceOf(UserException.class)
          .hasMessage(
              uri
                  + ": no MLflow server is named: set the environment's MLFLOW_TRACKING_URI, or"
                  + " spark-finetune.tracking.uri in Spark's session (for all sessions, and in"
                  + " jobs, spark.hadoop.spark-finetune.tracking.uri)");
    }
  }

  @Test
  void aWrongServerIsTold() {
    MlflowModelResolver resolver =
        new MlflowModelResolver(Map.of("MLFLOW_TRACKING_URI", "mlflow:5000"));
    assertThatThrownBy(
            () -> resolver.resolve("models:/a/1", new Configuration(false), TransferListener.NONE))
        .isInstanceOf(UserException.class)
        .hasMessageStartingWith("models:/a/1: tracking.uri=mlflow:5000 is no address");
  }

  /** Of a session, also where the environment names another. */
  @Test
  void theSettingWinsAndTheSchemesAreKnown() {
    Configuration session = new Configuration(false);
    session.set(MlflowModelResolver.TRACKING_URI, "ftp://of-the-session");
    MlflowModelResolver resolver =
        new MlflowModelResolver(Map.of("MLFLOW_TRACKING_URI", "ftp://of-the-environment"));
    assertThatThrownBy(() -> resolver.resolve("models:/a/1", session, TransferListener.NONE))
        .hasMessageContaining("ftp://of-the-session");
    for (String uri : new String[] {"models:/a/1", "runs:/1/m"}) {
      assertThatThrownBy(() -> ModelLocator.locate(uri, session))
          .hasMessageContaining("ftp://of-the-session");
    }
    assertThat(resolver.schemes()).containsExactlyInAnyOrder("models", "runs");
  }
}
