package org.sparkfinetune.pipeline;

import static org.apache.spark.sql.functions.udf;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.api.java.UDF3;
import org.apache.spark.sql.expressions.UserDefinedFunction;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;
import scala.collection.JavaConverters;
import scala.collection.Seq;

/** Makes {@link ExplanationColumns#COUNTERFACTUAL} of an explainer's annotations. */
final class CounterfactualColumn {
  private CounterfactualColumn() {}

  /**
   * Of annotations, the text and, of pairs, the second text.
   *
   * @param replacing whether words are replaced, and by what is told
   */
  static UserDefinedFunction of(boolean multiLabel, boolean pairs, boolean replacing) {
    DataType label =
        multiLabel ? DataTypes.createArrayType(DataTypes.StringType) : DataTypes.StringType;
    StructType word =
        new StructType()
            .add("word", DataTypes.StringType)
            .add("begin", DataTypes.IntegerType)
            .add("end", DataTypes.IntegerType);
    if (pairs) {
      word = word.add("text", DataTypes.IntegerType);
    }
    if (replacing) {
      word = word.add("replacement", DataTypes.StringType);
    }
    StructType type =
        new StructType()
            .add("label", label)
            .add("words", DataTypes.createArrayType(word))
            .add("text", DataTypes.StringType);
    return udf(
        (UDF3<Seq<Row>, String, String, Row>)
            (words, text, pair) ->
                of(
                    JavaConverters.seqAsJavaList(words),
                    pairs ? List.of(text, pair) : List.of(text),
                    multiLabel,
                    replacing),
        pairs ? type.add("text_pair", DataTypes.StringType) : type);
  }

  private static Row of(
      List<Row> annotations, List<String> texts, boolean multiLabel, boolean replacing)
      throws JsonProcessingException {
    List<StringBuilder> changed = texts.stream().map(StringBuilder::new).toList();
    List<Row> words = new ArrayList<>();
    String labels = null;
    // From the end, so that what is before a word stays where it is.
    for (int i = annotations.size() - 1; i >= 0; i--) {
      Row annotation = annotations.get(i);
      Map<String, String> metadata =
          JavaConverters.mapAsJavaMap(
              annotation.<scala.collection.Map<String, String>>getAs("metadata"));
      String instead = metadata.get("counterfactual");
      if (instead == null) {
        continue;
      }
      labels = metadata.get("counterfactual_classes");
      int sequence = Integer.parseInt(metadata.getOrDefault("text", "0"));
      String text = texts.get(sequence);
      int begin = annotation.getAs("begin");
      // Spark NLP has the last character, as Java counts them.
      int end = annotation.<Integer>getAs("end") + 1;
      changed.get(sequence).replace(begin, end, instead);
      List<Object> values = new ArrayList<>();
      values.add(annotation.getAs("result"));
      values.add(text.codePointCount(0, begin));
      values.add(text.codePointCount(0, end));
      if (texts.size() == 2) {
        values.add(sequence);
      }
      if (replacing) {
        values.add(instead);
      }
      words.add(0, RowFactory.create(values.toArray()));
    }
    if (labels == null) {
      return null;
    }
    String[] predicted = new ObjectMapper().readValue(labels, String[].class);
    List<Object> values = new ArrayList<>();
    values.add(multiLabel ? predicted : predicted[0]);
    values.add(words.toArray(Row[]::new));
    changed.forEach(text -> values.add(text.toString()));
    return RowFactory.create(values.toArray());
  }
}
