package org.sparkfinetune.python;

import java.lang.reflect.Executable;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.lang.reflect.Type;
import java.lang.reflect.TypeVariable;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.apache.spark.sql.SparkSession;
import org.sparkfinetune.console.Console;

/**
 * A method of Java's, or a constructor, with the others of its name as one of Python's: a parameter
 * that they do not share is of either type, or may be left out.
 */
final class ApiMethod {
  /**
   * A parameter of Python's.
   *
   * @param argument what is handed over for it
   */
  private record Parameter(String name, String hint, boolean optional, String argument) {
    String declared(String fallback) {
      return name + ": " + hint + (optional ? " = " + fallback : "");
    }
  }

  private final Class<?> owner;
  private final String name;
  private final List<? extends Executable> overloads;
  private final List<Parameter> parameters = new ArrayList<>();
  private final List<String> arguments = new ArrayList<>();
  private final JavaDocs docs;
  private String returns = "None";
  private boolean hasConsole;

  private ApiMethod(
      Class<?> owner, String name, List<? extends Executable> overloads, JavaDocs docs) {
    this.owner = owner;
    this.name = name;
    this.overloads = overloads;
    this.docs = docs;
  }

  /**
   * The twin of methods of one name.
   *
   * @param owner the class that has them, by itself or from another
   * @return empty when one of the types has no twin
   */
  static Optional<ApiMethod> of(
      Class<?> owner,
      String name,
      List<? extends Executable> overloads,
      PythonTypes types,
      JavaDocs docs) {
    ApiMethod method = new ApiMethod(owner, name, overloads, docs);
    return method.findTypes(types) ? Optional.of(method) : Optional.empty();
  }

  private boolean findTypes(PythonTypes types) {
    Set<String> results = new LinkedHashSet<>();
    for (Executable overload : overloads) {
      if (overload instanceof Method plain) {
        // What a builder extends gives the builder itself.
        Type given = plain.getGenericReturnType();
        Optional<String> hint =
            types.hint(
                given instanceof TypeVariable<?> && plain.getDeclaringClass() != owner
                    ? owner
                    : given,
                false);
        if (hint.isEmpty()) {
          return false;
        }
        results.add(hint.get());
      }
    }
    if (!results.isEmpty()) {
      returns = union(results);
    }
    int most = overloads.stream().mapToInt(Executable::getParameterCount).max().orElse(0);
    int least = overloads.stream().mapToInt(Executable::getParameterCount).min().orElse(0);
    for (int i = 0; i < most; i++) {
      if (!findParameter(i, i >= least, types)) {
        return false;
      }
    }
    // A session is mostly the one there is.
    parameters.sort((a, b) -> Boolean.compare(a.hint().equals(SESSION), b.hint().equals(SESSION)));
    return true;
  }

  private static final String SESSION = "Optional[SparkSession]";

  private boolean findParameter(int index, boolean optional, PythonTypes types) {
    Set<String> hints = new LinkedHashSet<>();
    Set<String> given = new LinkedHashSet<>();
    String parameter = "";
    for (Executable overload : overloads) {
      if (overload.getParameterCount() <= index) {
        continue;
      }
      Type type = overload.getGenericParameterTypes()[index];
      if (parameter.isEmpty()) {
        parameter = PythonNames.snake(docs.of(overload).parameters().get(index));
      }
      if (PythonTypes.isFilledIn(type)) {
        hasConsole |= type == Console.class;
        arguments.add(PythonTypes.argument(type, parameter));
        return overloads.size() == 1;
      }
      Optional<String> hint = types.hint(type, true);
      if (hint.isEmpty()) {
        return false;
      }
      hints.add(type == SparkSession.class ? SESSION : hint.get());
      given.add(PythonTypes.argument(type, parameter));
    }
    String argument = given.size() == 1 ? given.iterator().next() : parameter;
    boolean isSession = hints.contains(SESSION);
    parameters.add(new Parameter(parameter, union(hints), optional || isSession, argument));
    arguments.add(argument);
    return true;
  }

