package org.sparkfinetune.evaluate;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.ObjectOutputStream;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.sparkfinetune.TestProbabilities;
import org.sparkfinetune.evaluate.ConfusionMatrix.Cell;

class ConfusionMatrixTest {
  @Test
  void countsAsATableDoesInWhateverPartsTheRowsCome() {
    int classes = 7;
    long[][] table = new long[classes][classes];
    ConfusionMatrix[] parts = {new ConfusionMatrix(classes), new ConfusionMatrix(classes)};
    Random random = new Random(1);
    for (int row = 0; row < 500; row++) {
      int label = random.nextInt(classes);
      int predicted = random.nextInt(classes - 1);
      table[label][predicted]++;
      parts[row % 2].add(label, predicted);
    }
    parts[0].merge(parts[1]);

    ConfusionMatrix matrix = parts[0];
    assertThat(matrix.total()).isEqualTo(500);
    for (int label = 0; label < classes; label++) {
      int l = label;
      assertThat(matrix.support(l))
          .isEqualTo(IntStream.range(0, 7).mapToLong(p -> table[l][p]).sum());
      assertThat(matrix.predictions(l))
          .isEqualTo(IntStream.range(0, 7).mapToLong(other -> table[other][l]).sum());
      for (int predicted = 0; predicted < classes; predicted++) {
        assertThat(matrix.count(label, predicted)).isEqualTo(table[label][predicted]);
      }
    }
    assertThat(matrix.cells().mapToLong(Cell::count).sum()).isEqualTo(500);
  }

  @Test
  void aSquareOfClassesThatNoArrayHoldsIsAsLargeAsItsRows() throws IOException {
    int classes = 100_000;
    ClassificationMetrics.Accumulator rows = new ClassificationMetrics.Accumulator(classes);
    for (int row = 0; row < 50; row++) {
      rows.add(
          classes - 1 - row,
          TestProbabilities.of(classes, classes - 1 - row, classes - 1 - row % 5, 0.5));
    }
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (ObjectOutputStream out = new ObjectOutputStream(bytes)) {
      out.writeObject(rows);
    }

    assertThat(bytes.size()).isLessThan(20_000);
    ClassificationMetrics metrics = rows.metrics();
    assertThat(metrics.n()).isEqualTo(50);
    assertThat(metrics.accuracy()).isEqualTo(0.1);
    assertThat(metrics.confusionMatrix().cells().findFirst())
        .hasValue(new Cell(classes - 50, classes - 5, 1));
    List<String> labels = IntStream.range(0, classes).mapToObj(String::valueOf).toList();
    assertThat(metrics.report(labels).summary()).contains("of 50 classes with the lowest F1");
    assertThat(metrics.report(labels).confusionMatrixCsv()).isEmpty();
  }
}
