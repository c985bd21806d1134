package org.sparkfinetune.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.ObjectInputStream;
import java.io.ObjectOutputStream;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.sparkfinetune.UserException;

class LabelIndexTest {
  @Test
  void sortsNamesAndCountsRepeatedOnesOnce() {
    LabelIndex labels = LabelIndex.of(List.of("refund", "card", "refund", "10", "9"));

    assertThat(labels.names()).containsExactly("10", "9", "card", "refund");
    assertThat(labels.size()).isEqualTo(4);
    assertThat(labels.indexOf("card")).isEqualTo(2);
    assertThat(labels.indexOf("Card")).isEqualTo(-1);
  }

  @Test
  void sortsWholeNumbersByValue() {
    assertThat(LabelIndex.of(List.of("10", "9", "-1", "+2", "02", "100")).names())
        .containsExactly("-1", "+2", "02", "9", "10", "100");
  }

  @Test
  void survivesSerialization() throws IOException, ClassNotFoundException {
    LabelIndex labels = LabelIndex.of(List.of("b", "a"));
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (ObjectOutputStream out = new ObjectOutputStream(bytes)) {
      out.writeObject(labels);
    }
    ObjectInputStream in = new ObjectInputStream(new ByteArrayInputStream(bytes.toByteArray()));

    LabelIndex copy = (LabelIndex) in.readObject();

    assertThat(copy).isEqualTo(labels);
    assertThat(copy.indexOf("b")).isEqualTo(1);
  }

  @Test
  void refusesFewerThanTwoClasses() {
    assertThatThrownBy(() -> LabelIndex.of(List.of("spam", "spam")))
        .isInstanceOf(UserException.class)
        .hasMessage(
            "there is one class only, \"spam\": a classifier needs rows of at least two classes");
    assertThatThrownBy(() -> LabelIndex.of(List.of()))
        .isInstanceOf(UserException.class)
        .hasMessage("there is no label: a classifier needs rows of at least two classes");
  }
}
