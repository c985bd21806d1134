package org.sparkfinetune.annotator;

import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.lit;
import static org.apache.spark.sql.functions.when;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.johnsnowlabs.nlp.Annotation;
import com.johnsnowlabs.nlp.DocumentAssembler;
import com.johnsnowlabs.nlp.LightPipeline;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.apache.spark.ml.PipelineModel;
import org.apache.spark.ml.evaluation.MulticlassClassificationEvaluator;
import org.apache.spark.ml.linalg.SQLDataTypes;
import org.apache.spark.ml.linalg.Vector;
import org.apache.spark.ml.param.ParamMap;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.sparkfinetune.UserException;
import scala.collection.JavaConverters;

/** {@link TransformerClassifierModel#probabilityCol}. */
class ProbabilityColumnTest {
  private static final String[] TEXTS = {"where is my card", "the transfer failed", "", "why?"};

  private final TransformerClassifierModel model = Fixtures.model().setProbabilityCol("p");

  @Test
  void aRowGetsTheProbabilitiesOfItsAnnotationAsAVector() {
    Dataset<Row> result =
        Fixtures.pipeline(Fixtures.documents(), model).transform(Fixtures.texts(TEXTS));

    assertThat(result.columns()).containsExactly("text", "document", "p", "category");
    assertThat(result.schema().apply("p").dataType()).isEqualTo(SQLDataTypes.VectorType());
    List<List<Annotation>> categories = Fixtures.annotations(result, "category");
    List<Row> rows = result.select("p").collectAsList();
    for (int i = 0; i < TEXTS.length; i++) {
      assertSame(rows.get(i).getAs(0), categories.get(i).get(0));
      double[] probabilities = rows.get(i).<Vector>getAs(0).toArray();
      assertThat(Arrays.stream(probabilities).sum()).isCloseTo(1, within(1e-9));
    }
    // Nothing else is changed by it.
    model.setProbabilityCol("");
    Dataset<Row> without =
        Fixtures.pipeline(Fixtures.documents(), model).transform(Fixtures.texts(TEXTS));
    assertThat(without.columns()).containsExactly("text", "document", "category");
    assertThat(Fixtures.annotations(without, "category")).isEqualTo(categories);
  }

  @Test
  void annotationsMayDoWithoutTheProbabilitiesThatTheVectorHas() {
    PipelineModel pipeline = Fixtures.pipeline(Fixtures.documents(), model);
    Dataset<Row> with = pipeline.transform(Fixtures.texts(TEXTS));
    List<List<Annotation>> all = Fixtures.annotations(with, "category");
    List<Row> vectors = with.select("p").collectAsList();
    model.setAnnotateProbabilities(false);
    Dataset<Row> without = pipeline.transform(Fixtures.texts(TEXTS));
    List<List<Annotation>> few = Fixtures.annotations(without, "category");
    assertThat(without.select("p").collectAsList()).isEqualTo(vectors);
    for (int i = 0; i < TEXTS.length; i++) {
      Annotation annotation = few.get(i).get(0);
      assertThat(annotation.result()).isEqualTo(all.get(i).get(0).result());
      assertThat(JavaConverters.mapAsJavaMap(annotation.metadata()))
          .isEqualTo(Map.of("sentence", "0"));
    }
  }

  @Test
  void aRowWithoutDocumentsGetsNullAndOneWithSeveralIsRefused() {
    Dataset<Row> documents = Fixtures.documents().transform(Fixtures.texts("gone", "kept"));
    Dataset<Row> withNull =
        documents.withColumn(
            "document",
            when(col("text").notEqual("gone"), col("document"))
                .as("document", documents.schema().apply("document").metadata()));
    assertThat(model.transform(withNull).where("p is null").select("text").collectAsList())
        .extracting(row -> row.getString(0))
        .containsExactly("gone");

    model.setInputCols(new String[] {"sentence"});
    Dataset<Row> sentences =
        Fixtures.pipeline(Fixtures.documents(), Fixtures.sentences(), model)
            .transform(Fixtures.texts("One. Two more."));
    assertThatThrownBy(sentences::collectAsList)
        .hasStackTraceContaining(
            "probabilityCol=p: a row has 2 documents, each with probabilities of its own");
  }

