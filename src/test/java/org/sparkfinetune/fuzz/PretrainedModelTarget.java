package org.sparkfinetune.fuzz;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import java.util.zip.ZipOutputStream;
import org.apache.hadoop.conf.Configuration;
import org.sparkfinetune.model.ModelConfig;
import org.sparkfinetune.model.SequenceClassifier;
import org.sparkfinetune.model.io.PretrainedModel;
import org.sparkfinetune.tokenize.Batch;
import org.sparkfinetune.tokenize.Encoding;
import org.sparkfinetune.tokenize.TextTokenizer;
import org.sparkfinetune.torch.Libtorch;

/** A pretrained model of which one file is damaged, loaded and asked for the label of a text. */
final class PretrainedModelTarget implements FuzzTarget {
  private static final String CONFIG = "config.json";
  private static final String TOKENIZER = "tokenizer.json";

  /** Where the parts of a pickle lie that are put into an archive when it is read. */
  private static final String ARCHIVE = "pytorch_model";

  private final String name;
  private final Samples samples;
  private final List<String> values;

  /** Makes a kind's sound inputs. */
  private interface Samples {
    List<Sample> make() throws IOException;
  }

  private PretrainedModelTarget(String name, Samples samples, List<String> values) {
    this.name = name;
    this.samples = samples;
    this.values = values;
  }

  /** Each kind of file that a pretrained model is made of. */
  static List<FuzzTarget> all() {
    return List.of(
        new PretrainedModelTarget("config", PretrainedModelTarget::configs, CONFIG_VALUES),
        new PretrainedModelTarget("safetensors", () -> classifier("model.safetensors"), List.of()),
        new PretrainedModelTarget("zip", () -> List.of(packed()), List.of()),
        new PretrainedModelTarget("pickle", () -> List.of(unpacked()), List.of()),
        new PretrainedModelTarget("onnx", PretrainedModelTarget::onnx, List.of()),
        new PretrainedModelTarget("shard-index", PretrainedModelTarget::sharded, SHARD_VALUES),
        new PretrainedModelTarget("vocab", PretrainedModelTarget::vocabularies, List.of()),
        new PretrainedModelTarget("annotator", AnnotatorSamples::make, ANNOTATOR_VALUES));
  }

  private static final List<String> CONFIG_VALUES =
      List.of(
          "\"deberta-v2\"",
          "\"modernbert\"",
          "\"albert\"",
          "\"roberta\"",
          "\"relative_key\"",
          "\"multi_label_classification\"",
          "\"regression\"",
          "\"gelu_new\"",
          "\"swish\"",
          "{\"0\":\"a\",\"1\":\"a\",\"2\":\"b\"}",
          "{\"0\":\"a\",\"2\":\"b\"}",
          "[\"BertForSequenceClassification\"]",
          "[\"p2c\",\"c2p\"]");

  private static final List<String> SHARD_VALUES =
      List.of(
          "\"model-00002-of-00002.safetensors\"",
          "\"../model-00001-of-00002.safetensors\"",
          "\"/etc/passwd\"",
          "\"config.json\"",
          "\"absent.safetensors\"");

  private static final List<String> ANNOTATOR_VALUES =
      List.of(
          "\"com.johnsnowlabs.nlp.embeddings.BertSentenceEmbeddings\"",
          "\"com.johnsnowlabs.nlp.embeddings.XlmRoBertaEmbeddings\"",
          "\"onnx\"",
          "\"openvino\"");

  @Override
  public String name() {
    return name;
  }

  @Override
  public List<Sample> samples() throws IOException {
    // Loads libtorch, which is not the first file's to answer for.
    Libtorch.load();
    return samples.make();
  }

  @Override
  public List<String> values() {
    return values;
  }

  private static List<Sample> configs() throws IOException {
    byte[] tokenizer =
        Files.readAllBytes(SampleFiles.model("io/tiny-bert-classifier/" + TOKENIZER));
    List<Sample> samples = new ArrayList<>(classifier(CONFIG));
    for (String family :
        List.of(
            "albert", "deberta-v3", "distilbert", "electra", "modernbert", "mpnet", "roberta")) {
      Map<String, byte[]> files =
          new TreeMap<>(SampleFiles.of(SampleFiles.model(family + "-tiny")));
      files.keySet().removeIf(file -> file.startsWith("golden"));
      files.put(TOKENIZER, tokenizer);
      samples.add(new Sample(files, CONFIG));
    }
    return samples;
  }

  private static List<Sample> classifier(String mutated) throws IOException {
    Map<String, byte[]> files = SampleFiles.of(SampleFiles.model("io/tiny-bert-classifier"));
    return List.of(new Sample(files, mutated));
  }

  private static List<Sample> onnx() throws IOException {
    Map<String, byte[]> whole = SampleFiles.of(SampleFiles.model("io/tiny-bert-classifier"));
    whole.remove("model.safetensors");
    whole.put("model.onnx", Files.readAllBytes(SampleFiles.model("io/tiny-bert-classifier.onnx")));
    Map<String, byte[]> parts = new TreeMap<>(whole);
    parts.putAll(SampleFiles.of(SampleFiles.model("io/external")));
    return List.of(new Sample(whole, "model.onnx"), new Sample(parts, "model.onnx"));
  }

