package org.sparkfinetune.model.io;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileUtil;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.sparkfinetune.ChildJvm;
import org.sparkfinetune.UserException;
import org.sparkfinetune.tokenize.TextTokenizer;

/** On annotators that Spark NLP itself saved. */
@Tag("slow")
class SparkNlpAnnotatorTest {
  private static final Configuration HADOOP = new Configuration(false);
  private static final String LABELS = "card\nrefund\ntop_up\n";

  @TempDir private static Path saved;
  @TempDir private Path temporary;

  @BeforeAll
  static void saveAnnotators(@TempDir Path folder) throws Exception {
    Path in = folder.resolve("in");
    String words = Files.readString(Fixtures.path("tiny-bert-classifier/vocab.txt"));
    String numbered =
        "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\n"
            + IntStream.range(5, 50).mapToObj(i -> "w" + i + "\n").collect(Collectors.joining());
    String letters =
        "<s>\n<pad>\n</s>\n<unk>\n<mask>\n"
            + IntStream.range(0, 26)
                .mapToObj(i -> (char) ('a' + i) + "\n")
                .collect(Collectors.joining())
            + "\u0120\nab\n\u0120a\n";
    write(in.resolve("bert"), "tiny-bert-classifier.onnx", words, null);
    // Embeddings compute once when they are loaded, with ids that only a real vocabulary has.
    write(in.resolve("minilm"), "/all-minilm-l6-v2.onnx", miniLmWords(), null);
    write(in.resolve("distilbert"), "onnx/distilbert.onnx", numbered, null);
    write(in.resolve("roberta"), "onnx/roberta.onnx", letters, "#version: 0.2\na b\n\u0120 a\n");
    ChildJvm.run(
        SparkNlpMain.class, List.of(), List.of(in.toString(), saved.toString()), Map.of(), folder);
  }

  private static void write(Path folder, String onnx, String vocab, String merges)
      throws IOException {
    Path assets = Files.createDirectories(folder.resolve("assets"));
    try (InputStream model = SparkNlpAnnotatorTest.class.getResourceAsStream(onnx)) {
      Files.copy(model, folder.resolve("model.onnx"));
    }
    Files.writeString(assets.resolve("vocab.txt"), vocab);
    Files.writeString(assets.resolve("labels.txt"), LABELS);
    if (merges != null) {
      Files.writeString(assets.resolve("merges.txt"), merges);
    }
  }

  private static String miniLmWords() {
    return String.join(
        "\n", names(Json.object(PretrainedModel.open("minilm-l6", HADOOP).tokenizer(), "minilm")));
  }

  @Test
  void readsEmbeddingsAsTheirOnnxFile() {
    PretrainedModel pretrained = open(saved.resolve("minilm"));
    PretrainedModel embedded = PretrainedModel.open("minilm-l6", HADOOP);
    ObjectNode expected = config(embedded);
    expected.remove("classifier_pooling");
    assertThat(config(pretrained)).isEqualTo(expected);
    assertThat(Json.object(pretrained.tokenizer(), "made").at("/model/vocab"))
        .isEqualTo(Json.object(embedded.tokenizer(), "embedded").at("/model/vocab"));
    String last = "encoder.layer.5.output.dense.weight";
    try (TensorSource read = pretrained.openWeights();
        TensorSource original = embedded.openWeights();
        Tensor tensor = read.read(last);
        Tensor same = original.read(last)) {
      assertThat(read.tensors()).isEqualTo(original.tensors());
      assertThat(tensor.equal(same)).isTrue();
    }
  }

  @ParameterizedTest
  @CsvSource({
    "bert,tiny-bert-classifier.onnx,bert",
    "roberta,onnx/roberta.onnx,roberta",
    "distilbert,onnx/distilbert.onnx,distilbert"
  })
  void hasTheWeightsOfItsOnnxFile(String annotator, String onnx, String modelType) {
    PretrainedModel pretrained = open(saved.resolve(annotator));
    assertThat(config(pretrained).get("model_type").textValue()).isEqualTo(modelType);
    Map<String, float[]> expected =
        Fixtures.readAll(OnnxReader.open(Fixtures.hadoop(Fixtures.path(onnx)), HADOOP));
    assertThat(Fixtures.readAll(pretrained.openWeights()))
        .hasSameSizeAs(expected)
        .allSatisfy((name, values) -> assertThat(values).as(name).isEqualTo(expected.get(name)));
  }

