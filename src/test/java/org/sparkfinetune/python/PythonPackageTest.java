package org.sparkfinetune.python;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.zip.ZipEntry;
import java.util.zip.ZipInputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PythonPackageTest {
  @TempDir Path folder;

  @Test
  void twoBuildsHaveTheSameBytesAndTheOldWheelGoes() throws Exception {
    Path first = write();
    byte[] bytes = Files.readAllBytes(first);
    Path old = Files.createFile(folder.resolve("sparkfinetune-0.0.1-py3-none-any.whl"));

    assertThat(Files.readAllBytes(write())).isEqualTo(bytes);
    assertThat(old).doesNotExist();
    assertThat(first.getFileName())
        .asString()
        .matches("sparkfinetune-[0-9.]+(dev0)?-py3-none-any.whl");
  }

  @Test
  void recordHasTheHashOfEachFile() throws Exception {
    Map<String, byte[]> files = files(Files.readAllBytes(write()));
    String record =
        files.keySet().stream().filter(name -> name.endsWith("/RECORD")).findFirst().orElseThrow();
    List<String> expected = new ArrayList<>();
    for (Map.Entry<String, byte[]> file : files.entrySet()) {
      byte[] hash = MessageDigest.getInstance("SHA-256").digest(file.getValue());
      String text = Base64.getUrlEncoder().withoutPadding().encodeToString(hash);
      expected.add(
          file.getKey().equals(record)
              ? record + ",,"
              : "%s,sha256=%s,%d".formatted(file.getKey(), text, file.getValue().length));
    }
    assertThat(text(files, record).lines()).containsExactlyInAnyOrderElementsOf(expected);
    assertThat(files)
        .containsKeys(
            "org/sparkfinetune/annotator.py",
            "sparkfinetune/annotator.py",
            "sparkfinetune/finetune.py",
            "sparkfinetune/tune/__init__.py",
            "sparkfinetune/tune/sampler.py",
            "sparkfinetune/py.typed");
    assertThat(files).as("namespace packages").doesNotContainKey("org/__init__.py");
    assertThat(text(files, record.replace("RECORD", "METADATA")))
        .contains("\nRequires-Dist: spark-nlp==", "\nRequires-Dist: numpy>=")
        .doesNotContain("Requires-Dist: pyspark\n");
  }

  @Test
  void textsAreTheParamsAndTheDocumentations() throws Exception {
    Map<String, byte[]> files = files(Files.readAllBytes(write()));
    assertThat(text(files, "sparkfinetune/annotator.py"))
        .contains("def setNumTrainEpochs(self, value: int) -> TransformerClassifierApproach:")
        .contains("set_num_train_epochs = setNumTrainEpochs")
        .doesNotContain("{@");
    assertThat(text(files, "sparkfinetune/finetune.py"))
        .contains("def set(self, key: Union[str, Mapping[str, Any]], value: Any = _j.MISSING)")
        .contains("def model(self, path: Union[str, TextClassifier]) -> Evaluation:")
        .contains("With a setting, by the key that the command line has.")
        .doesNotContain("{@");
  }

  private Path write() throws Exception {
    return PythonPackage.write(Path.of("."), Path.of("target/classes"), folder);
  }

  private static String text(Map<String, byte[]> files, String name) {
    return new String(files.get(name), StandardCharsets.UTF_8);
  }

  private static Map<String, byte[]> files(byte[] wheel) throws Exception {
    Map<String, byte[]> files = new TreeMap<>();
    try (ZipInputStream zip = new ZipInputStream(new ByteArrayInputStream(wheel))) {
      for (ZipEntry entry = zip.getNextEntry(); entry != null; entry = zip.getNextEntry()) {
        files.put(entry.getName(), zip.readAllBytes());
      }
    }
    return files;
  }
}
