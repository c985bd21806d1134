package org.sparkfinetune;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;

/**
 * A Python that runs scripts for as long as this process lives, {@code src/test/python/console.py}:
 * what they import is imported once.
 */
final class PythonConsole {
  private static final ObjectMapper JSON = new ObjectMapper();

  private final Writer requests;
  private final BufferedReader answers;

  /**
   * @param process that runs {@code console.py}; it ends when its input does, with this process
   */
  PythonConsole(Process process) {
    requests = process.outputWriter(StandardCharsets.UTF_8);
    answers = process.inputReader(StandardCharsets.UTF_8);
  }

  /**
   * Runs a script, which must come to its end.
   *
   * @return what it printed to standard output and error
   */
  synchronized String run(String script, List<String> arguments) throws IOException {
    String request = JSON.writeValueAsString(Map.of("script", script, "arguments", arguments));
    requests.write(request + "\n");
    requests.flush();
    String answer = answers.readLine();
    assertThat(answer).as("an answer of Python to %s", script).isNotNull();
    JsonNode result = JSON.readTree(answer);
    String printed = result.path("printed").asText();
    assertThat(result.path("ok").asBoolean()).as(printed).isTrue();
    return printed;
  }
}
