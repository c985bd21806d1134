package org.sparkfinetune.sql;

import java.util.List;
import java.util.Map;
import java.util.WeakHashMap;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.SparkSessionExtensions;
import org.apache.spark.sql.catalyst.FunctionIdentifier;
import org.apache.spark.sql.catalyst.expressions.Expression;
import org.apache.spark.sql.catalyst.expressions.ExpressionInfo;
import org.sparkfinetune.PublicApi;
import org.sparkfinetune.UserException;
import org.sparkfinetune.pipeline.ClassifierPipeline;
import scala.Tuple3;
import scala.collection.JavaConverters;
import scala.collection.Seq;
import scala.runtime.AbstractFunction1;
import scala.runtime.BoxedUnit;

/**
 * {@link ClassifierFunctions} for every session of an application, as of a Thrift server: {@code
 * spark.sql.extensions=org.sparkfinetune.sql.ClassifierExtensions}, and in {@code
 * spark.sparkfinetune.model} what {@link ClassifierFunctions#register} takes. The model is loaded
 * when a query first calls {@code classify} or {@code classify_probabilities}; a session may set
 * another.
 */
@PublicApi
public final class ClassifierExtensions
    extends AbstractFunction1<SparkSessionExtensions, BoxedUnit> {
  /** The setting that has the model. */
  public static final String MODEL = "spark.sparkfinetune.model";

  private record Loaded(String model, ClassifyFunctions functions) {}

  private static final Map<SparkSession, Loaded> OF_SESSIONS = new WeakHashMap<>();

  @Override
  public BoxedUnit apply(SparkSessionExtensions extensions) {
    for (boolean probabilities : List.of(false, true)) {
      String name =
          ClassifierFunctions.NAME + (probabilities ? ClassifierFunctions.PROBABILITIES : "");
      extensions.injectFunction(
          new Tuple3<>(
              new FunctionIdentifier(name),
              new ExpressionInfo(ClassifyFunction.class.getName(), name),
              new AbstractFunction1<Seq<Expression>, Expression>() {
                @Override
                public Expression apply(Seq<Expression> arguments) {
                  SparkSession spark = SparkSession.active();
                  ClassifyFunctions functions = functions(spark);
                  return ClassifierFunctions.call(
                      name,
                      spark,
                      probabilities ? functions.probabilities() : functions.labels(),
                      JavaConverters.seqAsJavaList(arguments));
                }
              }));
    }
    return BoxedUnit.UNIT;
  }

  private static synchronized ClassifyFunctions functions(SparkSession spark) {
    String model = spark.conf().get(MODEL, "");
    if (model.isEmpty()) {
      throw new UserException(
          MODEL + " is not set: expected the model that classify is to ask, as models:/NAME@ALIAS");
    }
    Loaded loaded = OF_SESSIONS.get(spark);
    if (loaded == null || !loaded.model().equals(model)) {
      loaded =
          new Loaded(model, ClassifyFunctions.of(ClassifierPipeline.load(spark, model, false)));
      OF_SESSIONS.put(spark, loaded);
    }
    return loaded.functions();
  }
}
