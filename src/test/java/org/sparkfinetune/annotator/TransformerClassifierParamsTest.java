package org.sparkfinetune.annotator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.apache.spark.ml.param.Param;
import org.apache.spark.ml.param.ParamMap;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.sparkfinetune.TestSpark;
import org.sparkfinetune.UserException;
import org.sparkfinetune.config.Schema;
import org.sparkfinetune.config.Setting;

class TransformerClassifierParamsTest {
  private static final List<Setting> SETTINGS =
      Stream.concat(
              SchemaParams.MODEL.settings().stream(),
              Stream.concat(
                  SchemaParams.TRAINING.settings().stream(),
                  SchemaParams.RESOURCES.settings().stream()))
          .toList();

  private final TransformerClassifierApproach approach = new TransformerClassifierApproach();

  @BeforeAll
  static void startSpark() {
    TestSpark.session();
  }

  @Test
  void everySettingIsAParamWithItsDocAndDefault() {
    assertThat(SETTINGS).hasSizeGreaterThan(15);
    for (Setting setting : SETTINGS) {
      Param<Object> param = approach.getParam(setting.name());
      assertThat(param.doc()).startsWith(setting.doc());
      assertThat(Setting.spelling(approach.getOrDefault(param)))
          .isEqualTo(Setting.spelling(setting.defaultValue()));
      assertThat(approach.isSet(param)).isFalse();
      assertThat(approach.explainParams()).contains(setting.name() + ": " + setting.doc());
    }
  }

  @Test
  void everySettingHasAnAccessorAndASetterThatTakesItsType() throws Exception {
    for (Setting setting : SETTINGS) {
      String name = camelCase(setting.name());
      Object param = TransformerClassifierApproach.class.getMethod(name).invoke(approach);
      assertThat(param).isSameAs(approach.getParam(setting.name()));

      boolean text = setting.type().isEnum() || setting.type() == String.class;
      Class<?> type = text ? String.class : setting.type();
      Object value = text ? Setting.spelling(setting.defaultValue()) : setting.defaultValue();
      String setter = "set" + Character.toUpperCase(name.charAt(0)) + name.substring(1);
      Object result =
          TransformerClassifierApproach.class.getMethod(setter, type).invoke(approach, value);
      assertThat(result).isSameAs(approach);
      assertThat(approach.isSet(approach.getParam(setting.name()))).isTrue();
    }
  }

  @Test
  void eachParamIsListedOnce() {
    assertThat(Arrays.stream(approach.params()).map(Param::name))
        .doesNotHaveDuplicates()
        .contains("learning_rate", "base", "labelColumn", "validation_split", "inputCols");
    assertThat(approach.hasParam("learning_rate")).isTrue();
    assertThat(approach.hasParam("learningRate")).isFalse();
  }

  @Test
  void theRecordsHoldWhatWasSet() {
    approach
        .setLearningRate(2e-4)
        .setNumTrainEpochs(2)
        .setPrecision("bf16")
        .setGroupByLength(false)
        .setSeed(7)
        .setBase("hdfs:///models/bert")
        .setMaxLength(64);

    assertThat(approach.trainingArguments())
        .isEqualTo(
            with(
                SchemaParams.TRAINING,
                SchemaParams.TRAINING.defaults(),
                "learning_rate",
                2e-4,
                "num_train_epochs",
                2,
                "precision",
                "bf16",
                "group_by_length",
                false,
                "seed",
                7));
    assertThat(approach.modelArguments())
        .isEqualTo(
            with(
                SchemaParams.MODEL,
                SchemaParams.MODEL.defaults(),
                "base",
                "hdfs:///models/bert",
                "max_length",
                64));
  }

  @Test
  void setArgumentTakesWhatAConfigurationHolds() {
    approach
        .setArgument("learning_rate", "1e-4")
        .setArgument("seed", 5)
        .setArgument("precision", "FP32");
    assertThat(approach.getOrDefault(approach.learningRate())).isEqualTo(1e-4);
    assertThat(approach.getOrDefault(approach.seed())).isEqualTo(5L);
    assertThat(approach.getOrDefault(approach.precision())).isEqualTo("fp32");
  }

  @Test
  void anUnknownKeyNamesTheNearest() {
    assertThatThrownBy(() -> approach.setArgument("learning_rat", 1))
        .isInstanceOf(UserException.class)
        .hasMessage("unknown key learning_rat: did you mean learning_rate?");
  }

