package org.sparkfinetune.pipeline;

import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.element_at;
import static org.apache.spark.sql.functions.lit;
import static org.apache.spark.sql.functions.struct;
import static org.apache.spark.sql.functions.udf;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.apache.spark.ml.PipelineModel;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.api.java.UDF3;
import org.apache.spark.sql.expressions.UserDefinedFunction;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;
import org.sparkfinetune.annotator.TransformerClassifierExplainer;
import org.sparkfinetune.annotator.TransformerClassifierModel;
import org.sparkfinetune.config.Setting;
import org.sparkfinetune.data.ExampleColumns;
import org.sparkfinetune.data.TextColumns;
import org.sparkfinetune.explain.CounterfactualKind;
import org.sparkfinetune.explain.ExplainArguments;
import scala.collection.JavaConverters;
import scala.collection.Map;
import scala.collection.Seq;

/** Turns an explainer's annotations into plain columns. */
public final class ExplanationColumns {
  /**
   * The words of a text, an array of structs: {@code word}, {@code begin} (its first character,
   * from 0), {@code end} (behind its last one), {@code score} (what it has done for the logit of
   * {@link #EXPLAINED}; null where the model has not seen it), of pairs also {@code text} (0 for
   * the first, 1 for the second). Characters are Unicode's code points, as Spark's {@code
   * substring} and Python count them.
   */
  public static final String ATTRIBUTIONS = "attributions";

  /**
   * By how much the attributions miss the sum that integrated gradients promise, a double; null for
   * methods that promise none.
   */
  public static final String COMPLETENESS_DELTA = "completeness_delta";

  /** The label whose logit is shared among the words; null for a text without a word. */
  public static final String EXPLAINED = "explained_class";

  /** What the tokens get together that the tokenizer adds, a double; null as {@link #EXPLAINED}. */
  public static final String SPECIAL = "special_tokens_score";

  /**
   * How faithful the attributions are, a struct of doubles of {@link #FAITHFULNESS_FIELDS}; there
   * only where it was measured.
   */
  public static final String FAITHFULNESS = "faithfulness";

  /**
   * What would have to go for another answer, a struct: {@code label} (what is predicted then, as
   * {@link PredictionColumns#PREDICTION}), {@code words} (an array of structs of {@code word},
   * {@code begin} and {@code end}, of pairs also {@code text}, as in {@link #ATTRIBUTIONS}, and
   * {@code replacement} where words are replaced) and {@code text}, of pairs also {@code text_pair}
   * (with what replaces these words in their place, or else the token that masks, or without them
   * where the tokenizer has none). Null where none was found. There only where it was asked for.
   */
  public static final String COUNTERFACTUAL = "counterfactual";

  /** Figures of the attributions, and the same of a random order of the words. */
  public static final List<String> FAITHFULNESS_FIELDS =
      Stream.of("", "random_")
          .flatMap(
              prefix ->
                  Stream.of("comprehensiveness", "sufficiency", "deletion", "insertion")
                      .map(prefix::concat))
          .toList();

  private static final String WORDS = "words";
  private static final String METADATA = "metadata";

  private ExplanationColumns() {}

  /**
   * The names of the columns that are added, in their order.
   *
   * @param arguments that say which are asked for
   */
  public static List<String> names(ExplainArguments arguments) {
    List<String> names =
        new ArrayList<>(
            List.of(
                PredictionColumns.PREDICTION,
                ATTRIBUTIONS,
                COMPLETENESS_DELTA,
                EXPLAINED,
                SPECIAL));
    if (arguments.measure()) {
      names.add(FAITHFULNESS);
    }
    if (arguments.counterfactual() != CounterfactualKind.NONE) {
      names.add(COUNTERFACTUAL);
    }
    return names;
  }

