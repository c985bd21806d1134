package org.sparkfinetune.sql;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.catalyst.expressions.Alias;
import org.apache.spark.sql.catalyst.expressions.Attribute;
import org.apache.spark.sql.catalyst.expressions.ExprId;
import org.apache.spark.sql.catalyst.expressions.Expression;
import org.apache.spark.sql.catalyst.expressions.NamedExpression;
import org.apache.spark.sql.catalyst.expressions.NamedExpression$;
import org.apache.spark.sql.catalyst.expressions.ScalaUDF;
import org.apache.spark.sql.catalyst.plans.logical.Aggregate;
import org.apache.spark.sql.catalyst.plans.logical.Filter;
import org.apache.spark.sql.catalyst.plans.logical.LogicalPlan;
import org.apache.spark.sql.catalyst.plans.logical.Project;
import org.apache.spark.sql.catalyst.plans.logical.Sort;
import org.apache.spark.sql.catalyst.rules.Rule;
import scala.Option;
import scala.collection.JavaConverters;
import scala.collection.Seq;
import scala.runtime.AbstractFunction1;
import scala.runtime.AbstractPartialFunction;

/**
 * A rule of the optimizer: has the rows below a node classified, whose expressions call a {@link
 * ClassifyFunction}, and puts the columns that this gives in the place of the calls. It runs behind
 * Spark's own rules, when columns that nobody reads are gone and filters are where they belong.
 */
final class BatchedClassification extends Rule<LogicalPlan> {
  private static final String TEXT = "classified_text";
  private static final String SECOND = "classified_second_text";

  private final SparkSession spark;

  private BatchedClassification(SparkSession spark) {
    this.spark = spark;
  }

  /** Adds the rule to a session, once. */
  static synchronized void addTo(SparkSession spark) {
    List<Rule<LogicalPlan>> rules =
        new ArrayList<>(JavaConverters.seqAsJavaList(spark.experimental().extraOptimizations()));
    if (rules.stream().noneMatch(BatchedClassification.class::isInstance)) {
      rules.add(new BatchedClassification(spark));
      spark.experimental().extraOptimizations_$eq(seq(rules));
    }
  }

  @Override
  public LogicalPlan apply(LogicalPlan plan) {
    return calls(plan, true).isEmpty() ? plan : new Rewriting().of(plan, false);
  }

  /** One pass over a plan. */
  private final class Rewriting {
    /** What calls have become, so that a node above finds what one below has asked for. */
    private final Map<Expression, Attribute> columns = new LinkedHashMap<>();

    /**
     * A plan without calls.
     *
     * @param mayWiden whether it may have more columns than before, as who reads it selects
     */
    LogicalPlan of(LogicalPlan plan, boolean mayWiden) {
      boolean selects = plan instanceof Project || plan instanceof Aggregate;
      boolean passes = plan instanceof Filter || plan instanceof Sort;
      boolean widens = selects || passes && mayWiden;
      LogicalPlan node =
          (widens ? intoProject(plan) : plan)
              .mapChildren(
                  new AbstractFunction1<LogicalPlan, LogicalPlan>() {
                    @Override
                    public LogicalPlan apply(LogicalPlan child) {
                      return of(child, widens);
                    }
                  });
      List<ScalaUDF> calls = calls(node, false);
      if (calls.isEmpty() || node.children().size() != 1) {
        return node;
      }
      LogicalPlan child = node.children().head();
      List<ScalaUDF> missing =
          calls.stream()
              .filter(
                  call -> {
                    Attribute column = columns.get(call.canonicalized());
                    return column == null || !child.outputSet().contains(column);
                  })
              .toList();
      LogicalPlan classified = missing.isEmpty() ? child : classified(child, missing);
      LogicalPlan replaced = withoutCalls(node, classified, columns);
      return selects || passes && mayWiden ? replaced : new Project(named(plan.output()), replaced);
    }

    /**
     * Has a selection below a node compute the node's calls too, where it reads what they are of:
     * with its own, they are one pass. An aggregation has its groups from such a selection.
     */
    private LogicalPlan intoProject(LogicalPlan node) {
      if (node.children().size() != 1 || !(node.children().head() instanceof Project below)) {
        return node;
      }
      List<NamedExpression> list =
          new ArrayList<>(JavaConverters.seqAsJavaList(below.projectList()));
      // Not yet computed: only this node finds them there.
      Map<Expression, Attribute> moved = new LinkedHashMap<>();
      for (ScalaUDF call : calls(node, false)) {
        if (!moved.containsKey(call.canonicalized())
            && call.references().subsetOf(below.child().outputSet())
            && call.references().subsetOf(below.outputSet())) {
          Alias column = alias(call, call.udfName().get(), NamedExpression$.MODULE$.newExprId());
          list.add(column);
          moved.put(call.canonicalized(), column.toAttribute());
        }
      }
      return moved.isEmpty()
          ? node
          : withoutCalls(node, new Project(seq(list), below.child()), moved);
    }

    private LogicalPlan withoutCalls(
        LogicalPlan node, LogicalPlan child, Map<Expression, Attribute> computed) {
      return node.withNewChildren(seq(List.of(child)))
          .mapExpressions(
              new AbstractFunction1<Expression, Expression>() {
                @Override
                public Expression apply(Expression expression) {
                  return replaced(expression, computed);
                }
              });
    }