  @Test
  void hasItsLabels() {
    ObjectNode config = config(open(saved.resolve("bert")));
    assertThat(config.get("id2label").toString())
        .isEqualTo("{\"0\":\"card\",\"1\":\"refund\",\"2\":\"top_up\"}");
    assertThat(config.get("label2id").get("top_up").intValue()).isEqualTo(2);
  }

  @Test
  void makesAWordPieceTokenizerOfItsVocabulary() throws IOException {
    String expected =
        Files.readString(Fixtures.path("tiny-bert-classifier/vocab.txt"))
            .lines()
            .toList()
            .toString();
    ObjectNode tokenizer = Json.object(open(saved.resolve("bert")).tokenizer(), "tokenizer");
    assertThat(IntStream.range(0, tokenizer.at("/model/vocab").size()).boxed().toList())
        .isEqualTo(ids(tokenizer));
    assertThat(names(tokenizer).toString()).isEqualTo(expected);
    // Spark NLP's caseSensitive, which is true by default for classifiers.
    assertThat(tokenizer.at("/normalizer/lowercase").booleanValue()).isFalse();
  }

  @Test
  void makesAByteLevelTokenizerOfItsVocabularyAndMerges() {
    try (TextTokenizer tokenizer =
        TextTokenizer.of(open(saved.resolve("roberta")).tokenizer(), 16)) {
      // "a b" is merged before " a": <s> ab, space, ab </s>
      assertThat(tokenizer.encode(List.of("ab ab")).get(0).inputIds())
          .containsExactly(0, 32, 31, 32, 2);
      assertThat(tokenizer.padTokenId()).isEqualTo(1);
    }
  }

  @Test
  void theFilesBesideWin() throws IOException {
    Path folder = copy("bert");
    for (String file : List.of("config.json", "tokenizer.json")) {
      Files.copy(Fixtures.path("tiny-bert-classifier").resolve(file), folder.resolve(file));
    }
    PretrainedModel pretrained = open(folder);
    assertThat(pretrained.config()).isEqualTo(Files.readString(folder.resolve("config.json")));
    assertThat(pretrained.tokenizer())
        .isEqualTo(Files.readString(folder.resolve("tokenizer.json")));
  }

  @ParameterizedTest
  @CsvSource({"tensorflow", "openvino"})
  void refusesOtherEnginesWithTheReason(String engine) throws IOException {
    Path folder = copy("bert");
    edit(
        folder,
        "\"paramMap\":{\"engine\":\"onnx\"}",
        "\"paramMap\":{\"engine\":\"" + engine + "\"}");
    assertThatThrownBy(() -> open(folder))
        .isInstanceOf(UserException.class)
        .hasMessageEndingWith(
            ": this annotator computes with "
                + engine
                + ", whose file does not tell which weight is which; only those with ONNX are read."
                + " Give the Hugging Face model that it was made from, or its ONNX export.");
  }

  @ParameterizedTest
  @CsvSource({
    "com.johnsnowlabs.nlp.annotators.classifier.dl.BertForTokenClassification",
    "com.johnsnowlabs.nlp.embeddings.NomicEmbeddings",
    "org.apache.spark.ml.PipelineModel"
  })
  void refusesOtherStages(String type) throws IOException {
    Path folder = copy("bert");
    edit(
        folder,
        "com.johnsnowlabs.nlp.annotators.classifier.dl.BertForSequenceClassification",
        type);
    assertThatThrownBy(() -> open(folder))
        .isInstanceOf(UserException.class)
        .hasMessageContaining(
            ": a saved " + type + ", which is no encoder that can be fine-tuned.");
  }

  @Test
  void asksForTheConfigurationWhenAnnotatorAndGraphDiffer() throws IOException {
    Path folder = copy("bert");
    edit(folder, ".BertForSequenceClassification", ".AlbertForSequenceClassification");
    assertThatThrownBy(() -> open(folder))
        .isInstanceOf(UserException.class)
        .hasMessageContaining(": the graph is a bert, and the annotator a albert. Put the model's");
  }

