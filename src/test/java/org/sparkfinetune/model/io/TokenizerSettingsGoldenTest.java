package org.sparkfinetune.model.io;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.zip.GZIPInputStream;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.sparkfinetune.tokenize.Encoding;
import org.sparkfinetune.tokenize.TextTokenizer;

/**
 * Token ids of folders with settings beside the vocabulary, against transformers' AutoTokenizer:
 * tokenizer_settings.json.gz, made by tools/goldens/tokenizer_settings.py.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@Tag("slow")
class TokenizerSettingsGoldenTest {
  private static final int CUT = 7;

  private JsonNode golden;
  private List<String> texts;
  private List<String> first;
  private List<String> second;

  @BeforeAll
  void readGoldens() throws IOException {
    try (InputStream in =
        new GZIPInputStream(getClass().getResourceAsStream("tokenizer_settings.json.gz"))) {
      golden = new ObjectMapper().readTree(in);
    }
    texts = new ArrayList<>();
    golden.get("texts").forEach(text -> texts.add(text.textValue()));
    first = new ArrayList<>();
    second = new ArrayList<>();
    for (JsonNode pair : golden.get("pairs")) {
      first.add(pair.get(0).textValue());
      second.add(pair.get(1).textValue());
    }
  }

  @Test
  void idsAndTypesEqualTransformersWhateverLiesBesideTheVocabulary(@TempDir Path temporary)
      throws IOException {
    assertThat(golden.get("cases")).hasSizeGreaterThan(250);
    for (JsonNode aCase : golden.get("cases")) {
      HuggingFaceFolder folder = open(write(aCase, Files.createTempDirectory(temporary, "case")));
      assertEqual(aCase, folder.tokenizer(), aCase.get("name").asText());
    }
  }

  @Test
  void aSavedModelGivesTheSameIdsAgain(@TempDir Path temporary) throws IOException {
    for (JsonNode aCase : golden.get("cases")) {
      HuggingFaceFolder folder = open(write(aCase, Files.createTempDirectory(temporary, "case")));
      Path saved = Files.createTempDirectory(temporary, "saved");
      HuggingFaceFolder.writeWithoutWeights(
          folder.config(),
          folder.tokenizer(),
          new ModelInputs(512, true),
          Fixtures.hadoop(saved),
          new Configuration(false));
      HuggingFaceFolder again = open(saved);
      assertEqual(aCase, again.tokenizer(), "saved, " + aCase.get("name").asText());
      assertThat(again.tokenizer()).isEqualTo(folder.tokenizer());
      assertThat(again.tokenizerFiles().notes()).isEmpty();
    }
  }

  private void assertEqual(JsonNode aCase, String tokenizer, String name) {
    try (TextTokenizer whole = TextTokenizer.of(tokenizer, 512);
        TextTokenizer cut = TextTokenizer.of(tokenizer, CUT)) {
      assertIds(whole.encode(texts), aCase.get("ids"), name);
      assertIds(cut.encode(texts), aCase.get("cut"), name + ", cut");
      List<Encoding> pairs = whole.encodePairs(first, second);
      for (int i = 0; i < pairs.size(); i++) {
        JsonNode expected = aCase.get("pairs").get(i);
        int[] types = new int[pairs.get(i).inputIds().length];
        for (int j = pairs.get(i).secondSegmentStart(); j < types.length; j++) {
          types[j] = 1;
        }
        assertThat(pairs.get(i).inputIds())
            .as("%s: pair %d", name, i)
            .isEqualTo(ints(expected.get("ids")));
        assertThat(types).as("%s: types %d", name, i).isEqualTo(ints(expected.get("types")));
      }
    }
  }

  private void assertIds(List<Encoding> encodings, JsonNode expected, String name) {
    for (int i = 0; i < texts.size(); i++) {
      assertThat(encodings.get(i).inputIds())
          .as("%s: '%s'", name, texts.get(i))
          .isEqualTo(ints(expected.get(i)));
    }
  }

  private Path write(JsonNode aCase, Path folder) throws IOException {
    ObjectNode files = golden.get("bases").get(aCase.get("base").asText()).deepCopy();
    files.setAll((ObjectNode) aCase.get("files"));
    for (Iterator<Map.Entry<String, JsonNode>> i = files.fields(); i.hasNext(); ) {
      Map.Entry<String, JsonNode> file = i.next();
      if (file.getKey().equals("resource")) {
        Files.copy(
            Fixtures.path("/org/sparkfinetune/" + file.getValue().asText()),
            folder.resolve("tokenizer.json"));
      } else {
        Files.writeString(folder.resolve(file.getKey()), file.getValue().asText());
      }
    }
    return folder;
  }

  private static HuggingFaceFolder open(Path folder) {
    org.apache.hadoop.fs.Path path = Fixtures.hadoop(folder);
    return HuggingFaceFolder.open(path, path, new Configuration(false), false);
  }

  private static int[] ints(JsonNode array) {
    int[] ints = new int[array.size()];
    for (int i = 0; i < ints.length; i++) {
      ints[i] = array.get(i).intValue();
    }
    return ints;
  }
}