    private Expression replaced(Expression expression, Map<Expression, Attribute> computed) {
      return expression.transformUp(
          new AbstractPartialFunction<Expression, Expression>() {
            @Override
            public boolean isDefinedAt(Expression part) {
              return part instanceof ScalaUDF && computed.containsKey(part.canonicalized());
            }

            @Override
            public Expression apply(Expression part) {
              return computed.get(part.canonicalized());
            }
          });
    }

    /** A plan with a column for each of the calls: one pass of a model over the same texts. */
    private LogicalPlan classified(LogicalPlan plan, List<ScalaUDF> calls) {
      LogicalPlan wider = plan;
      Map<List<Object>, List<ScalaUDF>> passes = new LinkedHashMap<>();
      for (ScalaUDF call : calls) {
        List<Object> pass = new ArrayList<>(List.of(function(call).classifier()));
        JavaConverters.seqAsJavaList(call.children())
            .forEach(text -> pass.add(text.canonicalized()));
        passes.computeIfAbsent(pass, key -> new ArrayList<>()).add(call);
      }
      for (List<ScalaUDF> pass : passes.values()) {
        wider = pass(wider, pass);
      }
      return wider;
    }

    private LogicalPlan pass(LogicalPlan plan, List<ScalaUDF> calls) {
      List<Attribute> kept = JavaConverters.seqAsJavaList(plan.output());
      List<Expression> texts = JavaConverters.seqAsJavaList(calls.get(0).children());
      // By names of its own: of a query's columns several may have the same.
      List<NamedExpression> input = new ArrayList<>();
      for (int i = 0; i < kept.size(); i++) {
        input.add(alias(kept.get(i), "c" + i, NamedExpression$.MODULE$.newExprId()));
      }
      input.add(alias(texts.get(0), TEXT, NamedExpression$.MODULE$.newExprId()));
      boolean pairs = texts.size() == 2;
      if (pairs) {
        input.add(alias(texts.get(1), SECOND, NamedExpression$.MODULE$.newExprId()));
      }
      Dataset<Row> rows = Dataset.ofRows(spark, new Project(seq(input), plan));
      Dataset<Row> predicted =
          function(calls.get(0))
              .classifier()
              .predict(rows, TEXT, pairs ? Optional.of(SECOND) : Optional.empty());
      // Not its query's own plan: that refuses streams, of which this is a batch.
      LogicalPlan optimized =
          spark.sessionState().optimizer().execute(predicted.queryExecution().analyzed());
      Map<String, Attribute> byName = new LinkedHashMap<>();
      JavaConverters.seqAsJavaList(optimized.output())
          .forEach(column -> byName.put(column.name(), column));
      List<NamedExpression> output = new ArrayList<>();
      for (int i = 0; i < kept.size(); i++) {
        output.add(alias(byName.get("c" + i), kept.get(i).name(), kept.get(i).exprId()));
      }
      for (ScalaUDF call : calls) {
        if (!columns.containsKey(call.canonicalized())
            || !contains(output, columns.get(call.canonicalized()))) {
          Alias column =
              alias(
                  byName.get(function(call).column()),
                  call.udfName().get(),
                  NamedExpression$.MODULE$.newExprId());
          output.add(column);
          columns.put(call.canonicalized(), column.toAttribute());
        }
      }
      return new Project(seq(output), optimized);
    }
  }

  private static boolean contains(List<NamedExpression> output, Attribute column) {
    return output.stream().anyMatch(named -> named.exprId().equals(column.exprId()));
  }

  /** The calls in a node's expressions, or in those of a whole plan. */
  static List<ScalaUDF> calls(LogicalPlan plan, boolean whole) {
    List<ScalaUDF> calls = new ArrayList<>();
    Consumer<Expression> collect =
        part -> {
          if (part instanceof ScalaUDF call && call.function() instanceof ClassifyFunction) {
            calls.add(call);
          }
        };
    for (Expression expression : JavaConverters.seqAsJavaList(plan.expressions())) {
      each(expression, collect);
    }
    if (whole) {
      JavaConverters.seqAsJavaList(plan.children())
          .forEach(child -> calls.addAll(calls(child, true)));
    }
    return calls;
  }

  private static void each(Expression expression, Consumer<Expression> action) {
    action.accept(expression);
    JavaConverters.seqAsJavaList(expression.children()).forEach(part -> each(part, action));
  }

  private static ClassifyFunction function(ScalaUDF call) {
    return (ClassifyFunction) call.function();
  }

  private static Alias alias(Expression expression, String name, ExprId id) {
    return new Alias(expression, name, id, seq(List.of()), Option.empty(), seq(List.of()));
  }

  private static Seq<NamedExpression> named(Seq<Attribute> output) {
    List<NamedExpression> columns = new ArrayList<>();
    JavaConverters.seqAsJavaList(output).forEach(columns::add);
    return seq(columns);
  }

  private static <T> Seq<T> seq(List<T> list) {
    return JavaConverters.asScalaBuffer(list).toList();
  }
}
