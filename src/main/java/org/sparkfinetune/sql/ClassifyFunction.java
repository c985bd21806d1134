package org.sparkfinetune.sql;

import java.io.Serializable;
import java.util.List;
import java.util.stream.Stream;
import org.apache.spark.sql.catalyst.expressions.Expression;
import org.apache.spark.sql.catalyst.expressions.ScalaUDF;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.DataTypes;
import org.sparkfinetune.pipeline.ClassifierPipeline;
import org.sparkfinetune.pipeline.PredictionColumns;
import org.sparkfinetune.pipeline.TextAnswers;
import scala.Function2;
import scala.Option;
import scala.collection.JavaConverters;
import scala.collection.Seq;
import scala.runtime.AbstractFunction1;

/**
 * One of a classifier's functions, as Spark's expressions hold it. {@link BatchedClassification}
 * knows it again, and has rows classified in batches; where it finds none, each call is computed by
 * itself.
 */
final class ClassifyFunction extends AbstractFunction1<Object, Object>
    implements Function2<Object, Object, Object>, Serializable {
  private static final long serialVersionUID = 1L;

  // Of the driver; the rule is of no other.
  private final transient ClassifierPipeline classifier;
  private final TextAnswers alone;
  private final boolean pairs;
  private final boolean sets;
  private final boolean givesProbabilities;

  ClassifyFunction(ClassifierPipeline classifier, TextAnswers alone, boolean givesProbabilities) {
    this.classifier = classifier;
    this.alone = alone;
    this.givesProbabilities = givesProbabilities;
    pairs = classifier.isPairs();
    sets = classifier.problemType().task().hasLabelSets();
  }

  /** The classifier that it is of. */
  ClassifierPipeline classifier() {
    return classifier;
  }

  /** Whether it gives all probabilities, and not the labels that are predicted. */
  boolean givesProbabilities() {
    return givesProbabilities;
  }

  /** Whether it takes two texts. */
  boolean takesPairs() {
    return pairs;
  }

  /** The column of predicted rows that has what it gives. */
  String column() {
    return givesProbabilities ? PredictionColumns.PROBABILITIES : PredictionColumns.PREDICTION;
  }

  /** A call of it, as Spark has functions of its users. */
  Expression of(String name, Seq<Expression> texts) {
    return new ScalaUDF(this, type(), texts, nil(), Option.empty(), Option.apply(name), true, true);
  }

  private static <T> Seq<T> nil() {
    return JavaConverters.asScalaBuffer(List.<T>of()).toList();
  }

  private DataType type() {
    if (givesProbabilities) {
      return DataTypes.createMapType(DataTypes.StringType, DataTypes.DoubleType, true);
    }
    return sets ? DataTypes.createArrayType(DataTypes.StringType, true) : DataTypes.StringType;
  }

  @Override
  public Object apply(Object text) {
    return answer(Stream.of((String) text));
  }

  @Override
  public Object apply(Object text, Object second) {
    return answer(Stream.of((String) text, (String) second));
  }

  /** An expression is equal to another by its function: of each classifier there are two. */
  @Override
  public String toString() {
    return column();
  }

  private Object answer(Stream<String> texts) {
    TextAnswers.Answer answer = alone.of(texts.toList()).orElse(null);
    if (answer == null) {
      return null;
    } else if (givesProbabilities) {
      return answer.probabilities();
    }
    return sets ? answer.labels().toArray(String[]::new) : answer.labels().get(0);
  }
}
