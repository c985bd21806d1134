package org.sparkfinetune.annotator;

import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.when;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.TextNode;
import com.johnsnowlabs.nlp.Annotation;
import com.johnsnowlabs.nlp.IAnnotation;
import com.johnsnowlabs.nlp.JavaAnnotation;
import com.johnsnowlabs.nlp.LightPipeline;
import com.johnsnowlabs.nlp.annotators.Tokenizer;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.ObjectOutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.apache.hadoop.conf.Configuration;
import org.apache.spark.ml.PipelineModel;
import org.apache.spark.ml.param.ParamMap;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.sparkfinetune.TestModels;
import org.sparkfinetune.TestSpark;
import org.sparkfinetune.UserException;
import org.sparkfinetune.model.io.AdapterFiles;
import org.sparkfinetune.model.io.ChunkedBytes;
import org.sparkfinetune.model.io.ModelFiles;
import org.sparkfinetune.model.io.ModelProvenance;
import org.sparkfinetune.model.io.PretrainedModel;
import org.sparkfinetune.model.io.TensorSource;
import scala.collection.JavaConverters;

class TransformerClassifierModelTest {
  private static final String[] TEXTS = {
    "where is my card", "i want to pay back my loan early", "the transfer failed", "hello", "why?"
  };

  private final TransformerClassifierModel model = Fixtures.model();

  @Test
  void writesOneCategoryADocumentAsStockClassifiersDo() {
    Dataset<Row> result =
        Fixtures.pipeline(Fixtures.documents(), model).transform(Fixtures.texts(TEXTS));

    List<List<Annotation>> categories = Fixtures.annotations(result, "category");
    Set<String> keys = new HashSet<>(List.of(model.getClasses()));
    keys.add("sentence");
    assertThat(categories).hasSize(TEXTS.length);
    for (int i = 0; i < TEXTS.length; i++) {
      assertThat(categories.get(i)).hasSize(1);
      Annotation category = categories.get(i).get(0);
      Map<String, String> metadata = metadata(category);
      assertThat(category.annotatorType()).isEqualTo("category");
      assertThat(category.begin()).isZero();
      assertThat(category.end()).isEqualTo(TEXTS[i].length() - 1);
      assertThat(category.embeddings()).isEmpty();
      assertThat(metadata.keySet()).isEqualTo(keys);
      assertThat(metadata).containsEntry("sentence", "0");
      metadata.remove("sentence");
      double sum = metadata.values().stream().mapToDouble(Double::parseDouble).sum();
      assertThat(sum).isCloseTo(1, within(1e-5));
      String best = Collections.max(metadata.entrySet(), this::byProbability).getKey();
      assertThat(category.result()).isEqualTo(best);
    }
    assertThat(result.schema().apply("category").metadata().getString("annotatorType"))
        .isEqualTo("category");
    assertThat(result.schema().apply("document").metadata().getString("annotatorType"))
        .isEqualTo("document");
  }

  @Test
  void keepsSentencesWithTheirProbabilitiesWhenARowHasMoreThanABatch() {
    model.setInputCols(new String[] {"sentence"});
    model.setBatchSize(2).setPerDeviceEvalBatchSize(2);
    String many = "Card is lost. I want a much larger loan now. No. Why did it fail? Hello there.";
    Dataset<Row> result =
        Fixtures.pipeline(Fixtures.documents(), Fixtures.sentences(), model)
            .transform(Fixtures.texts("One. Two more.", many, "Last one here.", many));

    List<List<Annotation>> sentences = Fixtures.annotations(result, "sentence");
    List<List<Annotation>> categories = Fixtures.annotations(result, "category");
    assertThat(sentences.stream().map(List::size)).containsExactly(2, 5, 1, 5);
    for (int row = 0; row < sentences.size(); row++) {
      assertThat(categories.get(row)).hasSameSizeAs(sentences.get(row));
      for (int i = 0; i < sentences.get(row).size(); i++) {
        Annotation sentence = sentences.get(row).get(i);
        Annotation category = categories.get(row).get(i);
        assertThat(category.begin()).isEqualTo(sentence.begin());
        assertThat(category.end()).isEqualTo(sentence.end());
        assertThat(metadata(category)).containsEntry("sentence", Integer.toString(i));
        assertSamePrediction(category, annotate(sentence));
      }
    }
  }

