package org.sparkfinetune.annotator;

import static org.apache.spark.sql.functions.lit;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.johnsnowlabs.nlp.Annotation;
import com.johnsnowlabs.nlp.DocumentAssembler;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.apache.spark.ml.Pipeline;
import org.apache.spark.ml.PipelineModel;
import org.apache.spark.ml.PipelineStage;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.sparkfinetune.TestModels;
import org.sparkfinetune.TestSpark;
import org.sparkfinetune.UserException;
import org.sparkfinetune.model.HeadTemperature;
import scala.collection.JavaConverters;

/** Sets of labels and pairs of texts in the annotators. */
class MultiLabelAnnotationTest {
  private static final StructType PAIRS =
      new StructType()
          .add("text", DataTypes.StringType)
          .add("answer", DataTypes.StringType)
          .add("labels", DataTypes.createArrayType(DataTypes.StringType));

  @Test
  void eachLabelAboveTheThresholdIsAnAnnotationWithAllProbabilities() {
    TransformerClassifierModel model = Fixtures.multiLabelModel();
    Dataset<Row> texts = Fixtures.texts("where is my card", "hello", "");
    PipelineModel pipeline = Fixtures.pipeline(Fixtures.documents(), model);

    model.setThreshold(1e-6);
    for (List<Annotation> row : Fixtures.annotations(pipeline.transform(texts), "category")) {
      assertThat(row.stream().map(Annotation::result)).containsExactly("card", "loan", "transfer");
      assertThat(row.stream().map(MultiLabelAnnotationTest::metadata).distinct()).hasSize(1);
      assertThat(metadata(row.get(0))).containsOnlyKeys("sentence", "card", "loan", "transfer");
    }
    model.setThreshold(1 - 1e-6);
    assertThat(Fixtures.annotations(pipeline.transform(texts), "category"))
        .allSatisfy(row -> assertThat(row).isEmpty());
    model.setAnnotateUnlabeled(true);
    for (List<Annotation> row : Fixtures.annotations(pipeline.transform(texts), "category")) {
      assertThat(row).hasSize(1);
      assertThat(row.get(0).result()).isEmpty();
      assertThat(metadata(row.get(0))).containsOnlyKeys("sentence", "card", "loan", "transfer");
    }
  }

  @Test
  void aThresholdThatWasSetIsSavedForWhateverReadsTheModel(@TempDir Path folder) throws Exception {
    TransformerClassifierModel model = Fixtures.multiLabelModel();
    model.setThreshold(0.25);
    TestSpark.session();
    model.save(folder.resolve("model").toString());

    assertThat(folder.resolve("model/huggingface/config.json"))
        .content()
        .contains("\"threshold\" : 0.25");
    assertThat(TransformerClassifierModel.load(folder.resolve("model").toString()).files().config())
        .contains("\"threshold\" : 0.25");
    assertThatThrownBy(() -> model.setThreshold(1))
        .isInstanceOf(UserException.class)
        .hasMessage("model.threshold=1.0 is not allowed: expected auto, or > 0 and < 1");
    assertThatThrownBy(() -> Fixtures.model().setThreshold(0.5))
        .isInstanceOf(UserException.class)
        .hasMessage(
            "threshold=0.5 means nothing to a single-label model, which predicts the most probable"
                + " label");
  }

  @Test
  void fitsPairsToSetsOfLabelsAndReloadsToTheSamePredictions(@TempDir Path folder)
      throws Exception {
    TestSpark.session();
    TransformerClassifierApproach approach = new TransformerClassifierApproach();
    approach
        .setInputCols(new String[] {"document", "document_pair"})
        .setLabelColumn("labels")
        .setProblemType("multi_label_classification")
        .setValidationSplit(0.25)
        .setBase(Fixtures.folder(TestModels.tiny(), folder).toString())
        .setNumTrainEpochs(1)
        .setPrecision("fp32")
        .setMaxLength(16)
        .setOutputCol("category");
    DocumentAssembler answers = new DocumentAssembler().setInputCol("answer");
    answers.setOutputCol("document_pair");
    Dataset<Row> rows =
        Fixtures.rows(
            PAIRS,
            IntStream.range(0, 24)
                .mapToObj(
                    i ->
                        RowFactory.create(
                            "question " + i,
                            "answer " + i % 5,
                            i % 4 == 0
                                ? new String[0]
                                : i % 2 == 0 ? new String[] {"a", "b"} : new String[] {"b"}))
                .toList());

    PipelineModel fitted =
        new Pipeline()
            .setStages(new PipelineStage[] {Fixtures.documents(), answers, approach})
            .fit(rows);

    TransformerClassifierModel model = (TransformerClassifierModel) fitted.stages()[2];
    assertThat(model.getClasses()).containsExactly("a", "b");
    assertThat(model.trainingSummary().orElseThrow().metrics())
        .containsKeys("eval_f1_micro", "eval_threshold");
    double threshold = model.trainingSummary().orElseThrow().threshold().orElseThrow();
    // The same labels are predicted when the logits have been divided.
    assertThat(model.decisionThreshold())
        .isEqualTo(HeadTemperature.threshold(threshold, 1 / model.getTemperature()));
    assertThat(model.files().config()).contains("\"threshold\" : " + model.decisionThreshold());
    model.setAnnotateUnlabeled(true);
    List<List<Annotation>> before = Fixtures.annotations(fitted.transform(rows), "category");
    assertThat(before).hasSize(24).allSatisfy(row -> assertThat(row).isNotEmpty());
    String path = folder.resolve("saved").toString();
    fitted.write().save(path);
    PipelineModel loaded = PipelineModel.load(path);
    assertThat(Fixtures.annotations(loaded.transform(rows), "category").toString())
        .isEqualTo(before.toString());
    // The second text counts.
    Dataset<Row> others = rows.withColumn("answer", lit("something else"));
    assertThat(Fixtures.annotations(loaded.transform(others), "category").toString())
        .isNotEqualTo(before.toString());
  }

  @Test
  void rowsOfPairsNeedAsManyFirstAsSecondDocuments() {
    TransformerClassifierModel model = Fixtures.model();
    model.setInputCols(new String[] {"sentence", "document"});
    PipelineModel pipeline = Fixtures.pipeline(Fixtures.documents(), Fixtures.sentences(), model);
    assertThat(Fixtures.annotations(pipeline.transform(Fixtures.texts("One.")), "category").get(0))
        .hasSize(1);
    assertThatThrownBy(() -> pipeline.transform(Fixtures.texts("One. Two.")).collectAsList())
        .hasStackTraceContaining(
            "a row has 2 documents in sentence and 1 in document: pairs need as many first"
                + " documents as second ones");
    assertThatThrownBy(() -> model.setInputCols(new String[] {"a", "b", "c"}))
        .isInstanceOf(IllegalArgumentException.class);
  }

  private static Map<String, String> metadata(Annotation annotation) {
    return JavaConverters.mapAsJavaMap(annotation.metadata());
  }
}
