package org.sparkfinetune.model.io;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;
import org.sparkfinetune.UserException;
import org.sparkfinetune.storage.HadoopFiles;
import org.sparkfinetune.tokenize.ByteLevelBpe;
import org.sparkfinetune.tokenize.TokenizerSettings;
import org.sparkfinetune.tokenize.TokenizerSettings.Normalization;
import org.sparkfinetune.tokenize.VocabTxt;

/**
 * A saved annotator of Spark NLP (5.5) that computes with ONNX: {@code BertEmbeddings}, {@code
 * RoBertaForSequenceClassification} and their kin.
 *
 * <p>The folder has Spark ML's {@code metadata}, the vocabulary and labels in {@code fields}, and
 * the ONNX file in a zip archive whose name ends in {@code _onnx}. Spark NLP keeps no {@code
 * config.json} and, for SentencePiece, no {@code tokenizer.json}: put them beside and they are
 * used; without, the configuration is made from the graph, which {@link OnnxConfig} can for BERT,
 * RoBERTa and DistilBERT, and the tokenizer from the vocabulary.
 */
final class SparkNlpAnnotator {
  private static final String FIELDS = "fields";
  private static final String VOCABULARY = "vocabulary";
  private static final String MERGES = "merges";
  private static final String LABELS = "labels";
  private static final String ARCHIVE = "_onnx";

  /** How annotators' names start, by family; those that share a start with a shorter come first. */
  private static final Map<String, String> FAMILIES = new LinkedHashMap<>();

  static {
    FAMILIES.put("XlmRoBerta", "xlm-roberta");
    FAMILIES.put("RoBerta", "roberta");
    FAMILIES.put("CamemBert", "camembert");
    FAMILIES.put("DistilBert", "distilbert");
    FAMILIES.put("DeBerta", "deberta-v2");
    FAMILIES.put("Albert", "albert");
    FAMILIES.put("MPNet", "mpnet");
    FAMILIES.put("Bert", "bert");
    // Sentence encoders that are BERTs.
    FAMILIES.put("BGE", "bert");
    FAMILIES.put("E5", "bert");
    FAMILIES.put("Mxbai", "bert");
    FAMILIES.put("SnowFlake", "bert");
    FAMILIES.put("UAE", "bert");
  }

  private final Path folder;
  private final Configuration hadoop;
  private final SavedStage stage;
  private final String family;
  private final Path archive;
  private final String config;
  private final TokenizerFiles.Tokenizer tokenizer;

  private SparkNlpAnnotator(Path folder, Configuration hadoop) throws IOException {
    this.folder = folder;
    this.hadoop = hadoop;
    this.stage = SavedStage.read(folder, hadoop);
    this.family = family();
    this.archive = archive();
    this.config = readConfig();
    this.tokenizer = readTokenizer();
  }

  /**
   * Opens a saved annotator; reads no weights.
   *
   * @throws UserException when it is another stage, computes with TensorFlow or OpenVINO, or lacks
   *     what a pretrained model needs
   */
  static SparkNlpAnnotator open(Path folder, Configuration hadoop) throws IOException {
    return new SparkNlpAnnotator(folder, hadoop);
  }

  /** The text of a {@code config.json}. */
  String config() {
    return config;
  }

  /** The tokenizer. */
  TokenizerFiles.Tokenizer tokenizer() {
    return tokenizer;
  }