  @Test
  void aRowWithoutDocumentsGetsNoCategoryAndABlankDocumentGetsOne() {
    Dataset<Row> documents =
        Fixtures.documents().transform(Fixtures.texts("gone", null, "kept", "", "  "));
    Dataset<Row> withNull =
        documents.withColumn(
            "document",
            when(col("text").isNull().or(col("text").notEqual("gone")), col("document"))
                .as("document", documents.schema().apply("document").metadata()));
    List<List<Annotation>> inputs =
        Fixtures.annotations(withNull.where(col("document").isNotNull()), "document");

    List<List<Annotation>> categories = Fixtures.annotations(model.transform(withNull), "category");

    assertThat(categories.get(0)).isEmpty();
    assertThat(categories.subList(1, 5).stream().map(List::size))
        .containsExactlyElementsOf(inputs.stream().map(List::size).toList());
    assertThat(categories.get(2)).hasSize(1);
    Annotation blank = new Annotation("document", 0, -1, "", metadata(Map.of()), new float[0]);
    assertThat(annotate(blank).result()).isIn((Object[]) model.getClasses());
  }

  @Test
  void anEmptyDataSetStaysEmpty() {
    Dataset<Row> none = Fixtures.texts(TEXTS).limit(0);
    assertThat(Fixtures.pipeline(Fixtures.documents(), model).transform(none).count()).isZero();
  }

  @Test
  void lightPipelineEqualsTransformBesideAStockAnnotator() {
    Tokenizer tokenizer = new Tokenizer();
    tokenizer.setInputCols(new String[] {"document"});
    tokenizer.setOutputCol("token");
    PipelineModel pipeline = Fixtures.pipeline(Fixtures.documents(), model, tokenizer);
    // Before any transform: on the driver no broadcast is needed.
    LightPipeline light = new LightPipeline(pipeline, false);
    List<IAnnotation> lightly = new ArrayList<>();
    for (String text : TEXTS) {
      Map<String, List<IAnnotation>> annotations = light.fullAnnotateJava(text);
      assertThat(annotations.get("token")).isNotEmpty();
      lightly.addAll(annotations.get("category"));
    }

    List<List<Annotation>> categories =
        Fixtures.annotations(pipeline.transform(Fixtures.texts(TEXTS)), "category");

    assertThat(lightly).hasSize(TEXTS.length);
    for (int i = 0; i < TEXTS.length; i++) {
      JavaAnnotation actual = (JavaAnnotation) lightly.get(i);
      Annotation expected = categories.get(i).get(0);
      assertThat(actual.result()).isEqualTo(expected.result());
      assertThat(actual.begin()).isEqualTo(expected.begin());
      assertThat(actual.end()).isEqualTo(expected.end());
      assertSameProbabilities(actual.metadata(), metadata(expected));
    }
  }

  @Test
  void savesAndLoadsInAPipeline(@TempDir Path folder) throws IOException {
    model.setMaxLength(7).setBatchSize(3);
    PipelineModel pipeline = Fixtures.pipeline(Fixtures.documents(), model);
    String path = folder.resolve("pipeline").toUri().toString();
    pipeline.save(path);

    PipelineModel loaded = PipelineModel.load(path);

    TransformerClassifierModel stage = (TransformerClassifierModel) loaded.stages()[1];
    assertThat(stage.uid()).isEqualTo(model.uid());
    assertThat(stage.getMaxLength()).isEqualTo(7);
    assertThat(stage.getBatchSize()).isEqualTo(3);
    assertThat(stage.trainingSummary()).isEmpty();
    assertThat(Fixtures.annotations(loaded.transform(Fixtures.texts(TEXTS)), "category"))
        .isEqualTo(Fixtures.annotations(pipeline.transform(Fixtures.texts(TEXTS)), "category"));
  }

