package org.sparkfinetune.annotator;

import static org.apache.spark.sql.functions.callUDF;
import static org.apache.spark.sql.functions.col;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.Consumer;
import org.apache.spark.SparkContext;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.api.java.UDF1;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.util.LongAccumulator;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.sparkfinetune.TestModels;
import org.sparkfinetune.TestSpark;
import org.sparkfinetune.UserException;
import org.sparkfinetune.model.io.ModelFiles;

@Tag("slow")
class TokenizedExamplesTest {

  @TempDir static Path base;
  private static SparkContext spark;

  @BeforeAll
  static void writeBase() throws IOException {
    spark = TestSpark.session().sparkContext();
    Fixtures.folder(TestModels.tiny(), base);
  }

  private static TransformerClassifierApproach approach() {
    TransformerClassifierApproach approach = new TransformerClassifierApproach();
    approach
        .setInputCols(new String[] {"document"})
        .setLabelColumn("intent")
        .setBase(base.toString())
        .setHiddenDropout(0.2)
        .setNumTrainEpochs(2)
        .setPerDeviceTrainBatchSize(8)
        .setLearningRate(1e-3)
        .setPrecision("fp32")
        .setMaxLength(16)
        .setThreadsPerWorker(1)
        .setOutputCol("category");
    return approach;
  }

  @Test
  void aFitOnThemIsThatOnTheirDataSetAndReadsItNoMore() {
    LongAccumulator reads = spark.longAccumulator();
    TestSpark.session()
        .udf()
        .register(
            "counted", (UDF1<String, String>) text -> counted(text, reads), DataTypes.StringType);
    Dataset<Row> documents =
        Fixtures.documents()
            .transform(Fixtures.messages(30).withColumn("text", callUDF("counted", col("text"))));
    TransformerClassifierApproach approach = approach().setValidationSplit(0.2);
    TransformerClassifierModel expected = approach.fit(documents);

    try (TokenizedExamples examples = approach.prepare(documents)) {
      assertThat(examples.labels()).containsExactly("card", "loan", "transfer");
      assertThat(examples.trainRows()).isEqualTo(24);
      assertThat(examples.validationRows()).isEqualTo(6);
      assertThat(examples.truncated()).isZero();
      long prepared = reads.value();
      TransformerClassifierModel model = approach.fit(examples);
      TransformerClassifierModel other =
          approach().setValidationSplit(0.2).setLearningRate(1e-2).fit(examples);

      assertThat(reads.value()).isEqualTo(prepared);
      assertThat(model.parent()).isSameAs(approach);
      assertThat(model.getOutputCol()).isEqualTo("category");
      assertThat(model.provenance().orElseThrow().data()).containsEntry("train_examples", 24L);
      assertThat(model.trainingSummary().orElseThrow().metrics()).containsKey("eval_accuracy");
      assertThat(weights(model)).isDeepEqualTo(weights(expected));
      assertThat(weights(other)).isNotEqualTo(weights(model));
    }
  }

  private static String counted(String text, LongAccumulator reads) {
    reads.add(1);
    return text;
  }

  @Test
  void trainingsAtOnceGiveTheWeightsOfEachAlone() throws Exception {
    Dataset<Row> documents = Fixtures.documents().transform(Fixtures.messages(60));
    List<TransformerClassifierApproach> approaches =
        List.of(
            approach().setNumTrainEpochs(4),
            approach().setNumTrainEpochs(4).setLearningRate(1e-2).setSeed(7));
    try (TokenizedExamples examples = approaches.get(0).prepare(documents)) {
      List<byte[][]> alone = new ArrayList<>();
      for (TransformerClassifierApproach approach : approaches) {
        alone.add(weights(approach.fit(examples)));
      }
      assertThat(alone.get(0)).isNotEqualTo(alone.get(1));

      ExecutorService threads = Executors.newFixedThreadPool(approaches.size());
      try {
        CyclicBarrier start = new CyclicBarrier(approaches.size());
        List<Future<byte[][]>> fits = new ArrayList<>();
        for (TransformerClassifierApproach approach : approaches) {
          fits.add(
              threads.submit(
                  () -> {
                    start.await();
                    return weights(approach.fit(examples));
                  }));
        }
        for (int i = 0; i < fits.size(); i++) {
          assertThat(fits.get(i).get()).isDeepEqualTo(alone.get(i));
        }
      } finally {
        threads.shutdownNow();
      }
    }
  }