  /**
   * Explains rows.
   *
   * @param pipeline assemblers and the classifier
   * @param rows columns as {@link ExampleColumns} has them, and any others
   */
  static Dataset<Row> of(
      PipelineModel pipeline,
      TransformerClassifierModel classifier,
      Dataset<Row> rows,
      boolean multiLabel,
      boolean pairs,
      ExplainArguments arguments) {
    TransformerClassifierExplainer explainer = explainer(classifier, arguments);
    explainer.setOutputCol(WORDS);
    List<Column> input = new ArrayList<>();
    input.add(
        struct(Arrays.stream(rows.columns()).map(TextColumns::named).toArray(Column[]::new))
            .as(PredictionColumns.ROW));
    input.add(col(ExampleColumns.TEXT));
    if (pairs) {
      input.add(col(ExampleColumns.TEXT_PAIR));
    }
    Dataset<Row> words =
        explainer.transform(pipeline.transform(rows.select(input.toArray(Column[]::new)))).toDF();
    Column first = element_at(col(WORDS), 1).getField(METADATA);
    List<Column> output = new ArrayList<>();
    output.addAll(
        List.of(
            col(PredictionColumns.ROW),
            PredictionColumns.prediction(multiLabel).as(PredictionColumns.PREDICTION),
            attributions(pairs)
                .apply(
                    col(WORDS),
                    col(ExampleColumns.TEXT),
                    pairs ? col(ExampleColumns.TEXT_PAIR) : lit(""))
                .as(ATTRIBUTIONS),
            first.getItem("delta").cast(DataTypes.DoubleType).as(COMPLETENESS_DELTA),
            first.getItem("class").as(EXPLAINED),
            first.getItem("special").cast(DataTypes.DoubleType).as(SPECIAL)));
    if (arguments.measure()) {
      output.add(
          struct(
                  FAITHFULNESS_FIELDS.stream()
                      .map(name -> first.getItem(name).cast(DataTypes.DoubleType).as(name))
                      .toArray(Column[]::new))
              .as(FAITHFULNESS));
    }
    if (arguments.counterfactual() != CounterfactualKind.NONE) {
      output.add(
          CounterfactualColumn.of(
                  multiLabel, pairs, arguments.counterfactual() == CounterfactualKind.REPLACE)
              .apply(
                  col(WORDS),
                  col(ExampleColumns.TEXT),
                  pairs ? col(ExampleColumns.TEXT_PAIR) : lit(""))
              .as(COUNTERFACTUAL));
    }
    return words.select(output.toArray(Column[]::new));
  }

  /** An explainer of these settings. */
  static TransformerClassifierExplainer explainer(
      TransformerClassifierModel classifier, ExplainArguments arguments) {
    TransformerClassifierExplainer explainer = classifier.explainer();
    ExplainArguments.SCHEMA
        .values(arguments)
        .forEach(
            (key, value) ->
                explainer.setArgument(
                    key, value instanceof Enum<?> ? Setting.spelling(value) : value));
    return explainer;
  }

  private static UserDefinedFunction attributions(boolean pairs) {
    StructType word =
        new StructType()
            .add("word", DataTypes.StringType)
            .add("begin", DataTypes.IntegerType)
            .add("end", DataTypes.IntegerType)
            .add("score", DataTypes.DoubleType);
    return udf(
        (UDF3<Seq<Row>, String, String, List<Row>>)
            (words, text, pair) -> attributions(words, List.of(text, pair), pairs),
        DataTypes.createArrayType(pairs ? word.add("text", DataTypes.IntegerType) : word));
  }

  private static List<Row> attributions(Seq<Row> words, List<String> texts, boolean pairs) {
    List<Row> attributions = new ArrayList<>();
    for (Row annotation : JavaConverters.seqAsJavaList(words)) {
      java.util.Map<String, String> metadata =
          JavaConverters.mapAsJavaMap(annotation.<Map<String, String>>getAs(METADATA));
      int sequence = Integer.parseInt(metadata.getOrDefault("text", "0"));
      String score = metadata.get("attribution");
      String text = texts.get(sequence);
      int begin = annotation.getAs("begin");
      // Spark NLP has the last character, as Java counts them.
      int end = annotation.<Integer>getAs("end") + 1;
      List<Object> values = new ArrayList<>();
      values.add(annotation.getAs("result"));
      values.add(text.codePointCount(0, begin));
      values.add(text.codePointCount(0, end));
      values.add(score == null ? null : Double.valueOf(score));
      if (pairs) {
        values.add(sequence);
      }
      attributions.add(RowFactory.create(values.toArray()));
    }
    return attributions;
  }
}