  @Test
  void anAdapterIsSavedAsOfTheBaseThatTheRecordNames(@TempDir Path folder) throws IOException {
    AdapterFiles adapter =
        AdapterFiles.of("{\"base_model_name_or_path\": \"/cache/mlflow-1\"}", Map.of());
    String path = folder.resolve("model").toString();
    TestSpark.session();
    TransformerClassifierModel.of(TestModels.tiny().withAdapter(adapter))
        .setProvenance(
            new ModelProvenance("/cache/mlflow-1", "", Map.of(), Map.of(), Map.of(), Map.of())
                .withBase("models:/base@champion"))
        .save(path);
    try (Stream<Path> files = Files.walk(folder)) {
      Path saved =
          files.filter(file -> file.endsWith("adapter/adapter_config.json")).findFirst().get();
      assertThat(new ObjectMapper().readTree(saved.toFile()).path("base_model_name_or_path"))
          .isEqualTo(TextNode.valueOf("models:/base@champion"));
    }
  }

  @Test
  void savesAHuggingFaceFolderAndOverwrites(@TempDir Path folder) throws IOException {
    String path = folder.resolve("model").toString();
    model.save(path);
    model.setMaxLength(9).write().overwrite().save(path);

    ModelFiles files = TestModels.tiny();
    Path huggingFace = folder.resolve("model/huggingface");
    assertThat(huggingFace.resolve("config.json")).hasContent(files.config());
    assertThat(huggingFace.resolve("tokenizer.json")).hasContent(files.tokenizer());
    assertThat(huggingFace.resolve("model.safetensors"))
        .hasBinaryContent(files.weights().openStream().readAllBytes());
    TransformerClassifierModel loaded = TransformerClassifierModel.load(path);
    assertThat(loaded.getMaxLength()).isEqualTo(9);
    assertThat(loaded.getClasses()).isEqualTo(model.getClasses());
  }

  @Test
  void savedStagePipelineAndJobOutputAreCheckpointsToTrainOn(@TempDir Path folder)
      throws IOException {
    Path stage = folder.resolve("stage");
    Path pipeline = folder.resolve("runs/first/model");
    model.save(stage.toString());
    Fixtures.pipeline(Fixtures.documents(), model).save(pipeline.toString());

    for (Path base : List.of(stage, pipeline, pipeline.getParent())) {
      PretrainedModel pretrained = PretrainedModel.open(base.toString(), new Configuration(false));
      assertThat(pretrained.config()).isEqualTo(model.files().config());
      assertThat(pretrained.tokenizer()).isEqualTo(model.files().tokenizer());
      try (TensorSource weights = pretrained.openWeights()) {
        assertThat(weights.tensors()).containsKey("classifier.weight");
      }
    }
  }

  @Test
  void loadingNamesTheFileThatIsMissing(@TempDir Path folder) throws IOException {
    String path = folder.resolve("model").toString();
    model.save(path);
    Files.delete(folder.resolve("model/huggingface/model.safetensors"));

    assertThatThrownBy(() -> TransformerClassifierModel.load(path))
        .isInstanceOf(UserException.class)
        .hasMessageContaining("model/huggingface: no weights (model.safetensors) in this folder");
  }

  @Test
  void loadingFromElsewhereSaysThatThereIsNoModel(@TempDir Path folder) {
    assertThatThrownBy(() -> TransformerClassifierModel.load(folder.resolve("none").toString()))
        .isInstanceOf(UserException.class)
        .hasMessageContaining("none is no saved TransformerClassifierModel");
  }