  @Test
  void saysHowToConvertSentencePiece() throws IOException {
    Path folder = copy("roberta");
    edit(folder, ".RoBertaForSequence", ".XlmRoBertaForSequence");
    delete(folder.resolve("fields/vocabulary"));
    Files.createFile(folder.resolve("xlmroberta_spp"));
    assertThatThrownBy(() -> open(folder))
        .isInstanceOf(UserException.class)
        .hasMessageContaining(
            ": the tokenizer is there as a SentencePiece model alone (xlmroberta_spp), which is not"
                + " read. Convert it once");
    Files.copy(
        Fixtures.path("tiny-bert-classifier/tokenizer.json"), folder.resolve("tokenizer.json"));
    assertThat(config(open(folder)).get("model_type").textValue()).isEqualTo("xlm-roberta");
  }

  @Test
  void refusesAnArchiveWhoseMembersLeaveIt() throws IOException {
    Path folder = copy("bert");
    try (OutputStream out = Files.newOutputStream(folder.resolve("bert_classification_onnx"));
        ZipOutputStream zip = new ZipOutputStream(out)) {
      zip.putNextEntry(new ZipEntry("../model.onnx"));
    }
    assertThatThrownBy(() -> open(folder))
        .isInstanceOf(UserException.class)
        .hasMessageContaining(
            "the archive has a member '../model.onnx', whose path leads out of it");
    assertThat(temporary.resolve("model.onnx")).doesNotExist();
  }

  @Test
  void refusesAVocabularyOfAnotherForm() throws IOException {
    Path folder = copy("bert");
    Path part = folder.resolve("fields/vocabulary/part-00000");
    byte[] whole = Files.readAllBytes(part);
    Files.write(part, Arrays.copyOf(whole, whole.length - 5));
    assertMessage(folder, "it ends too early");
    Files.writeString(part, "no sequence file");
    assertMessage(folder, "it does not start as one");
    byte[] foreign = whole.clone();
    foreign[5] = 'X';
    Files.write(part, foreign);
    assertMessage(folder, "it holds Xrg.apache.hadoop.io.NullWritable and");
    Files.createFile(folder.resolve("fields/vocabulary/a.parquet"));
    assertMessage(folder, "saved as a Parquet dataset, which is not read");
  }

  private static void assertMessage(Path folder, String message) {
    Path part = folder.resolve("fields/vocabulary");
    // Hadoop checks the sums of what it wrote: without them the file counts as it is.
    part.resolve(".part-00000.crc").toFile().delete();
    assertThatThrownBy(() -> open(folder))
        .isInstanceOf(UserException.class)
        .hasMessageContaining(message);
  }

  private static List<Integer> ids(ObjectNode tokenizer) {
    return IntStream.range(0, tokenizer.at("/model/vocab").size())
        .map(i -> tokenizer.at("/model/vocab").get(names(tokenizer).get(i)).intValue())
        .boxed()
        .toList();
  }

  private static List<String> names(ObjectNode tokenizer) {
    List<String> names = new ArrayList<>();
    tokenizer.at("/model/vocab").fieldNames().forEachRemaining(names::add);
    return names;
  }

  private static ObjectNode config(PretrainedModel pretrained) {
    return Json.object(pretrained.config(), "config");
  }

  private static PretrainedModel open(Path folder) {
    return PretrainedModel.open(folder.toString(), HADOOP);
  }

  private Path copy(String annotator) throws IOException {
    Path from = saved.resolve(annotator);
    Path to = temporary.resolve(annotator);
    Files.walkFileTree(
        from,
        new SimpleFileVisitor<>() {
          @Override
          public FileVisitResult visitFile(Path file, BasicFileAttributes attributes)
              throws IOException {
            Path target = to.resolve(from.relativize(file));
            Files.createDirectories(target.getParent());
            if (!file.toString().endsWith(".crc")) {
              Files.copy(file, target);
            }
            return FileVisitResult.CONTINUE;
          }
        });
    return to;
  }

  private static void delete(Path folder) throws IOException {
    FileUtil.fullyDelete(folder.toFile());
  }

  private static void edit(Path folder, String from, String to) throws IOException {
    Path metadata = folder.resolve("metadata/part-00000");
    String text = Files.readString(metadata);
    assertThat(text).contains(from);
    Files.writeString(metadata, text.replace(from, to));
  }
}
