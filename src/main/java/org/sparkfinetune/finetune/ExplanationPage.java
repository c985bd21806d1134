package org.sparkfinetune.finetune;

import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.input_file_name;
import static org.apache.spark.sql.functions.lit;
import static org.apache.spark.sql.functions.monotonically_increasing_id;
import static org.apache.spark.sql.functions.xxhash64;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.types.DataTypes;
import org.sparkfinetune.data.DataArguments;
import org.sparkfinetune.data.ExampleColumns;
import org.sparkfinetune.data.TextColumns;
import org.sparkfinetune.explain.CounterfactualKind;
import org.sparkfinetune.pipeline.ExplanationColumns;
import org.sparkfinetune.pipeline.NeighborColumns;
import org.sparkfinetune.pipeline.PredictionColumns;
import org.sparkfinetune.report.ExplainedRow;
import org.sparkfinetune.task.ProblemType;

/** The rows of a page, out of all that were explained. */
final class ExplanationPage {
  private static final String TEXT = "text";
  private static final String PAIR = "pair";
  private static final String LABELS = "labels";
  private static final String SEPARATOR = ", ";

  private final DataArguments data;
  private final ProblemType problemType;
  private final ExplanationLabels labels;
  private boolean neighbors;
  private boolean counterfactual;
  private boolean replacing;

  /**
   * @param labels of the rows
   */
  ExplanationPage(DataArguments data, ProblemType problemType, ExplanationLabels labels) {
    this.data = data;
    this.problemType = problemType;
    this.labels = labels;
  }

  /** Whether the rows have {@link NeighborColumns#NEIGHBORS}, and these are shown. */
  ExplanationPage withNeighbors(boolean value) {
    neighbors = value;
    return this;
  }

  /** Whether the rows have {@link ExplanationColumns#COUNTERFACTUAL}, and these are shown. */
  ExplanationPage withCounterfactual(CounterfactualKind value) {
    counterfactual = value != CounterfactualKind.NONE;
    replacing = value == CounterfactualKind.REPLACE;
    return this;
  }

  /**
   * Some rows, in the order of their files; the same of the same texts, however they are spread.
   *
   * @param explained as they were written, with the columns of the input
   * @param most so many of them
   */
  List<ExplainedRow> rows(Dataset<Row> explained, int most) {
    Column text = TextColumns.named(data.textColumn()).cast(DataTypes.StringType);
    Column pair =
        data.textPair()
            .map(column -> TextColumns.named(column).cast(DataTypes.StringType))
            .orElseGet(() -> lit(null).cast(DataTypes.StringType));
    Dataset<Row> columns =
        explained.select(
            text.as(TEXT),
            pair.as(PAIR),
            labels.column().as(LABELS),
            col(PredictionColumns.PREDICTION),
            col(ExplanationColumns.ATTRIBUTIONS),
            col(ExplanationColumns.COMPLETENESS_DELTA),
            col(ExplanationColumns.EXPLAINED),
            col(ExplanationColumns.SPECIAL),
            (neighbors ? col(NeighborColumns.NEIGHBORS) : lit(null)).as(NeighborColumns.NEIGHBORS),
            (counterfactual ? col(ExplanationColumns.COUNTERFACTUAL) : lit(null))
                .as(ExplanationColumns.COUNTERFACTUAL),
            input_file_name().as("file"),
            monotonically_increasing_id().as("at"));
    Dataset<Row> some =
        columns.orderBy(xxhash64(col(TEXT), col(PAIR)), col("file"), col("at")).limit(most);
    List<Row> rows = some.orderBy("file", "at").collectAsList();
    return rows.stream().map(this::row).toList();
  }

  private ExplainedRow row(Row row) {
    List<String> texts = new ArrayList<>(List.of(row.<String>getAs(TEXT)));
    if (data.textPair().isPresent()) {
      texts.add(row.getAs(PAIR));
    }
    Optional<List<String>> own = Optional.ofNullable(list(row, LABELS));
    List<String> predicted = set(row, PredictionColumns.PREDICTION);
    String explained = row.getAs(ExplanationColumns.EXPLAINED);
    Double special = row.getAs(ExplanationColumns.SPECIAL);
    Double delta = row.getAs(ExplanationColumns.COMPLETENESS_DELTA);
    return new ExplainedRow(
        texts,
        own.map(of -> String.join(SEPARATOR, of)).orElse(""),
        String.join(SEPARATOR, predicted),
        own.filter(of -> labels.areKnown()).map(predicted::equals),
        explained == null ? "" : explained,
        row.<Row>getList(row.fieldIndex(ExplanationColumns.ATTRIBUTIONS)).stream()
            .map(this::word)
            .toList(),
        special == null ? 0 : special,
        delta == null ? OptionalDouble.empty() : OptionalDouble.of(delta),
        neighbors ? neighbors(row) : List.of(),
        counterfactual(row));
  }

  private Optional<ExplainedRow.Counterfactual> counterfactual(Row row) {
    Row found = row.getAs(ExplanationColumns.COUNTERFACTUAL);
    return Optional.ofNullable(found)
        .map(
            of ->
                new ExplainedRow.Counterfactual(
                    of.<Row>getList(1).stream().map(word -> word.getString(0)).toList(),
                    replacing
                        ? of.<Row>getList(1).stream()
                            .map(word -> word.<String>getAs("replacement"))
                            .toList()
                        : List.of(),
                    labels(of, "label")));
  }

  private List<ExplainedRow.Neighbor> neighbors(Row row) {
    List<Row> nearest = row.getList(row.fieldIndex(NeighborColumns.NEIGHBORS));
    return nearest.stream()
        .map(
            neighbor -> {
              List<String> texts = new ArrayList<>(List.of(neighbor.<String>getAs(TEXT)));
              if (data.textPair().isPresent()) {
                texts.add(neighbor.getAs(ExampleColumns.TEXT_PAIR));
              }
              Double influence = neighbor.getAs("influence");
              return new ExplainedRow.Neighbor(
                  texts,
                  labels(neighbor, "label"),
                  labels(neighbor, PredictionColumns.PREDICTION),
                  neighbor.<Double>getAs("similarity"),
                  influence == null ? OptionalDouble.empty() : OptionalDouble.of(influence));
            })
        .toList();
  }

  private String labels(Row row, String column) {
    return String.join(SEPARATOR, set(row, column));
  }

  /** The label of a row, or its labels, sorted. */
  private List<String> set(Row row, String column) {
    return problemType.task().hasLabelSets()
        ? list(row, column).stream().sorted().toList()
        : List.of(row.<String>getAs(column));
  }

  private static List<String> list(Row row, String column) {
    return row.isNullAt(row.fieldIndex(column)) ? null : row.getList(row.fieldIndex(column));
  }

  private ExplainedRow.Word word(Row word) {
    Double score = word.getAs("score");
    return new ExplainedRow.Word(
        word.getAs("word"),
        data.textPair().isPresent() ? word.<Integer>getAs("text") : 0,
        word.<Integer>getAs("begin"),
        word.<Integer>getAs("end"),
        score == null ? OptionalDouble.empty() : OptionalDouble.of(score));
  }
}
