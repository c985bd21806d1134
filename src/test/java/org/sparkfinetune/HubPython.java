package org.sparkfinetune;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Python's own client of the Hugging Face hub, which {@code tools/servers/install} puts there. */
public final class HubPython {
  private HubPython() {}

  /** Runs a script to its end, which must be a good one, and gives what it printed. */
  public static String run(
      Path folder, String script, Map<String, String> environment, String... arguments)
      throws IOException, InterruptedException {
    Path file = Files.createTempFile(folder, "script", ".py");
    Files.writeString(file, script);
    Path output = folder.resolve(file.getFileName() + ".txt");
    List<String> command = new ArrayList<>(List.of("python", file.toString()));
    command.addAll(List.of(arguments));
    int code =
        ServerEnvironment.run(
            "hub",
            folder,
            output,
            command,
            Duration.ofMinutes(3),
            variables -> {
              variables.keySet().removeIf(name -> name.startsWith("HF_"));
              variables.put("HF_HUB_DISABLE_TELEMETRY", "1");
              variables.putAll(environment);
            });
    assertThat(code).as(Files.readString(output)).isZero();
    return Files.readString(output);
  }
}
