package org.sparkfinetune.annotator;

import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.lit;
import static org.apache.spark.sql.functions.when;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.johnsnowlabs.nlp.Annotation;
import com.johnsnowlabs.nlp.DocumentAssembler;
import com.johnsnowlabs.nlp.JavaAnnotation;
import com.johnsnowlabs.nlp.LightPipeline;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.spark.ml.PipelineModel;
import org.apache.spark.ml.param.ParamMap;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.sparkfinetune.TestModels;
import org.sparkfinetune.UserException;
import org.sparkfinetune.task.ProblemType;
import scala.collection.JavaConverters;

class TransformerClassifierExplainerTest {
  private static final String[] TEXTS = {
    "where is my refund",
    "the 😀 transfer failed!",
    " ",
    "card",
    "is it the card or the transfer, and why?"
  };

  private static final double TOLERANCE = 1e-5;

  private final TransformerClassifierExplainer explainer = explainer(Fixtures.model());

  private static TransformerClassifierExplainer explainer(TransformerClassifierModel model) {
    TransformerClassifierExplainer explainer = model.explainer();
    explainer.setOutputCol("words");
    return explainer;
  }

  private static Map<String, String> metadata(Annotation annotation) {
    return JavaConverters.mapAsJavaMap(annotation.metadata());
  }

  private static double score(Annotation annotation) {
    return Double.parseDouble(metadata(annotation).get("attribution"));
  }

  private List<List<Annotation>> words(Dataset<Row> rows) {
    PipelineModel pipeline = Fixtures.pipeline(Fixtures.documents(), explainer);
    return Fixtures.annotations(pipeline.transform(rows), "words");
  }

  private static void assertSame(List<Annotation> found, List<Annotation> expected) {
    assertThat(found).extracting(Annotation::result).isEqualTo(results(expected));
    for (int i = 0; i < found.size(); i++) {
      assertThat(found.get(i).begin()).isEqualTo(expected.get(i).begin());
      assertThat(found.get(i).end()).isEqualTo(expected.get(i).end());
      assertThat(metadata(found.get(i)).get("class"))
          .isEqualTo(metadata(expected.get(i)).get("class"));
      assertThat(score(found.get(i))).isCloseTo(score(expected.get(i)), within(TOLERANCE));
    }
  }

  private static List<String> results(List<Annotation> annotations) {
    return annotations.stream().map(Annotation::result).toList();
  }

  @Test
  void eachWordIsAnAnnotationWithItsPlaceAndWhatItHasDone() {
    List<List<Annotation>> rows = words(Fixtures.texts(TEXTS));
    assertThat(results(rows.get(0))).containsExactly("where", "is", "my", "refund");
    assertThat(results(rows.get(1))).containsExactly("the", "😀", "transfer", "failed", "!");
    assertThat(rows.get(2)).isEmpty();
    Annotation transfer = rows.get(1).get(2);
    assertThat(TEXTS[1].substring(transfer.begin(), transfer.end() + 1)).isEqualTo("transfer");
    assertThat(transfer.annotatorType()).isEqualTo("token");
    assertThat(metadata(transfer))
        .containsOnlyKeys("sentence", "class", "method", "delta", "special", "attribution", "seen")
        .containsEntry("method", "integrated_gradients")
        .containsEntry("seen", "true");
    assertThat(Double.parseDouble(metadata(transfer).get("delta"))).isCloseTo(0, within(1e-3));
  }

  /** The most probable label is the classifier's. */
  @Test
  void explainsWhatTheClassifierSays() {
    TransformerClassifierModel model = Fixtures.model();
    Dataset<Row> both =
        Fixtures.pipeline(Fixtures.documents(), model, explainer).transform(Fixtures.texts(TEXTS));
    List<List<Annotation>> categories = Fixtures.annotations(both, "category");
    List<List<Annotation>> words = Fixtures.annotations(both, "words");
    for (int i = 0; i < TEXTS.length; i++) {
      for (Annotation word : words.get(i)) {
        assertThat(metadata(word).get("class")).isEqualTo(categories.get(i).get(0).result());
      }
    }
    explainer.setTarget(model.getClasses()[1]);
    assertThat(words(Fixtures.texts(TEXTS)).stream().flatMap(List::stream))
        .allMatch(word -> metadata(word).get("class").equals(model.getClasses()[1]));
  }

