package io.sparkfinetune.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.sparkfinetune.TestGoldens;
import io.sparkfinetune.UserException;
import java.io.IOException;
import java.nio.file.Files;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

class EncoderFamiliesTest {
  @Test
  void anUnknownModelTypeIsRefusedWithTheKnownOnesOfWhichEachHasAGolden() throws IOException {
    Set<String> inGoldens = new TreeSet<>();
    for (String golden : TestGoldens.families().toList()) {
      String config = Files.readString(TestGoldens.of(golden).folder().resolve("config.json"));
      inGoldens.add(ModelConfig.parse(config).modelType());
    }

    String message =
        catchThrowableOfType(UserException.class, () -> EncoderFamilies.of("gpt2")).getMessage();

    String beforeList = "config.json: model_type=gpt2 is not known; expected one of [";
    assertThat(message).startsWith(beforeList).endsWith("]");
    String list = message.substring(beforeList.length(), message.length() - 1);
    assertThat(list.split(", ")).containsExactlyInAnyOrderElementsOf(inGoldens);
  }
}