  @Test
  void closingThemLetsGoOfWhatIsCached() {
    int before = spark.getPersistentRDDs().size();
    TransformerClassifierApproach approach = approach();
    TokenizedExamples examples =
        approach.prepare(Fixtures.documents().transform(Fixtures.messages(12)));
    assertThat(spark.getPersistentRDDs().size()).isGreaterThan(before);

    examples.close();
    examples.close();

    assertThat(spark.getPersistentRDDs().size()).isEqualTo(before);
    assertThatThrownBy(() -> approach.fit(examples))
        .isInstanceOf(IllegalStateException.class)
        .hasMessage("the prepared examples are closed");
  }

  @Test
  void settingsThatShapeTheExamplesAreRefused(@TempDir Path otherBase) throws IOException {
    ModelFiles files = TestModels.tiny();
    String tokenizer = files.tokenizer().replace("\"[UNK]\"", "\"[NEW]\"");
    Fixtures.folder(new ModelFiles(files.config(), tokenizer, files.weights()), otherBase);
    try (TokenizedExamples examples =
        approach()
            .setValidationSplit(0.2)
            .prepare(Fixtures.documents().transform(Fixtures.messages(30)))) {
      assertRefused(examples, a -> a.setLabelColumn("text"), "labelColumn=text", "intent");
      assertRefused(examples, a -> a.setLabelSeparator(";"), "labelSeparator=;", "|");
      assertRefused(
          examples,
          a -> a.setInputCols(new String[] {"document", "other"}),
          "inputCols=[document, other]",
          "[document]");
      assertRefused(
          examples,
          a -> a.setValidationIndicatorCol("held"),
          "validationIndicatorCol=held",
          "not set");
      assertRefused(examples, a -> a.setWeightCol("trust"), "weightCol=trust", "not set");
      assertRefused(
          examples,
          a -> a.setProblemType("multi_label_classification"),
          "problem_type=multi_label_classification",
          "single_label_classification");
      assertRefused(examples, a -> a.setValidationSplit(0.25), "validation_split=0.25", "0.2");
      assertRefused(examples, a -> a.setSeed(3), "seed=3", "42");
      assertRefused(examples, a -> a.setMaxLength(12), "max_length=12", "16");
      assertThatThrownBy(
              () -> approach().setValidationSplit(0.2).setBase(otherBase.toString()).fit(examples))
          .isInstanceOf(UserException.class)
          .hasMessage(
              "base="
                  + otherBase
                  + " has another tokenizer than "
                  + base
                  + ", which the examples were prepared with: prepare them with it");
    }
  }

  private static void assertRefused(
      TokenizedExamples examples,
      Consumer<TransformerClassifierApproach> change,
      String asked,
      String prepared) {
    TransformerClassifierApproach approach = approach().setValidationSplit(0.2);
    change.accept(approach);
    assertThatThrownBy(() -> approach.fit(examples))
        .isInstanceOf(UserException.class)
        .hasMessage(
            asked
                + " is not what the examples were prepared with, "
                + prepared
                + ": prepare them with it, or set it back");
  }

  /** Another base of the same tokenizer is another model, not other examples. */
  @Test
  void aBaseOfTheSameTokenizerIsTaken(@TempDir Path otherBase) throws IOException {
    Fixtures.folder(TestModels.tiny(), otherBase);
    try (TokenizedExamples examples =
        approach().prepare(Fixtures.documents().transform(Fixtures.messages(12)))) {
      assertThat(weights(approach().setBase(otherBase.toString()).fit(examples)))
          .isDeepEqualTo(weights(approach().fit(examples)));
    }
  }

  private static byte[][] weights(TransformerClassifierModel model) {
    ModelFiles files = model.files();
    return files.weights().chunks().toArray(byte[][]::new);
  }
}