  @Test
  void aCopyKeepsFilesAndParamsAndTakesTheExtraOnes() {
    model.setMaxLength(11).setPerDeviceEvalBatchSize(5);

    TransformerClassifierModel copy =
        model.copy(new ParamMap().put(model.maxLength(), (Object) 13));

    assertThat(copy.uid()).isEqualTo(model.uid());
    assertThat(copy.getMaxLength()).isEqualTo(13);
    assertThat(copy.getPerDeviceEvalBatchSize()).isEqualTo(5);
    assertThat(copy.getOutputCol()).isEqualTo("category");
    assertThat(copy.files()).isSameAs(model.files());
    assertThat(model.getMaxLength()).isEqualTo(11);
  }

  @Test
  void explainsItsParams() {
    assertThat(model.explainParams())
        .contains("max_length: Longest text in tokens")
        .contains("per_device_eval_batch_size: Rows a forward pass")
        .contains("batchSize: ")
        .contains("default: 256");
    assertThat(model.hasParam("max_length")).isTrue();
    assertThat(model.getParam("max_length")).isEqualTo(model.maxLength());
  }

  @Test
  void refusesValuesOutOfRange() {
    assertThatThrownBy(() -> model.setMaxLength(2))
        .isInstanceOf(UserException.class)
        .hasMessage("model.max_length=2 is not allowed: expected >= 3");
    assertThatThrownBy(() -> model.setBatchSize(0))
        .hasMessageContaining("batchSize must be greater than 0");
  }

  @Test
  void aModelWithoutWeightsSaysWhereToGetOne() {
    TransformerClassifierModel empty = new TransformerClassifierModel("empty");
    empty.setInputCols(new String[] {"document"}).setOutputCol("category");
    Dataset<Row> documents = Fixtures.documents().transform(Fixtures.texts("text"));
    assertThatThrownBy(() -> empty.transform(documents))
        .isInstanceOf(UserException.class)
        .hasMessageContaining("empty has no weights: load one");
  }

  @Test
  void whatATaskCarriesHoldsNoWeights() throws IOException {
    ModelFiles files = TestModels.tiny();
    ChunkedBytes large = new ChunkedBytes(List.of(new byte[4 << 20], new byte[4 << 20]));
    TransformerClassifierModel heavy =
        TransformerClassifierModel.of(new ModelFiles(files.config(), files.tokenizer(), large));
    heavy.setInputCols(new String[] {"document"}).setOutputCol("category");
    heavy.transform(Fixtures.documents().transform(Fixtures.texts("text")));

    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (ObjectOutputStream out = new ObjectOutputStream(bytes)) {
      out.writeObject(heavy);
    }

    assertThat(bytes.size()).isLessThan(64 << 10);
  }

  private Annotation annotate(Annotation document) {
    return JavaConverters.seqAsJavaList(
            model
                .batchAnnotate(
                    JavaConverters.asScalaBuffer(
                        Collections.singletonList(new Annotation[] {document})))
                .head())
        .get(0);
  }

  private int byProbability(Map.Entry<String, String> a, Map.Entry<String, String> b) {
    return Float.compare(Float.parseFloat(a.getValue()), Float.parseFloat(b.getValue()));
  }

  private void assertSamePrediction(Annotation actual, Annotation expected) {
    assertThat(actual.result()).isEqualTo(expected.result());
    Map<String, String> probabilities = metadata(actual);
    probabilities.remove("sentence");
    assertSameProbabilities(probabilities, metadata(expected));
  }

  private void assertSameProbabilities(Map<String, String> actual, Map<String, String> expected) {
    for (String label : model.getClasses()) {
      assertThat(Float.parseFloat(actual.get(label)))
          .isCloseTo(Float.parseFloat(expected.get(label)), within(1e-5f));
    }
  }

  private static Map<String, String> metadata(Annotation annotation) {
    return new java.util.HashMap<>(JavaConverters.mapAsJavaMap(annotation.metadata()));
  }

  private static scala.collection.Map<String, String> metadata(Map<String, String> metadata) {
    return JavaConverters.mapAsScalaMap(metadata);
  }
}
