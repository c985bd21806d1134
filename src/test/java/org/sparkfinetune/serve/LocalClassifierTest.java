package org.sparkfinetune.serve;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.apache.hadoop.conf.Configuration;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.sparkfinetune.TestModels;
import org.sparkfinetune.TestSpark;
import org.sparkfinetune.UserException;
import org.sparkfinetune.annotator.TransformerClassifierModel;
import org.sparkfinetune.pipeline.ClassifierPipeline;
import org.sparkfinetune.pipeline.TextAnswers;
import org.sparkfinetune.task.ProblemType;

/** Answers without a session are those of the batch path with one. */
class LocalClassifierTest {
  /** Probabilities of the annotator are floats, of another batch: see TestModels.OTHER_BATCHES. */
  private static final double FLOATS = 1e-4;

  private static final List<String> TEXTS =
      List.of("I lost my card", "a loan for my house", "send money abroad", "hello", "card card");

  @TempDir Path folder;

  private String model() {
    return TestModels.undecided(folder.resolve("hf"), TEXTS, "card", "loan", "transfer");
  }

  private static LocalClassifier load(String path) {
    return LocalClassifier.load(path, new Configuration(), "fp32");
  }

  private static void assertSameAnswers(String path, boolean pairs) {
    SparkSession spark = TestSpark.session();
    ClassifierPipeline pipeline = ClassifierPipeline.load(spark, path, pairs);
    TransformerClassifierModel stage =
        (TransformerClassifierModel) pipeline.model().stages()[pairs ? 2 : 1];
    stage.setPrecision("fp32");
    TextAnswers batch = pipeline.textAnswers();
    try (LocalClassifier classifier = load(path)) {
      List<LocalClassifier.Answer> answers =
          pairs ? classifier.classify(TEXTS, reversed()) : classifier.classify(TEXTS);
      for (int i = 0; i < TEXTS.size(); i++) {
        List<String> texts =
            pairs ? List.of(TEXTS.get(i), reversed().get(i)) : List.of(TEXTS.get(i));
        TextAnswers.Answer expected = batch.of(texts).orElseThrow();
        assertThat(answers.get(i).labels()).containsExactlyInAnyOrderElementsOf(expected.labels());
        assertThat(answers.get(i).scores()).hasSize(expected.probabilities().size());
        double before = 1;
        for (LocalClassifier.LabelScore score : answers.get(i).scores()) {
          assertThat(score.probability())
              .isCloseTo(expected.probabilities().get(score.label()), within(FLOATS))
              .isLessThanOrEqualTo(before);
          before = score.probability();
        }
        assertThat(
                pairs
                    ? classifier.classify(texts.get(0), texts.get(1)).labels()
                    : classifier.classify(texts.get(0)).labels())
            .isEqualTo(answers.get(i).labels());
      }
    }
  }

  private static List<String> reversed() {
    return IntStream.range(0, TEXTS.size()).mapToObj(i -> TEXTS.get(4 - i)).toList();
  }

  @Test
  void answersAsTheBatchPathDoes() throws Exception {
    String model = model();
    assertSameAnswers(model, false);
    assertSameAnswers(model, true);
    try (LocalClassifier classifier = load(model)) {
      assertThat(classifier.classify(TEXTS).stream().flatMap(a -> a.labels().stream()).distinct())
          .as("not one label for all")
          .hasSizeGreaterThan(1);
      assertThat(classifier.takesPairs()).isEmpty();
    }
  }

  /** Of a run's output folder, its pipeline and its stage; set otherwise than by default. */
  @Test
  void keepsToWhatIsSaved() throws Exception {
    ClassifierPipeline pipeline = ClassifierPipeline.load(TestSpark.session(), model(), false);
    TransformerClassifierModel stage =
        ((TransformerClassifierModel) pipeline.model().stages()[1])
            .setMaxLength(5)
            .setTemperature(0.3)
            .setPrecision("fp32");
    Path run = folder.resolve("run");
    pipeline.save(run.resolve("model").toString());

    assertSameAnswers(run.toString(), false);
    assertSameAnswers(run.resolve("model").toString(), false);
    try (LocalClassifier saved = LocalClassifier.load(run.toString());
        LocalClassifier before = load(folder.resolve("hf").toString())) {
      assertThat(saved.maxLength()).isEqualTo(5);
      assertThat(saved.takesPairs()).hasValue(false);
      String cut = "card " + "and something else that is not read ".repeat(3);
      assertThat(saved.classify(cut)).isEqualTo(saved.classify("card and something ignored"));
      // The temperature is below 1: the most probable label is more so than it was.
      assertThat(saved.classify("hello").scores().get(0).probability())
          .isGreaterThan(before.classify("hello").scores().get(0).probability());
    }
    Path alone = folder.resolve("stage");
    stage.save(alone.toString());
    assertSameAnswers(alone.toString(), false);
  }

