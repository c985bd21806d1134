package org.sparkfinetune.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.sparkfinetune.task.ProblemType;

class VectorBlockTest {
  private static final ObjectMapper JSON = new ObjectMapper();

  /** Of {@code tools/goldens/neighbors.py}. */
  static Stream<JsonNode> goldens() throws IOException {
    return StreamSupport.stream(
        JSON.readTree(
                Path.of("src/test/resources/org/sparkfinetune/pipeline/neighbors.json").toFile())
            .spliterator(),
        false);
  }

  private static List<String> names(int labels) {
    return IntStream.range(0, labels).mapToObj(label -> "label_" + label).toList();
  }

  private static VectorBlock.Item item(
      String text, String[] labels, boolean training, double[] probabilities, double[] vector) {
    return new VectorBlock.Item(
        new String[] {text},
        training ? new String[][] {labels} : new String[0][],
        labels,
        probabilities,
        vector);
  }

  /** The nearest of what blocks of so many rows find. */
  private static List<ArrayList<Neighbor>> search(
      List<VectorBlock.Item> asked,
      List<VectorBlock.Item> known,
      int block,
      int most,
      HeadGradients gradients) {
    List<ArrayList<Neighbor>> found = new ArrayList<>();
    for (int from = 0; from < asked.size(); from += block) {
      VectorBlock own = VectorBlock.of(asked.subList(from, Math.min(asked.size(), from + block)));
      List<ArrayList<Neighbor>> ofBlock = new ArrayList<>();
      for (int i = 0; i < own.size(); i++) {
        ofBlock.add(new ArrayList<>());
      }
      for (int other = 0; other < known.size(); other += block) {
        List<ArrayList<Neighbor>> nearest =
            own.nearest(
                VectorBlock.of(known.subList(other, Math.min(known.size(), other + block))),
                most,
                gradients);
        for (int i = 0; i < own.size(); i++) {
          ofBlock.set(i, Neighbor.merged(ofBlock.get(i), nearest.get(i), most));
        }
      }
      found.addAll(ofBlock);
    }
    return found;
  }

  @ParameterizedTest
  @MethodSource("goldens")
  void neighborsAreScikitLearnsAndInfluencesAreAutogradsWhateverTheBlocks(JsonNode golden) {
    double[][] asked = JSON.convertValue(golden.get("asked"), double[][].class);
    double[][] known = JSON.convertValue(golden.get("known"), double[][].class);
    double[][] probabilities = JSON.convertValue(golden.get("probabilities"), double[][].class);
    int[][] labels = JSON.convertValue(golden.get("label"), int[][].class);
    int[][] indices = JSON.convertValue(golden.get("indices"), int[][].class);
    List<VectorBlock.Item> rows = new ArrayList<>();
    for (int i = 0; i < asked.length + known.length; i++) {
      boolean training = i >= asked.length;
      rows.add(
          item(
              Integer.toString(i - asked.length),
              IntStream.of(labels[i]).mapToObj(label -> "label_" + label).toArray(String[]::new),
              training,
              probabilities[i],
              training ? known[i - asked.length] : asked[i]));
    }
    HeadGradients gradients =
        new HeadGradients(
            names(golden.get("labels").asInt()),
            golden.get("sets").asBoolean()
                ? ProblemType.MULTI_LABEL_CLASSIFICATION
                : ProblemType.SINGLE_LABEL_CLASSIFICATION);
    for (int block : new int[] {1, 7, 1000}) {
      List<ArrayList<Neighbor>> found =
          search(
              rows.subList(0, asked.length),
              rows.subList(asked.length, rows.size()),
              block,
              indices[0].length,
              gradients);
      for (int row = 0; row < asked.length; row++) {
        assertThat(found.get(row)).hasSize(indices[row].length);
        for (int i = 0; i < indices[row].length; i++) {
          Neighbor neighbor = found.get(row).get(i);
          assertThat(neighbor.texts[0]).isEqualTo(Integer.toString(indices[row][i]));
          assertThat(neighbor.similarity)
              .isCloseTo(golden.get("similarities").get(row).get(i).asDouble(), within(1e-11));
          assertThat(neighbor.influence)
              .isCloseTo(golden.get("influences").get(row).get(i).asDouble(), within(1e-12));
        }
      }
    }
  }

  @Test
  void tiesAreBrokenByTextAndLabelAndVectorsOfZerosAreNearToNone() {
    double[] even = {0.5, 0.5};
    HeadGradients gradients = new HeadGradients(names(2), ProblemType.SINGLE_LABEL_CLASSIFICATION);
    List<VectorBlock.Item> known = new ArrayList<>();
    for (String text : List.of("c", "a", "b")) {
      known.add(
          new VectorBlock.Item(
              new String[] {text},
              new String[][] {{"label_1"}, {"label_0"}, {"other"}},
              new String[] {"label_0"},
              even,
              new double[] {2, 0}));
    }
    known.add(item("0", new String[] {"label_0"}, true, even, new double[] {0, 0}));
    List<VectorBlock.Item> asked =
        List.of(
            item("x", new String[] {"label_0"}, false, even, new double[] {3, 1e-9}),
            item("y", new String[] {"label_0"}, false, even, new double[] {0, 0}));
    for (int block : new int[] {1, 2, 10}) {
      List<ArrayList<Neighbor>> found = search(asked, known, block, 4, gradients);
      assertThat(found.get(0))
          .extracting(neighbor -> neighbor.texts[0] + " " + neighbor.labels[0])
          .containsExactly("a label_0", "a label_1", "a other", "b label_0");
      assertThat(found.get(0)).allMatch(neighbor -> neighbor.similarity == 1);
      assertThat(found.get(0).get(0).influence).isCloseTo(0.5 * 7, within(1e-9));
      assertThat(found.get(0).get(1).influence).isCloseTo(-0.5 * 7, within(1e-9));
      assertThat(found.get(0).get(2).influence).isNaN();
      assertThat(found.get(1)).allMatch(neighbor -> neighbor.similarity == 0);
      assertThat(found.get(1).get(0).texts).containsExactly("0");
    }
  }
}
