package org.sparkfinetune.fuzz;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.sparkfinetune.jobs.TestJobs;

/** A configuration in HOCON, given to a job. */
final class ConfTarget implements FuzzTarget {
  private static final String CONF = "my.conf";

  private static final String HOCON =
      """
      # What is listed.
      include "more.conf"
      source = case
      tracking { uri = "" }
      max = 6${?NO_SUCH_VARIABLE}4
      columns = "loss,"train_runtime  // both
      sort_by = "start"
      """;

  @Override
  public String name() {
    return "conf";
  }

  @Override
  public List<Sample> samples() {
    String json = "{\"source\":\"case\",\"max\":64,\"tracking.uri\":\"\",\"log\":\"warn\"}";
    byte[] more = "log = warn\n".getBytes(StandardCharsets.UTF_8);
    return List.of(
        new Sample(Map.of(CONF, HOCON.getBytes(StandardCharsets.UTF_8), "more.conf", more), CONF),
        Sample.of(CONF, json.getBytes(StandardCharsets.UTF_8)));
  }

  @Override
  public List<String> values() {
    return List.of(
        "\"a.b.c.d\"",
        "\"1e400\"",
        "\"-0\"",
        "\"64 MB\"",
        "\"${source}\"",
        "{\"uri\":{\"uri\":1}}");
  }

  @Override
  public void read(Path folder) {
    TestJobs.run("runs", "--conf", folder.resolve(CONF).toString());
  }
}
