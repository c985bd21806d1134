package org.sparkfinetune.finetune;

import static org.apache.spark.sql.functions.col;

import java.util.List;
import java.util.Optional;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.sparkfinetune.pipeline.ClassifierPipeline;
import org.sparkfinetune.pipeline.ExplanationColumns;
import org.sparkfinetune.pipeline.PredictionWriter;
import org.sparkfinetune.report.ClassWord;
import org.sparkfinetune.storage.OutputDirectory;
import org.sparkfinetune.storage.OutputFiles;

/**
 * Writes the tables of a model as a whole, of its labels' words and those behind confusions. Rows
 * are counted where they are; what comes to the driver is bounded by the numbers of words, labels
 * and confusions that are asked for.
 */
record ModelWords(ClassifierPipeline pipeline, ExplanationArguments asked, OutputDirectory output) {
  /**
   * The words of each label, by label and from the largest score down; as they are written.
   *
   * @param explained of {@link ExplainedWords}
   */
  Dataset<Row> words(Dataset<Row> explained, ExplanationLabels labels) {
    Dataset<Row> words =
        ExplanationWords.of(explained, asked.topWords(), asked.minWordRows()).persist();
    try {
      Dataset<Row> removed =
          RemovedWords.with(
              pipeline,
              ExplanationWords.withLabels(words, explained, labels),
              explained.withColumn(ExplanationWords.LABEL, col(ExplanationColumns.EXPLAINED)),
              List.of(ExplanationWords.LABEL));
      return written(
          OutputFiles.WORDS,
          removed,
          col(ExplanationWords.LABEL),
          col(ExplanationWords.SCORE).desc(),
          col(ExplanationWords.WORD));
    } finally {
      words.unpersist();
    }
  }

  /**
   * The words behind confusions, the most frequent of these first; empty without labels.
   *
   * @param explained of {@link ExplainedWords}
   */
  Optional<Dataset<Row>> confusions(Dataset<Row> explained, ExplanationLabels labels) {
    if (!labels.areKnown()) {
      return Optional.empty();
    }
    Dataset<Row> confused =
        ConfusionWords.confused(explained, pipeline.problemType().task().hasLabelSets());
    Dataset<Row> words =
        ConfusionWords.of(confused, asked.topConfusions(), asked.topWords()).persist();
    try {
      Dataset<Row> removed =
          RemovedWords.with(
              pipeline, words, confused, List.of(ConfusionWords.LABEL, ConfusionWords.PREDICTION));
      return Optional.of(
          written(
              OutputFiles.CONFUSIONS,
              removed,
              col(ConfusionWords.CONFUSED).desc(),
              col(ConfusionWords.LABEL),
              col(ConfusionWords.PREDICTION),
              col(ConfusionWords.SCORE).desc(),
              col(ConfusionWords.WORD)));
    } finally {
      words.unpersist();
    }
  }

  private Dataset<Row> written(String name, Dataset<Row> words, Column... order) {
    String place = output.path(name);
    PredictionWriter.write(
        place, PredictionWriter.Format.PARQUET, true, words.orderBy(order).coalesce(1));
    return words.sparkSession().read().parquet(place);
  }

  /** How many words are spurious. */
  static long spurious(List<ClassWord> words) {
    return words.stream()
        .filter(word -> word.share().filter(ClassWord.LabelShare::spurious).isPresent())
        .count();
  }
}
