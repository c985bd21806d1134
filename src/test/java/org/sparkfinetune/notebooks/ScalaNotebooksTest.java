package org.sparkfinetune.notebooks;

import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.sparkfinetune.ChildJvm;
import org.sparkfinetune.SmallBundle;

/** The notebooks of Scala, in Spark's own shell. */
class ScalaNotebooksTest extends NotebooksTest {
  private static final Duration LIMIT = Duration.ofMinutes(15);

  @Override
  boolean isOurs(NotebookFormat format) {
    return format == NotebookFormat.ZEPPELIN_SCALA;
  }

  @Override
  void run(List<String> paths, Path outputs, Map<String, String> environment, Optional<Path> small)
      throws Exception {
    Map<String, String> all = new HashMap<>(environment);
    small.ifPresent(entry -> all.put("CLASSPATH", SmallBundle.before(entry)));
    List<String> arguments =
        Stream.concat(
                Stream.of(outputs.toString(), folder.resolve("classes").toString()), paths.stream())
            .toList();
    try (ChildJvm shell =
        ChildJvm.start(
            "shell",
            ZeppelinScala.class,
            Stream.concat(ChildJvm.SHORT_LIVED.stream(), Stream.of("-Xmx2g")).toList(),
            arguments,
            all,
            folder)) {
      shell.awaitSuccess(LIMIT);
    }
  }

  @Override
  String errorOfWrong() {
    return "not found: value none";
  }
}