  @Test
  void valuesAreCheckedWhereverTheyComeFrom() {
    String message = "training.learning_rate=-1.0 is not allowed: expected > 0";
    assertThatThrownBy(() -> approach.setLearningRate(-1))
        .isInstanceOf(UserException.class)
        .hasMessage(message);
    assertThatThrownBy(() -> new ParamMap().put(approach.learningRate(), (Object) (-1.0)))
        .isInstanceOf(UserException.class)
        .hasMessage(message);
    assertThatThrownBy(() -> approach.setPooling("median"))
        .hasMessage("model.pooling=median is not allowed: expected one of auto, cls, mean, max");
    assertThatThrownBy(() -> approach.setPrecision("fp8"))
        .hasMessage(
            "training.precision=fp8 is not allowed: expected one of auto, fp32, bf16, fp16");
    assertThatThrownBy(() -> approach.set("learning_rate", "1e-4"))
        .hasMessage(
            "training.learning_rate=1e-4 is not allowed: expected 1.0E-4 as Double, not as String");
    assertThatThrownBy(() -> approach.setValidationSplit(1))
        .hasMessageContaining("validation_split given invalid value 1.0");
  }

  @Test
  void aCopyKeepsParamsAndTakesTheExtraOnes() {
    approach.setNumTrainEpochs(9).setLabelColumn("intent");

    TransformerClassifierApproach copy =
        (TransformerClassifierApproach)
            approach.copy(new ParamMap().put(approach.learningRate(), (Object) 1e-3));

    assertThat(copy.uid()).isEqualTo(approach.uid());
    assertThat(copy.trainingArguments().optimizer().learningRate()).isEqualTo(1e-3);
    assertThat(copy.trainingArguments().numTrainEpochs()).isEqualTo(9);
    assertThat(copy.getOrDefault(copy.labelColumn())).isEqualTo("intent");
    assertThat(approach.trainingArguments().optimizer().learningRate()).isEqualTo(5e-5);
  }

  @Test
  void anUnfittedEstimatorSavesAndLoads(@TempDir Path folder) throws Exception {
    approach
        .setLearningRate(3e-5)
        .setPrecision("fp32")
        .setGroupByLength(false)
        .setSeed(11)
        .setArgument("hidden_dropout", "auto")
        .setAttentionDropout(0.25)
        .setLoraRank(4)
        .setBase("minilm-l6")
        .setLabelColumn("intent")
        .setValidationIndicatorCol("held_out")
        .setWeightCol("trust")
        .setValidationSplit(0.25)
        .setInputCols(new String[] {"document"});
    String path = folder.resolve("approach").toString();
    approach.save(path);

    TransformerClassifierApproach loaded = TransformerClassifierApproach.load(path);

    assertThat(loaded.uid()).isEqualTo(approach.uid());
    assertThat(loaded.trainingArguments()).isEqualTo(approach.trainingArguments());
    assertThat(loaded.modelArguments()).isEqualTo(approach.modelArguments());
    assertThat(loaded.getInputCols()).containsExactly("document");
    assertThat(loaded.getOrDefault(loaded.labelColumn())).isEqualTo("intent");
    assertThat(loaded.getOrDefault(loaded.validationIndicatorCol())).isEqualTo("held_out");
    assertThat(loaded.getOrDefault(loaded.weightCol())).isEqualTo("trust");
    assertThat(loaded.getOrDefault(loaded.validationSplit())).isEqualTo(0.25);
    assertThat(loaded.isSet(loaded.learningRate())).isTrue();
    assertThat(loaded.isSet(loaded.weightDecay())).isFalse();
  }

  private static <R extends Record> R with(Schema<R> schema, R record, Object... namesAndValues) {
    Map<String, Object> values = schema.values(record);
    for (int i = 0; i < namesAndValues.length; i += 2) {
      values.put((String) namesAndValues[i], namesAndValues[i + 1]);
    }
    return schema.create(values);
  }

  private static String camelCase(String key) {
    StringBuilder camel = new StringBuilder();
    for (String word : key.split("_")) {
      camel.append(
          camel.isEmpty() ? word : Character.toUpperCase(word.charAt(0)) + word.substring(1));
    }
    return camel.toString();
  }
}
