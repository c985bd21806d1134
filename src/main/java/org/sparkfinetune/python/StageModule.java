package org.sparkfinetune.python;

import java.util.Arrays;
import java.util.List;
import java.util.Set;
import org.apache.spark.ml.PipelineStage;
import org.apache.spark.ml.param.BooleanParam;
import org.apache.spark.ml.param.DoubleParam;
import org.apache.spark.ml.param.IntParam;
import org.apache.spark.ml.param.LongParam;
import org.apache.spark.ml.param.Param;

/** The Python twin of a stage of Spark's pipelines: its Params, with setters and getters. */
final class StageModule {
  /** What Python's Spark NLP declares itself. */
  private static final Set<String> OF_SPARK_NLP = Set.of("inputCols", "outputCol", "lazyAnnotator");

  private final PipelineStage stage;
  private final JavaDocs docs;

  StageModule(PipelineStage stage, JavaDocs docs) {
    this.stage = stage;
    this.docs = docs;
  }

  /** The names of the Params that are declared here. */
  private List<Param<?>> params() {
    return Arrays.<Param<?>>stream(stage.params())
        .filter(param -> !OF_SPARK_NLP.contains(param.name()))
        .toList();
  }

  /**
   * The class's lines.
   *
   * @param base the class with what is written by hand
   */
  String body(String base) {
    String name = stage.getClass().getSimpleName();
    StringBuilder out = new StringBuilder();
    out.append("\n\nclass %s(%s):\n".formatted(name, base));
    out.append(PythonNames.docstring(docs.of(stage.getClass()).text(), "    "));
    out.append("\n    name = %s\n".formatted(PythonNames.quoted(name)));
    params().forEach(param -> out.append(declaration(param)));
    out.append(taking("__init__", "None", "self._construct(%s)"));
    out.append(taking("setParams", name, "self._set_all(%s)\n        return self"));
    out.append("\n    set_params = setParams\n");
    params().forEach(param -> out.append(accessors(param, name)));
    return out.toString();
  }

  private static String type(Param<?> param) {
    if (param instanceof IntParam || param instanceof LongParam) {
      return "int";
    } else if (param instanceof DoubleParam) {
      return "float";
    }
    return param instanceof BooleanParam ? "bool" : "str";
  }

  private static boolean takesAuto(Param<?> param) {
    return param instanceof DoubleParam && param.doc().contains("Allowed: auto");
  }

  /** What a caller may give. */
  private static String given(Param<?> param) {
    return takesAuto(param) ? "Union[float, str]" : type(param);
  }

  private static String converter(Param<?> param) {
    return switch (type(param)) {
      case "int" -> "TypeConverters.toInt";
      case "float" -> takesAuto(param) ? "to_float_or_auto" : "TypeConverters.toFloat";
      case "bool" -> "TypeConverters.toBoolean";
      default -> "TypeConverters.toString";
    };
  }

  private static String declaration(Param<?> param) {
    return """

            %s: Param[%s] = Param(
                Params._dummy(),
                %s,
                %s,
                typeConverter=%s,
            )
        """
        .formatted(
            param.name(),
            type(param),
            PythonNames.quoted(param.name()),
            PythonNames.quoted(param.doc()),
            converter(param));
  }

  /** A method that takes every Param by its name. */
  private String taking(String method, String returns, String body) {
    StringBuilder out = new StringBuilder("\n    def %s(\n        self,\n".formatted(method));
    StringBuilder names = new StringBuilder();
    boolean isModel = method.equals("__init__") && stage instanceof org.apache.spark.ml.Model;
    out.append("        *,\n");
    out.append("        inputCols: Optional[Sequence[str]] = None,\n");
    out.append("        outputCol: Optional[str] = None,\n");
    out.append("        lazyAnnotator: Optional[bool] = None,\n");
    for (String own : List.of("inputCols", "outputCol", "lazyAnnotator")) {
      names.append("\n            %s=%s,".formatted(own, own));
    }
    for (Param<?> param : params()) {
      out.append("        %s: Optional[%s] = None,\n".formatted(param.name(), given(param)));
      names.append("\n            %s=%s,".formatted(param.name(), param.name()));
    }
    if (isModel) {
      out.append("        java_model: Optional[Any] = None,\n");
      names.insert(0, "\n            java_model,");
    }
    return out
        + "    ) -> %s:\n        ".formatted(returns)
        + body.formatted(names + "\n        ")
        + "\n";
  }

  private String accessors(Param<?> param, String owner) {
    String name = param.name();
    String capital = PythonNames.capitalized(name);
    String snake = PythonNames.snake(name);
    String camel =
        capital.substring(0, 1).toLowerCase(java.util.Locale.ROOT) + capital.substring(1);
    String defaultValue =
        stage.hasDefault(param) ? " Default: " + shown(stage.getDefault(param).get()) + "." : "";
    String out =
        """

            def set%1$s(self, value: %2$s) -> %3$s:
        %4$s        self._set_one("%5$s", value)
                return self

            set_%6$s = set%1$s

            def get%1$s(self) -> %7$s:
                \"""Gets the value of ``%5$s``, or its default.\"""
                result: %7$s = self.getOrDefault(self.%5$s)
                return result

            get_%6$s = get%1$s
        """
            .formatted(
                capital,
                given(param),
                owner,
                PythonNames.docstring(
                    "Sets ``%s``: %s%s".formatted(name, param.doc(), defaultValue), "        "),
                name,
                snake,
                type(param));
    // As Java calls it, for ParamGridBuilder. A property, as PySpark takes no second attribute for
    // a Param.
    for (String other : new java.util.TreeSet<>(List.of(camel, snake))) {
      out +=
          other.equals(name)
              ? ""
              : """

                    @property
                    def %1$s(self) -> Param[%2$s]:
                        return self.%3$s
                """
                  .formatted(other, type(param), name);
    }
    return out;
  }

  private static String shown(Object value) {
    String text = String.valueOf(value);
    return text.isEmpty() ? "not set" : text.equals("NaN") ? "auto" : text;
  }
}