  /** Opens the weights; the caller closes the source. */
  TensorSource openWeights() {
    try {
      return openOnnx();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private OnnxReader openOnnx() throws IOException {
    ByteSource file = ByteSource.file(archive, hadoop);
    return ByteSource.open(
        file,
        source -> {
          ZipArchive zip = new ZipArchive(source);
          List<String> models = zip.names().stream().filter(n -> n.endsWith(".onnx")).toList();
          if (models.size() != 1) {
            throw new UserException(
                archive
                    + ": expected one .onnx file in this archive; it has: "
                    + String.join(", ", zip.names())
                    + ".");
          }
          ByteSource model = zip.open(models.get(0));
          return OnnxReader.open(closingBoth(model, source), OnnxReader.beside(archive, hadoop));
        });
  }

  private static ByteSource closingBoth(ByteSource member, ByteSource archive) {
    return new ByteSource() {
      @Override
      public String name() {
        return member.name();
      }

      @Override
      public long length() {
        return member.length();
      }

      @Override
      public InputStream from(long position) throws IOException {
        return member.from(position);
      }

      @Override
      public void fetch() throws IOException {
        member.close(); // its stream is the archive's
        archive.fetch();
      }

      @Override
      public void close() throws IOException {
        ByteSource.closeAll(List.of(member, archive));
      }
    };
  }

  private String family() {
    String type = stage.type();
    String name = type.substring(type.lastIndexOf('.') + 1);
    Optional<String> known =
        FAMILIES.keySet().stream()
            .filter(name::startsWith)
            .filter(
                start ->
                    List.of("Embeddings", "SentenceEmbeddings", "ForSequenceClassification")
                        .contains(name.substring(start.length())))
            .findFirst();
    if (!type.startsWith("com.johnsnowlabs.nlp.") || known.isEmpty()) {
      throw new UserException(
          folder
              + ": a saved "
              + stage.shownType()
              + ", which is no encoder that can be fine-tuned. Expected an annotator of Spark NLP:"
              + " one of "
              + String.join(", ", FAMILIES.keySet())
              + " with Embeddings, SentenceEmbeddings or ForSequenceClassification behind it.");
    }
    return FAMILIES.get(known.get());
  }

  private Path archive() throws IOException {
    String engine = param("engine").asText("tensorflow");
    List<String> names = HadoopFiles.names(folder, hadoop);
    if (!engine.equals("onnx")) {
      throw new UserException(
          folder
              + ": this annotator computes with "
              + engine
              + ", whose file does not tell which weight is which; only those with ONNX are read."
              + " Give the Hugging Face model that it was made from, or its ONNX export.");
    }
    List<String> archives = names.stream().filter(name -> name.endsWith(ARCHIVE)).toList();
    if (archives.size() != 1) {
      throw new UserException(
          folder
              + ": expected one file whose name ends in "
              + ARCHIVE
              + ", the model. It has: "
              + String.join(", ", names)
              + ".");
    }
    return new Path(folder, archives.get(0));
  }

  private JsonNode param(String name) {
    JsonNode fallback = stage.defaults().getOrDefault(name, MissingNode.getInstance());
    return stage.params().getOrDefault(name, fallback);
  }

  private String readConfig() throws IOException {
    Path file = new Path(folder, HuggingFaceFolder.CONFIG);
    if (HadoopFiles.exists(file, hadoop)) {
      String text = HadoopFiles.readText(file, hadoop);
      Json.object(text, file.toString());
      return text;
    }
    ObjectNode made;
    try (OnnxReader onnx = openOnnx()) {
      made = Json.object(onnx.config(), archive.toString());
    }
    if (family.equals("xlm-roberta") || family.equals("camembert")) {
      made.put("model_type", family); // the graph cannot tell them from a RoBERTa
    } else if (!made.get("model_type").asText().equals(family)) {
      throw new UserException(
          archive
              + ": the graph is a "
              + made.get("model_type").asText()
              + ", and the annotator a "
              + family
              + ". Put the model's config.json into "
              + folder
              + ".");
    }
    if (HadoopFiles.exists(field(LABELS), hadoop)) {
      putLabels(made);
    }
    return Json.text(made);
  }

  private void putLabels(ObjectNode made) throws IOException {
    Map<String, Integer> labels = ids(LABELS);
    ObjectNode id2label = made.putObject("id2label");
    ObjectNode label2id = made.putObject("label2id");
    Map<Integer, String> byId = new TreeMap<>();
    labels.forEach((label, id) -> byId.put(id, label));
    byId.forEach(
        (id, label) -> {
          id2label.put(Integer.toString(id), label);
          label2id.put(label, id);
        });
  }

  private TokenizerFiles.Tokenizer readTokenizer() throws IOException {
    if (HadoopFiles.exists(new Path(folder, TokenizerFiles.TOKENIZER), hadoop)
        || !HadoopFiles.exists(field(VOCABULARY), hadoop)) {
      boolean besideConfig = HadoopFiles.exists(new Path(folder, HuggingFaceFolder.CONFIG), hadoop);
      return TokenizerFiles.read(
          folder,
          besideConfig ? Optional.of(Json.object(config, folder.toString())) : Optional.empty(),
          hadoop);
    }
    Map<String, Integer> vocabulary = ids(VOCABULARY);
    boolean lowerCase = !param("caseSensitive").asBoolean(false);
    return TokenizerFiles.Tokenizer.of(
        HadoopFiles.exists(field(MERGES), hadoop)
            ? ByteLevelBpe.toTokenizerJson(
                vocabulary, merges(), TokenizerSettings.of(ByteLevelBpe.TYPE), Integer.MAX_VALUE)
            : VocabTxt.toTokenizerJson(
                vocabulary,
                TokenizerSettings.of(VocabTxt.type(vocabulary))
                    .with(new Normalization(lowerCase, Optional.empty(), true)),
                Integer.MAX_VALUE));
  }

  private Path field(String name) {
    return new Path(new Path(folder, FIELDS), name);
  }

  /** A saved map of texts to numbers. */
  private Map<String, Integer> ids(String field) throws IOException {
    Map<String, Integer> ids = new HashMap<>();
    for (Object element : ObjectFile.read(field(field), hadoop)) {
      if (element instanceof List<?> pair
          && pair.size() == 2
          && pair.get(0) instanceof String text
          && pair.get(1) instanceof Integer id) {
        ids.put(text, id);
      } else {
        throw notAMap(field, element);
      }
    }
    return byId(ids);
  }

  /** The pairs to merge, the first first: a saved map of pairs to their ranks. */
  private List<String> merges() throws IOException {
    Map<Integer, String> byRank = new TreeMap<>();
    for (Object element : ObjectFile.read(field(MERGES), hadoop)) {
      if (element instanceof List<?> entry
          && entry.size() == 2
          && entry.get(0) instanceof List<?> pair
          && pair.size() == 2
          && pair.get(0) instanceof String left
          && pair.get(1) instanceof String right
          && entry.get(1) instanceof Integer rank) {
        byRank.put(rank, left + " " + right);
      } else {
        throw notAMap(MERGES, element);
      }
    }
    // Spark NLP keeps the head of merges.txt as the first pair.
    return ByteLevelBpe.readMerges(String.join("\n", byRank.values()));
  }

  private static Map<String, Integer> byId(Map<String, Integer> ids) {
    Map<String, Integer> ordered = new LinkedHashMap<>();
    ids.entrySet().stream()
        .sorted(Map.Entry.comparingByValue())
        .forEach(e -> ordered.put(e.getKey(), e.getValue()));
    return ordered;
  }

  private UserException notAMap(String field, Object element) {
    return new UserException(
        field(field)
            + ": "
            + kind(element)
            + " is no entry of the map that Spark NLP saves here. The file is damaged, or another"
            + " annotator's: save the annotator again.");
  }

  /** Never the element itself, which may hold itself. */
  private static String kind(Object element) {
    if (element instanceof List<?> list) {
      return "a list of " + list.size();
    }
    return element instanceof String ? "a text" : "a number or truth value";
  }
}
