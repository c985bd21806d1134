package org.sparkfinetune.fuzz;

import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;

/** Sound inputs out of folders. */
final class SampleFiles {
  private static final String MODELS = "/org/sparkfinetune/model/";

  private SampleFiles() {}

  /** A folder of the tests' models. */
  static Path model(String name) {
    // By the class path: the child runs in a folder of its own.
    try {
      return Path.of(SampleFiles.class.getResource(MODELS + name).toURI());
    } catch (URISyntaxException e) {
      throw new IllegalStateException(e);
    }
  }

  /** Everything in a folder, by path below it. */
  static Map<String, byte[]> of(Path folder) throws IOException {
    Map<String, byte[]> files = new TreeMap<>();
    try (Stream<Path> paths = Files.walk(folder)) {
      for (Path path : paths.filter(Files::isRegularFile).toList()) {
        files.put(folder.relativize(path).toString(), Files.readAllBytes(path));
      }
    }
    return files;
  }
}
