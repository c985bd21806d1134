package org.sparkfinetune.sql;

import java.util.List;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.catalyst.expressions.Expression;
import org.apache.spark.sql.types.StringType;
import org.sparkfinetune.PublicApi;
import org.sparkfinetune.UserException;
import org.sparkfinetune.pipeline.ClassifierPipeline;
import scala.collection.JavaConverters;
import scala.collection.Seq;
import scala.runtime.AbstractFunction1;

/**
 * A classifier as functions of Spark SQL.
 *
 * <p>{@code classify(text)} gives the label that is predicted, a string; of multi-label models the
 * labels, an array of strings, which may be empty. {@code classify_probabilities(text)} gives the
 * probability of every label, a map of string to double. Both are null for a null or blank text.
 * Models of pairs take two texts. Texts that are no strings are cast.
 *
 * <p>They may stand wherever a query has expressions over rows: SELECT, WHERE, GROUP BY, HAVING,
 * ORDER BY. All calls of a query for the same text are one pass of the model over the rows below,
 * in batches. Only where an expression is over two tables, in the condition of a join, is each call
 * computed by itself, which is slow: classify in a subquery of one of them.
 */
@PublicApi
public final class ClassifierFunctions {
  /** The name that the functions have by default. */
  public static final String NAME = "classify";

  static final String PROBABILITIES = "_probabilities";

  private ClassifierFunctions() {}

  /**
   * Registers {@code classify} and {@code classify_probabilities} in a session, as temporary
   * functions; others of these names give way.
   *
   * @param model whatever {@code jobs/predict} takes: the output of a fine-tuning, a saved
   *     pipeline, {@code models:/NAME@ALIAS}, {@code ORG/NAME} of the hub
   * @throws UserException when there is no such model
   */
  public static void register(SparkSession spark, String model) {
    register(spark, model, NAME);
  }

  /**
   * The same by another name, so that a session can have several models: {@code NAME} and {@code
   * NAME_probabilities}.
   *
   * @param name letters, digits and underscores
   */
  public static void register(SparkSession spark, String model, String name) {
    if (!name.matches("[A-Za-z_][A-Za-z0-9_]*")) {
      throw new UserException(
          "name=%s is not allowed: expected letters, digits and underscores".formatted(name));
    }
    register(spark, ClassifierPipeline.load(spark, model, false), name);
  }

  /** The same of a model that has been loaded. */
  static void register(SparkSession spark, ClassifierPipeline model, String name) {
    ClassifyFunctions functions = ClassifyFunctions.of(model);
    for (ClassifyFunction function : List.of(functions.labels(), functions.probabilities())) {
      String full = function.givesProbabilities() ? name + PROBABILITIES : name;
      spark
          .sessionState()
          .functionRegistry()
          .createOrReplaceTempFunction(full, new Builder(full, spark, function), "java_udf");
    }
  }

  /** The expression of a call. */
  static Expression call(
      String name, SparkSession spark, ClassifyFunction function, List<Expression> arguments) {
    int texts = function.takesPairs() ? 2 : 1;
    if (arguments.size() != texts) {
      throw new UserException(
          "%s: %d arguments: the model classifies %s"
              .formatted(
                  name,
                  arguments.size(),
                  texts == 2 ? "pairs of texts, expected two" : "single texts, expected one"));
    }
    BatchedClassification.addTo(spark);
    List<Expression> strings =
        arguments.stream()
            .map(text -> isString(text) ? text : new Column(text).cast("string").expr())
            .toList();
    return function.of(name, JavaConverters.asScalaBuffer(strings).toList());
  }

  private static boolean isString(Expression text) {
    return text.resolved() && text.dataType() instanceof StringType;
  }

  private static final class Builder extends AbstractFunction1<Seq<Expression>, Expression> {
    private final String name;
    private final SparkSession spark;
    private final ClassifyFunction function;

    Builder(String name, SparkSession spark, ClassifyFunction function) {
      this.name = name;
      this.spark = spark;
      this.function = function;
    }

    @Override
    public Expression apply(Seq<Expression> arguments) {
      return call(name, spark, function, JavaConverters.seqAsJavaList(arguments));
    }
  }
}
