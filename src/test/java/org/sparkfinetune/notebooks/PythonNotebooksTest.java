package org.sparkfinetune.notebooks;

import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.sparkfinetune.InstalledPython;

/** The notebooks of Python, by nbclient. */
class PythonNotebooksTest extends NotebooksTest {
  @Override
  boolean isOurs(NotebookFormat format) {
    return format != NotebookFormat.ZEPPELIN_SCALA;
  }

  @Override
  void run(List<String> paths, Path outputs, Map<String, String> environment, Optional<Path> small)
      throws Exception {
    Map<String, String> all = new HashMap<>(environment);
    all.put("IPYTHONDIR", folder.resolve("ipython").toString());
    // As the session of the Scala notes: few rows need no 200 partitions, and nobody looks at a
    // page.
    all.put(
        "PYSPARK_SUBMIT_ARGS",
        "--conf spark.ui.enabled=false --conf spark.sql.shuffle.partitions=2 pyspark-shell");
    Path runner = Path.of("src/test/python/run_notebooks.py").toAbsolutePath();
    String[] command =
        Stream.concat(Stream.of("python", runner.toString(), outputs.toString()), paths.stream())
            .toArray(String[]::new);
    InstalledPython.in(folder, small.stream().toList()).run(all, command);
  }

  @Override
  String errorOfWrong() {
    return "name 'none' is not defined";
  }
}