  @Test
  void answersPairsOfApipelineOfPairsAlone() throws Exception {
    Path run = folder.resolve("run");
    ClassifierPipeline.load(TestSpark.session(), model(), true).save(run.toString());

    assertSameAnswers(run.toString(), true);
    try (LocalClassifier classifier = load(run.toString())) {
      assertThat(classifier.takesPairs()).hasValue(true);
      assertThatThrownBy(() -> classifier.classify("hello"))
          .isInstanceOf(UserException.class)
          .hasMessage("the model classifies pairs of texts: give the second text too");
    }
  }

  /** A pipeline knows which of the two it takes; a server of it refuses the other. */
  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void aServerOfAPipelineTakesWhatThatTakes(boolean pairs) throws Exception {
    Path run = folder.resolve("run");
    ClassifierPipeline.load(TestSpark.session(), model(), pairs).save(run.toString());
    String single = "{\"inputs\": [\"a\", \"card\"]}";
    String pair = "{\"inputs\": {\"text\": \"a\", \"text_pair\": \"b\"}}";

    try (LocalClassifier classifier = load(run.toString());
        ServedModel served = ServedModel.start(classifier, Map.of())) {
      HttpResponse<String> answer = served.post(pairs ? pair : single);
      assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
      ServedModel.assertAnswer(
          ServedModel.json(answer).get(0),
          pairs ? classifier.classify("a", "b") : classifier.classify("a"));
      ServedModel.assertRefused(
          served.post(pairs ? single : pair),
          400,
          pairs
              ? "the model classifies pairs of texts: give the second text too"
              : "the model classifies single texts: leave the second text out");
    }
  }

  @Test
  void setsOfLabelsAreThoseThatReachTheThreshold() {
    String model =
        TestModels.guessing(
            folder.resolve("sets"),
            ProblemType.MULTI_LABEL_CLASSIFICATION,
            3,
            "card",
            "loan",
            "transfer");
    assertSameAnswers(model, false);
    try (LocalClassifier classifier = load(model)) {
      assertThat(classifier.problemType()).isEqualTo(ProblemType.MULTI_LABEL_CLASSIFICATION);
      for (LocalClassifier.Answer answer : classifier.classify(TEXTS)) {
        assertThat(answer.labels())
            .isEqualTo(
                answer.scores().stream()
                    .filter(score -> score.probability() >= 0.5)
                    .map(LocalClassifier.LabelScore::label)
                    .toList());
      }
    }
  }

  @Test
  void refusesWhatIsNoTextAndWorkAfterItsEnd() {
    LocalClassifier classifier = load(model());
    try (classifier) {
      assertThatThrownBy(() -> classifier.classify(Arrays.asList("a", null)))
          .isInstanceOf(UserException.class)
          .hasMessage("text 1 is null: expected a text with at least one visible character");
      assertThatThrownBy(() -> classifier.classify(" \u00A0\n"))
          .hasMessageStartingWith("text 0 is blank");
      assertThatThrownBy(() -> classifier.classify(List.of("a"), List.of()))
          .hasMessage("1 texts and 0 second texts: expected as many of both");
      assertThat(classifier.classify(List.of())).isEmpty();
    }
    classifier.close();
    assertThatThrownBy(() -> classifier.classify("a"))
        .isInstanceOf(IllegalStateException.class)
        .hasMessage("the classifier is closed");
    assertThatThrownBy(() -> load(folder.resolve("none").toString()))
        .isInstanceOf(UserException.class)
        .hasMessageStartingWith("model=" + folder.resolve("none") + ": There is no pretrained");
  }

  /** Closed in the middle of calls, which are done or refused, and no process dies. */
  @Test
  void isClosedWhileItIsAsked() throws Exception {
    LocalClassifier classifier = load(model());
    List<LocalClassifier.Answer> expected = classifier.classify(TEXTS);
    List<Thread> threads = new ArrayList<>();
    Map<String, List<Object>> seen = new java.util.concurrent.ConcurrentHashMap<>();
    for (int i = 0; i < 4; i++) {
      List<Object> own = new ArrayList<>();
      seen.put("thread " + i, own);
      Thread thread =
          new Thread(
              () -> {
                try {
                  for (int round = 0; round < 1000; round++) {
                    own.add(classifier.classify(TEXTS).get(1).labels());
                  }
                } catch (IllegalStateException closed) {
                  own.add(closed.getMessage());
                }
              });
      thread.start();
      threads.add(thread);
    }
    classifier.classify(TEXTS);
    classifier.close();
    for (Thread thread : threads) {
      thread.join();
    }
    assertThat(seen.values())
        .allSatisfy(
            own ->
                assertThat(own)
                    .isSubsetOf(expected.get(1).labels(), "the classifier is closed")
                    .last()
                    .isEqualTo("the classifier is closed"));
  }
}