  @Test
  void setsOfLabelsOfPairsHaveAProbabilityALabelAlsoWithoutAnAnnotation() {
    TransformerClassifierModel sets = Fixtures.multiLabelModel();
    sets.setThreshold(1 - 1e-6).setProbabilityCol("p");
    sets.setInputCols(new String[] {"document", "document_pair"});
    DocumentAssembler answers = new DocumentAssembler().setInputCol("answer");
    answers.setOutputCol("document_pair");
    PipelineModel pipeline = Fixtures.pipeline(Fixtures.documents(), answers, sets);
    Dataset<Row> rows = Fixtures.texts(TEXTS).withColumn("answer", lit("an answer"));

    Dataset<Row> unlabeled = pipeline.transform(rows);
    assertThat(Fixtures.annotations(unlabeled, "category"))
        .allSatisfy(row -> assertThat(row).isEmpty());
    List<Row> vectors = unlabeled.select("p").collectAsList();
    sets.setAnnotateUnlabeled(true);
    List<List<Annotation>> categories = Fixtures.annotations(pipeline.transform(rows), "category");
    for (int i = 0; i < TEXTS.length; i++) {
      assertSame(vectors.get(i).getAs(0), categories.get(i).get(0));
    }
  }

  @Test
  void isSavedLoadedAndCopiedAndNothingToALightPipeline(@TempDir Path folder) throws Exception {
    PipelineModel pipeline = Fixtures.pipeline(Fixtures.documents(), model);
    String path = folder.resolve("pipeline").toString();
    pipeline.save(path);
    PipelineModel loaded = PipelineModel.load(path);
    assertThat(loaded.transform(Fixtures.texts(TEXTS)).select("p").collectAsList())
        .isEqualTo(pipeline.transform(Fixtures.texts(TEXTS)).select("p").collectAsList());
    TransformerClassifierModel copy = model.copy(new ParamMap().put(model.probabilityCol().w("q")));
    assertThat(copy.getProbabilityCol()).isEqualTo("q");
    assertThat(model.copy(ParamMap.empty()).getProbabilityCol()).isEqualTo("p");
    assertThat(new LightPipeline(pipeline, false).fullAnnotateJava(TEXTS[0]))
        .containsOnlyKeys("document", "category");
  }

  /** As of a classifier of Spark's own. */
  @Test
  void sparksEvaluatorsReadIt() {
    Dataset<Row> predicted =
        Fixtures.pipeline(Fixtures.documents(), model)
            .transform(Fixtures.texts(TEXTS))
            .withColumn("label", lit(1.0))
            .withColumn("prediction", lit(1.0));
    double expected =
        predicted.select("p").collectAsList().stream()
            .mapToDouble(row -> -Math.log(row.<Vector>getAs(0).apply(1)))
            .average()
            .orElseThrow();
    MulticlassClassificationEvaluator logLoss =
        new MulticlassClassificationEvaluator().setMetricName("logLoss").setProbabilityCol("p");
    assertThat(logLoss.evaluate(predicted)).isCloseTo(expected, within(1e-9));
  }

  @Test
  void refusesANameThatIsTaken() {
    for (String taken : List.of("text", "category")) {
      model.setProbabilityCol(taken);
      PipelineModel pipeline = Fixtures.pipeline(Fixtures.documents(), model);
      assertThatThrownBy(() -> pipeline.transform(Fixtures.texts(TEXTS)))
          .isInstanceOf(UserException.class)
          .hasMessage(
              "probabilityCol="
                  + taken
                  + ": there is a column of this name already: choose another");
    }
  }

  /** An annotation has the same numbers as floats, in words. */
  private void assertSame(Vector vector, Annotation annotation) {
    String[] labels = model.getClasses();
    assertThat(vector.size()).isEqualTo(labels.length);
    for (int i = 0; i < labels.length; i++) {
      assertThat(Float.toString((float) vector.apply(i)))
          .isEqualTo(annotation.metadata().apply(labels[i]));
    }
  }
}
