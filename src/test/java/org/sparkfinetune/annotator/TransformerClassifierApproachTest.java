package org.sparkfinetune.annotator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.johnsnowlabs.nlp.Annotation;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.apache.spark.ml.Pipeline;
import org.apache.spark.ml.PipelineModel;
import org.apache.spark.ml.PipelineStage;
import org.apache.spark.ml.param.ParamMap;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.sparkfinetune.TestModels;
import org.sparkfinetune.TestSpark;
import org.sparkfinetune.UserException;
import org.sparkfinetune.model.io.ModelProvenance;
import org.sparkfinetune.train.TrainingProgress;

class TransformerClassifierApproachTest {

  private final List<TrainingProgress> reports = new CopyOnWriteArrayList<>();
  private TransformerClassifierApproach approach;

  @BeforeEach
  void createApproach(@TempDir Path base) throws IOException {
    TestSpark.session();
    approach = new TransformerClassifierApproach();
    approach
        .setInputCols(new String[] {"document"})
        .setLabelColumn("intent")
        .setBase(Fixtures.folder(TestModels.tiny(), base).toString())
        .setNumTrainEpochs(1)
        .setPerDeviceTrainBatchSize(8)
        .setPerDeviceEvalBatchSize(5)
        .setPrecision("fp32")
        .setMaxLength(16)
        .setProgress(reports::add)
        .setOutputCol("category");
  }

  @Test
  void fitsInAPipelineAndPredicts() {
    approach.setValidationSplit(0.25);

    PipelineModel pipeline =
        new Pipeline()
            .setStages(new PipelineStage[] {Fixtures.documents(), approach})
            .fit(Fixtures.messages(24));

    TransformerClassifierModel model = (TransformerClassifierModel) pipeline.stages()[1];
    assertThat(model.parent()).isSameAs(approach);
    assertThat(model.getClasses()).containsExactly("card", "loan", "transfer");
    assertThat(model.getMaxLength()).isEqualTo(16);
    assertThat(model.getPerDeviceEvalBatchSize()).isEqualTo(5);
    assertThat(model.getInputCols()).containsExactly("document");
    assertThat(model.trainingSummary().orElseThrow().metrics()).containsKey("train_loss");
    assertThat(model.copy(ParamMap.empty()).trainingSummary()).isPresent();
    assertThat(reports).isNotEmpty();
    List<List<Annotation>> categories =
        Fixtures.annotations(pipeline.transform(Fixtures.texts("a card", "a loan")), "category");
    assertThat(categories).hasSize(2).allSatisfy(row -> assertThat(row).hasSize(1));
    assertThat(categories.get(0).get(0).result()).isIn(Fixtures.INTENTS);
  }

  @Test
  void aFittedPipelineSavesAndLoads(@TempDir Path folder) throws IOException {
    PipelineModel fitted =
        new Pipeline()
            .setStages(new PipelineStage[] {Fixtures.documents(), approach})
            .fit(Fixtures.messages(12));
    fitted.save(folder.resolve("model").toString());

    PipelineModel loaded = PipelineModel.load(folder.resolve("model").toString());

    assertThat(Fixtures.annotations(loaded.transform(Fixtures.messages(6)), "category"))
        .isEqualTo(Fixtures.annotations(fitted.transform(Fixtures.messages(6)), "category"));
    ModelProvenance record =
        ((TransformerClassifierModel) loaded.stages()[1]).provenance().orElseThrow();
    assertThat(record.base()).isEqualTo(approach.modelArguments().base());
    assertThat(record.finished()).matches("\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\dZ");
    assertThat(record.settings())
        .containsEntry("model.max_length", 16)
        .containsEntry("training.precision", "fp32")
        .containsEntry("training.per_device_train_batch_size", 8);
    assertThat(record.data())
        .containsEntry("train_examples", 12)
        .containsEntry("validation_examples", 0);
    assertThat(record.metrics()).containsKey("train_loss");
    assertThat(record.versions()).containsEntry("spark", "3.5.7").containsKey("libtorch");
  }

  @Test
  void aListenerGoesWithCopies() {
    Dataset<Row> documents = Fixtures.documents().transform(Fixtures.messages(12));

    approach.fit(documents, new ParamMap().put(approach.seed(), (Object) 3L));

    assertThat(reports).isNotEmpty();
  }

  @Test
  void reportsColumnsBeforeAnyStageIsFitted() {
    Pipeline pipeline =
        new Pipeline().setStages(new PipelineStage[] {Fixtures.documents(), approach});
    assertThatThrownBy(
            () -> pipeline.fit(Fixtures.messages(3).withColumnRenamed("intent", "topic")))
        .isInstanceOf(UserException.class)
        .hasMessage(
            "no column intent for the labels (labelColumn): there are text, topic, document");
    assertThatThrownBy(() -> new TransformerClassifierApproach().fit(Fixtures.messages(3)))
        .isInstanceOf(UserException.class)
        .hasMessage("labelColumn is not set: name the column of the labels");
    assertThatThrownBy(() -> approach.fit(Fixtures.messages(3)))
        .isInstanceOf(UserException.class)
        .hasMessageContaining("no column document for the DOCUMENT annotations (inputCols)");
  }
}