  private static List<Sample> sharded() throws IOException {
    byte[] tokenizer =
        Files.readAllBytes(SampleFiles.model("io/tiny-bert-classifier/" + TOKENIZER));
    List<Sample> samples = new ArrayList<>();
    for (String folder : List.of("sharded", "sharded-bin")) {
      Map<String, byte[]> files = SampleFiles.of(SampleFiles.model("io/" + folder));
      files.put(TOKENIZER, tokenizer);
      String index =
          files.keySet().stream().filter(f -> f.endsWith(".index.json")).findFirst().get();
      samples.add(new Sample(files, index));
    }
    return samples;
  }

  private static List<Sample> vocabularies() throws IOException {
    List<Sample> samples = new ArrayList<>();
    Map<String, byte[]> words = SampleFiles.of(SampleFiles.model("io/tiny-bert-classifier"));
    words.remove(TOKENIZER);
    for (String mutated :
        List.of("vocab.txt", "tokenizer_config.json", "special_tokens_map.json")) {
      samples.add(new Sample(words, mutated));
    }
    Map<String, byte[]> both = SampleFiles.of(SampleFiles.model("io/tiny-bert-classifier"));
    samples.add(new Sample(both, "tokenizer_config.json"));
    Map<String, byte[]> pairs = new TreeMap<>(words);
    pairs.remove("vocab.txt");
    pairs.put(
        "vocab.json",
        "{\"<s>\":0,\"<pad>\":1,\"</s>\":2,\"<unk>\":3,\"<mask>\":4,\"a\":5,\"b\":6,\"ab\":7}"
            .getBytes(StandardCharsets.UTF_8));
    pairs.put("merges.txt", "#version: 0.2\na b\n".getBytes(StandardCharsets.UTF_8));
    pairs.put(
        "tokenizer_config.json",
        "{\"tokenizer_class\":\"RobertaTokenizer\",\"unk_token\":\"<unk>\",\"cls_token\":\"<s>\",\"sep_token\":\"</s>\",\"pad_token\":\"<pad>\",\"mask_token\":\"<mask>\",\"bos_token\":\"<s>\",\"eos_token\":\"</s>\"}"
            .getBytes(StandardCharsets.UTF_8));
    pairs.remove("special_tokens_map.json");
    for (String mutated : List.of("vocab.json", "merges.txt", "tokenizer_config.json")) {
      samples.add(new Sample(pairs, mutated));
    }
    return samples;
  }

  /** The weights in two of PyTorch's archives. */
  private static Sample packed() throws IOException {
    Map<String, byte[]> files = SampleFiles.of(SampleFiles.model("io/sharded-bin"));
    files.put(
        TOKENIZER, Files.readAllBytes(SampleFiles.model("io/tiny-bert-classifier/" + TOKENIZER)));
    return new Sample(files, "pytorch_model-00001-of-00002.bin");
  }

  /** The same with the first archive's members as files, so that all the damage is the pickle's. */
  private static Sample unpacked() throws IOException {
    Sample packed = packed();
    Map<String, byte[]> files = new TreeMap<>(packed.files());
    String pickle = null;
    files.remove(packed.mutated());
    try (ZipFile zip =
        new ZipFile(SampleFiles.model("io/sharded-bin/" + packed.mutated()).toFile())) {
      for (ZipEntry entry : Collections.list(zip.entries())) {
        String file = ARCHIVE + "/" + entry.getName();
        files.put(file, zip.getInputStream(entry).readAllBytes());
        pickle = entry.getName().endsWith("data.pkl") ? file : pickle;
      }
    }
    return new Sample(files, pickle);
  }

  @Override
  public void read(Path folder) throws IOException {
    pack(folder);
    PretrainedModel pretrained = PretrainedModel.open(folder.toString(), new Configuration(false));
    ModelConfig config = ModelConfig.parse(pretrained.config());
    int length = Math.min(16, config.maxTokens());
    try (TextTokenizer tokenizer = TextTokenizer.of(pretrained.tokenizer(), length)) {
      config.requireVocabulary(tokenizer.vocabSize());
      try (SequenceClassifier classifier = SequenceClassifier.load(pretrained)) {
        List<Encoding> texts = tokenizer.encode(List.of("my card is lost", "", "refund"));
        classifier.logits(
            Batch.of(
                texts.stream().map(Encoding::inputIds).toList(),
                new int[texts.size()][0],
                classifier.padTokenId()));
      }
    }
  }

  private static void pack(Path folder) throws IOException {
    Path parts = folder.resolve(ARCHIVE);
    if (Files.notExists(parts)) {
      return;
    }
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (ZipOutputStream zip = new ZipOutputStream(bytes);
        Stream<Path> files = Files.walk(parts)) {
      zip.setMethod(ZipOutputStream.STORED);
      for (Path file : files.filter(Files::isRegularFile).sorted().toList()) {
        byte[] content = Files.readAllBytes(file);
        CRC32 crc = new CRC32();
        crc.update(content);
        ZipEntry entry = new ZipEntry(parts.relativize(file).toString());
        entry.setSize(content.length);
        entry.setCrc(crc.getValue());
        zip.putNextEntry(entry);
        zip.write(content);
      }
    }
    Files.write(folder.resolve("pytorch_model-00001-of-00002.bin"), bytes.toByteArray());
  }
}
