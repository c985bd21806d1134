package org.sparkfinetune.track.mlflow;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.databricks.config.DatabricksClientSettingsProvider;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.sparkfinetune.UserException;

class MlflowHostTest {
  private static final String HOME = "user.home";

  @TempDir Path folder;
  private final String home = System.getProperty(HOME);

  @BeforeEach
  void goToAnotherHome() {
    System.setProperty(HOME, folder.toString());
  }

  @AfterEach
  void goHome() {
    System.setProperty(HOME, home);
    DatabricksClientSettingsProvider.settings = Map.of();
  }

  @Test
  void aHostThatNoAddressMayHaveIsNamed() {
    assertThatThrownBy(() -> MlflowHost.of("http://ann:geheim@mlflow_server:5000"))
        .isInstanceOf(UserException.class)
        .hasMessage(
            "tracking.uri=http://***@mlflow_server:5000 names no valid host: one has letters,"
                + " digits, hyphens and dots, and no underscore. Give the server another name, as"
                + " by an alias in the network of Docker Compose");
  }

  @Test
  void anAddressMayHaveAPath() {
    assertThat(MlflowHost.of("https://host/tracking/").address())
        .isEqualTo("https://host/tracking");
  }

  @Test
  void databricksIsWhatItsConfigurationSays() throws Exception {
    Files.writeString(
        folder.resolve(".databrickscfg"),
        "[DEFAULT]\nhost = https://one.example/\ntoken = t1\n"
            + "[second]\nhost = https://two.example\ntoken = t2\n[third]\nhost = three\ntoken = t\n");
    assertThat(MlflowHost.of("databricks").address()).isEqualTo("https://one.example");
    assertThat(MlflowHost.of("databricks://second").authorization()).isEqualTo("Bearer t2");
    assertThatThrownBy(() -> MlflowHost.of("databricks://third"))
        .isInstanceOf(UserException.class)
        .hasMessage(
            "tracking.uri=databricks://third: the Databricks configuration has the host three,"
                + " expected https://HOST");
  }

  @Test
  void databricksWithoutConfigurationIsTheUsersError() {
    assertThatThrownBy(() -> MlflowHost.of("databricks"))
        .isInstanceOf(UserException.class)
        .hasMessageStartingWith("tracking.uri=databricks: ")
        .hasMessageContaining(".databrickscfg");
    assertThatThrownBy(() -> MlflowHost.of("databricks://nobody"))
        .isInstanceOf(UserException.class)
        .hasMessageStartingWith("tracking.uri=databricks://nobody: ");
  }

  @Test
  void onDatabricksTheClusterItselfIsAsked() throws Exception {
    DatabricksClientSettingsProvider.settings =
        Map.of("host", "https://cluster.example", "token", "t3");
    MlflowHost host = MlflowHost.of("databricks");
    assertThat(host.address()).isEqualTo("https://cluster.example");
    assertThat(host.authorization()).isEqualTo("Bearer t3");
  }
}