  private static String union(Set<String> hints) {
    return hints.size() == 1
        ? hints.iterator().next()
        : hints.contains("Any") ? "Any" : "Union[" + String.join(", ", hints) + "]";
  }

  private boolean isStatic() {
    return overloads.get(0) instanceof Method method && Modifier.isStatic(method.getModifiers());
  }

  /** The lines of a method. */
  String lines(String indent) {
    StringBuilder out = new StringBuilder();
    String python = PythonNames.snake(name);
    String camel = PythonNames.safe(name);
    out.append(isStatic() ? indent + "@staticmethod\n" : "");
    out.append(indent).append("def ").append(python).append('(');
    out.append(declaration(!isStatic())).append(") -> ").append(returns).append(":\n");
    String in = indent + "    ";
    out.append(docstring(in));
    String call = call();
    out.append(in)
        .append(returns.equals("None") ? call : "result: " + returns + " = " + call)
        .append('\n');
    if (!returns.equals("None")) {
      out.append(in).append("return result\n");
    }
    if (!python.equals(camel)) {
      out.append('\n').append(indent).append(camel).append(" = ").append(python).append('\n');
    }
    return out.toString();
  }

  /** The lines of a constructor. */
  String constructor(Class<?> type, String indent) {
    String in = indent + "    ";
    return indent
        + "def __init__("
        + declaration(true)
        + ") -> None:\n"
        + in
        + "self._java = _j.new(%s, [%s])\n"
            .formatted(PythonNames.quoted(type.getName()), String.join(", ", arguments));
  }

  private String declaration(boolean self) {
    List<String> all = new ArrayList<>(self ? List.of("self") : List.of());
    for (int i = 0; i < parameters.size(); i++) {
      Parameter parameter = parameters.get(i);
      boolean isNone = parameter.hint().startsWith("Optional[");
      boolean optional =
          parameter.optional()
              || isNone
                  && parameters.stream().skip(i).allMatch(p -> p.hint().startsWith("Optional["));
      Parameter declared =
          new Parameter(parameter.name(), parameter.hint(), optional, parameter.argument());
      all.add(declared.declared(isNone ? "None" : "_j.MISSING"));
    }
    return String.join(", ", all);
  }

  private String call() {
    String given = "[" + String.join(", ", arguments) + "]";
    String method = PythonNames.quoted(name);
    if (isStatic()) {
      String type = PythonNames.quoted(overloads.get(0).getDeclaringClass().getName());
      return hasConsole
          ? "_j.run_static(%s, %s, lambda console: %s)".formatted(type, method, given)
          : "_j.static(%s, %s, %s)".formatted(type, method, given);
    }
    return "_j.%s(self, %s, %s)".formatted(isRun() ? "run" : "call", method, given);
  }

  /** Whether it works for a while, and shows how far it is. */
  private boolean isRun() {
    boolean hasConsoleSetter =
        Arrays.stream(owner.getMethods())
            .anyMatch(other -> other.getName().equals("console") && other.getParameterCount() == 1);
    return hasConsoleSetter && !isStatic() && (name.equals("run") || name.equals("write"));
  }

  private String docstring(String indent) {
    JavaDocs.Doc doc =
        overloads.stream()
            .map(overload -> docs.of(overload).doc())
            .filter(found -> !found.text().isEmpty())
            .findFirst()
            .orElse(JavaDocs.Doc.NONE);
    StringBuilder text = new StringBuilder(doc.text());
    section(
        text,
        "Parameters",
        doc.params().entrySet().stream()
            .map(param -> PythonNames.snake(param.getKey()) + "\n    " + param.getValue())
            .collect(Collectors.joining("\n")));
    section(text, "Returns", doc.returns());
    section(text, "Raises", doc.raises().isEmpty() ? "" : "UserError\n    " + doc.raises());
    return text.isEmpty() ? "" : PythonNames.docstring(text.toString(), indent);
  }

  private static void section(StringBuilder text, String title, String body) {
    if (!body.isEmpty()) {
      text.append(text.isEmpty() ? "" : "\n\n");
      text.append(title).append('\n').append("-".repeat(title.length())).append('\n').append(body);
    }
  }
}