  @Test
  void packedEqualsOneByOneInAnyPartitions() {
    for (String method : List.of("integrated_gradients", "occlusion", "kernel_shap")) {
      explainer.setMethod(method).setTokensPerPass(8192);
      List<List<Annotation>> packed = words(Fixtures.texts(TEXTS).repartition(1));
      Dataset<Row> spread = Fixtures.texts(TEXTS).withColumn("n", lit(1)).repartition(8);
      Map<String, List<Annotation>> byText = new HashMap<>();
      Dataset<Row> transformed =
          Fixtures.pipeline(Fixtures.documents(), explainer).transform(spread).cache();
      List<Row> texts = transformed.select("text").collectAsList();
      List<List<Annotation>> ofSpread = Fixtures.annotations(transformed, "words");
      transformed.unpersist();
      for (int i = 0; i < texts.size(); i++) {
        byText.put(texts.get(i).getString(0), ofSpread.get(i));
      }
      explainer.setTokensPerPass(1).setBatchSize(1);
      List<List<Annotation>> single = words(Fixtures.texts(TEXTS).repartition(1));
      List<String> order = new ArrayList<>();
      Fixtures.texts(TEXTS).repartition(1).collectAsList().forEach(r -> order.add(r.getString(0)));
      for (int i = 0; i < TEXTS.length; i++) {
        assertSame(packed.get(i), single.get(i));
        assertSame(byText.get(order.get(i)), single.get(i));
      }
      explainer.setBatchSize(256);
    }
  }

  @Test
  void lightPipelineEqualsTransform() {
    PipelineModel pipeline = Fixtures.pipeline(Fixtures.documents(), explainer);
    List<List<Annotation>> expected = words(Fixtures.texts(TEXTS));
    LightPipeline light = new LightPipeline(pipeline, false);
    for (int i = 0; i < TEXTS.length; i++) {
      List<JavaAnnotation> found =
          light.fullAnnotateJava(TEXTS[i]).get("words").stream()
              .map(JavaAnnotation.class::cast)
              .toList();
      assertThat(found).hasSameSizeAs(expected.get(i));
      for (int word = 0; word < found.size(); word++) {
        assertThat(found.get(word).result()).isEqualTo(expected.get(i).get(word).result());
        assertThat(found.get(word).begin()).isEqualTo(expected.get(i).get(word).begin());
        assertThat(Double.parseDouble(found.get(word).metadata().get("attribution")))
            .isCloseTo(score(expected.get(i).get(word)), within(TOLERANCE));
      }
    }
  }

  @Test
  void isSavedLoadedAndCopied(@TempDir Path folder) throws Exception {
    explainer.setMethod("input_x_gradient").setSteps(5).setSeed(7L).setMaxLength(9);
    PipelineModel pipeline = Fixtures.pipeline(Fixtures.documents(), explainer);
    String path = folder.resolve("pipeline").toString();
    pipeline.save(path);
    PipelineModel loaded = PipelineModel.load(path);
    TransformerClassifierExplainer stage = (TransformerClassifierExplainer) loaded.stages()[1];
    assertThat(stage.getMethod()).isEqualTo("input_x_gradient");
    assertThat(stage.getSteps()).isEqualTo(5);
    assertThat(stage.getSeed()).isEqualTo(7L);
    assertThat(stage.getMaxLength()).isEqualTo(9);
    assertThat(Fixtures.annotations(loaded.transform(Fixtures.texts(TEXTS)), "words"))
        .isEqualTo(words(Fixtures.texts(TEXTS)));
    assertThat(explainer.copy(ParamMap.empty()).getSteps()).isEqualTo(5);
    String alone = folder.resolve("stage").toString();
    explainer.write().save(alone);
    assertThat(TransformerClassifierExplainer.load(alone).getClasses())
        .isEqualTo(explainer.getClasses());
    assertThatThrownBy(() -> TransformerClassifierModel.load(alone))
        .isInstanceOf(UserException.class)
        .hasMessageContaining("expected a org.sparkfinetune.annotator.TransformerClassifierModel");
    assertThatThrownBy(() -> TransformerClassifierExplainer.load(folder.toString()))
        .isInstanceOf(UserException.class)
        .hasMessageContaining("is no saved TransformerClassifierExplainer");
  }

  @Test
  void wordsBehindTheLongestTextAreNotSeen() {
    explainer.setMaxLength(5);
    List<Annotation> words = words(Fixtures.texts(TEXTS[4])).get(0);
    assertThat(results(words))
        .containsExactly(
            "is", "it", "the", "card", "or", "the", "transfer", ",", "and", "why", "?");
    assertThat(words.stream().map(word -> metadata(word).get("seen")).filter("true"::equals))
        .hasSizeBetween(1, 3);
    assertThat(metadata(words.get(10)))
        .containsEntry("seen", "false")
        .doesNotContainKey("attribution");
  }

