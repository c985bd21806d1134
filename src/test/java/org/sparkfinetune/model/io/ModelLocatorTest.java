package org.sparkfinetune.model.io;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.Test;
import org.sparkfinetune.UserException;

class ModelLocatorTest {
  private static final Path FOLDER = Fixtures.path("tiny-bert-classifier").toAbsolutePath();

  /** Where local paths are not the default, as on HDFS. */
  private static final Configuration HADOOP = new Configuration(false);

  static {
    HADOOP.set("fs.defaultFS", "nowhere://host/");
  }

  @Test
  void aUriOfAResolversSchemeIsOpenedUnderItsName() {
    PretrainedModel model = PretrainedModel.open("shelf:" + FOLDER, HADOOP);
    assertThat(model.name()).isEqualTo("shelf:" + FOLDER);
    assertThat(model.fetchedFolder()).contains(FOLDER);
    assertThat(model.config()).contains("\"bert\"");
    try (TensorSource weights = model.openWeights()) {
      assertThat(weights.tensors()).isNotEmpty();
    }
    assertThat(PretrainedModel.openFetched("shelf:/x", FOLDER, HADOOP).name())
        .isEqualTo("shelf:/x");
    assertThat(PretrainedModel.open("SHELF:" + FOLDER, HADOOP).name()).isEqualTo("SHELF:" + FOLDER);
  }

  @Test
  void otherNamesAreNotFetched() {
    for (String name :
        new String[] {"minilm-l6", "runs/first", "/data/models", "s3a://models/x", "", "c:"}) {
      assertThat(ModelLocator.fetch(name, HADOOP)).as(name).isEmpty();
      assertThat(ModelLocator.locate(name, HADOOP)).isEqualTo(name);
    }
    assertThat(PretrainedModel.open("minilm-l6", HADOOP).fetchedFolder()).isEmpty();
  }

  @Test
  void whatCannotBeHadIsRefusedByItsUri() {
    assertThatThrownBy(() -> PretrainedModel.open("shelf:/none", HADOOP))
        .isInstanceOf(UserException.class)
        .hasMessage("shelf:/none: there is no such folder");
  }
}