  @Test
  void pairsHaveTheWordsOfBothTexts() {
    explainer.setInputCols(new String[] {"document", "document_pair"});
    DocumentAssembler answers = new DocumentAssembler().setInputCol("answer");
    answers.setOutputCol("document_pair");
    PipelineModel pipeline = Fixtures.pipeline(Fixtures.documents(), answers, explainer);
    Dataset<Row> rows = Fixtures.texts("where is it").withColumn("answer", lit("in the card"));
    List<Annotation> words = Fixtures.annotations(pipeline.transform(rows), "words").get(0);
    assertThat(results(words)).containsExactly("where", "is", "it", "in", "the", "card");
    assertThat(words.stream().map(word -> metadata(word).get("text")))
        .containsExactly("0", "0", "0", "1", "1", "1");
    assertThat(words.get(5).begin()).isEqualTo(7);
  }

  @Test
  void sentencesAndRowsWithoutDocumentsAreExplained() {
    explainer.setInputCols(new String[] {"sentence"});
    List<Annotation> words =
        Fixtures.annotations(
                Fixtures.pipeline(Fixtures.documents(), Fixtures.sentences(), explainer)
                    .transform(Fixtures.texts("One card. Two more.")),
                "words")
            .get(0);
    assertThat(words.stream().map(word -> metadata(word).get("sentence")))
        .containsExactly("0", "0", "0", "1", "1", "1");
    assertThat(words.get(3).begin()).isEqualTo(10);

    explainer.setInputCols(new String[] {"document"});
    Dataset<Row> documents = Fixtures.documents().transform(Fixtures.texts("gone"));
    Dataset<Row> withNull =
        documents.withColumn(
            "document",
            when(col("text").notEqual("gone"), col("document"))
                .as("document", documents.schema().apply("document").metadata()));
    assertThat(Fixtures.annotations(explainer.transform(withNull), "words").get(0)).isEmpty();
  }

  /** What is set of a classifier is set of what explains it. */
  @Test
  void aTemperatureDividesTheAttributions() {
    List<List<Annotation>> expected = words(Fixtures.texts(TEXTS));
    List<List<Annotation>> halved =
        Fixtures.annotations(
            Fixtures.pipeline(Fixtures.documents(), explainer(Fixtures.model().setTemperature(2)))
                .transform(Fixtures.texts(TEXTS)),
            "words");
    for (int i = 0; i < TEXTS.length; i++) {
      for (int word = 0; word < expected.get(i).size(); word++) {
        assertThat(score(halved.get(i).get(word)))
            .isCloseTo(score(expected.get(i).get(word)) / 2, within(TOLERANCE));
      }
    }
  }

  @Test
  void whatIsNotAllowedIsRefused() {
    assertThatThrownBy(() -> explainer.setTarget("cart"))
        .isInstanceOf(UserException.class)
        .hasMessageStartingWith("explain.target=cart: the model has no such label: did you mean ");
    assertThatThrownBy(() -> explainer.setMethod("lime"))
        .isInstanceOf(UserException.class)
        .hasMessageContaining("method=lime");
    assertThatThrownBy(() -> explainer.setSteps(0))
        .isInstanceOf(UserException.class)
        .hasMessageContaining("explain.steps=0");
    TransformerClassifierExplainer copy =
        explainer.copy(new ParamMap().put(explainer.target().w("cart")));
    Dataset<Row> documents = Fixtures.documents().transform(Fixtures.texts(TEXTS));
    assertThatThrownBy(() -> copy.transform(documents))
        .isInstanceOf(UserException.class)
        .hasMessageStartingWith("explain.target=cart");
    assertThat(Arrays.stream(explainer.params()).map(param -> param.name()))
        .contains("method", "steps", "tokens_per_pass", "max_length", "batchSize");
  }

  @Test
  void labelSetsAreExplainedToo() {
    TransformerClassifierExplainer sets =
        explainer(
            TransformerClassifierModel.of(TestModels.tiny(ProblemType.MULTI_LABEL_CLASSIFICATION))
                .setInputCols(new String[] {"document"}));
    List<List<Annotation>> words =
        Fixtures.annotations(
            Fixtures.pipeline(Fixtures.documents(), sets).transform(Fixtures.texts(TEXTS)),
            "words");
    assertThat(words.get(0)).hasSize(4);
  }
}
