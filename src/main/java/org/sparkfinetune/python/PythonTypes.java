package org.sparkfinetune.python;

import java.lang.reflect.ParameterizedType;
import java.lang.reflect.Type;
import java.lang.reflect.WildcardType;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeSet;
import org.apache.hadoop.conf.Configuration;
import org.apache.spark.ml.PipelineModel;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.SparkSession;
import org.sparkfinetune.PublicApi;
import org.sparkfinetune.console.Console;

/** Java's types as Python's hints, and what makes the one of the other in a call. */
final class PythonTypes {
  private static final Map<Class<?>, String> PLAIN =
      Map.ofEntries(
          Map.entry(void.class, "None"),
          Map.entry(String.class, "str"),
          Map.entry(Object.class, "Any"),
          Map.entry(int.class, "int"),
          Map.entry(Integer.class, "int"),
          Map.entry(long.class, "int"),
          Map.entry(Long.class, "int"),
          Map.entry(double.class, "float"),
          Map.entry(Double.class, "float"),
          Map.entry(boolean.class, "bool"),
          Map.entry(Boolean.class, "bool"),
          Map.entry(OptionalInt.class, "Optional[int]"),
          Map.entry(OptionalDouble.class, "Optional[float]"),
          Map.entry(Duration.class, "float"),
          Map.entry(Dataset.class, "DataFrame"),
          Map.entry(SparkSession.class, "SparkSession"),
          Map.entry(PipelineModel.class, "PipelineModel"));

  /** What a call fills in by itself. */
  private static final Map<Class<?>, String> FILLED_IN =
      Map.of(Configuration.class, "_j.hadoop()", Console.class, "console");

  private final Set<Class<?>> known;
  private final Set<Class<?>> used = new HashSet<>();

  /**
   * @param known the classes that have a Python twin; nested ones have it with theirs
   */
  PythonTypes(Set<Class<?>> known) {
    this.known = known;
  }

  /** The top-level classes that hints have named. */
  Set<String> used() {
    Set<String> names = new TreeSet<>();
    used.forEach(type -> names.add(topLevel(type).getName()));
    return names;
  }

  static Class<?> topLevel(Class<?> type) {
    Class<?> outer = type;
    while (outer.getEnclosingClass() != null) {
      outer = outer.getEnclosingClass();
    }
    return outer;
  }

  /** Whether a class is public API, by itself or by the one that it is in. */
  static boolean isPublicApi(Class<?> type) {
    for (Class<?> outer = type; outer != null; outer = outer.getEnclosingClass()) {
      if (outer.isAnnotationPresent(PublicApi.class)) {
        return true;
      }
    }
    return false;
  }

  /**
   * Whether Python has a class for it: of interfaces that a lambda implements, for those of a file.
   */
  static boolean hasTwin(Class<?> type) {
    return isPublicApi(type)
        && (type.getEnclosingClass() == null
            || !type.isAnnotationPresent(FunctionalInterface.class));
  }

  /** Whether a function of Python's will do for it. */
  private static boolean isFunction(Class<?> type) {
    return type.isAnnotationPresent(FunctionalInterface.class);
  }

  /** A class's name in its module, as in {@code RunListing.Query}. */
  static String name(Class<?> type) {
    return type.getName().substring(type.getPackageName().length() + 1).replace('$', '.');
  }

  /** Whether a call needs no value for a parameter of the type. */
  static boolean isFilledIn(Type type) {
    return type instanceof Class<?> plain && FILLED_IN.containsKey(plain);
  }

  /**
   * The hint of a type.
   *
   * @param given whether it is what a caller gives, which is taken more freely
   * @return empty when Python has nothing for it
   */
  Optional<String> hint(Type type, boolean given) {
    if (type instanceof WildcardType wildcard) {
      return hint(wildcard.getUpperBounds()[0], given);
    } else if (type instanceof ParameterizedType generic) {
      return hint(generic, given);
    } else if (!(type instanceof Class<?> plain)) {
      return Optional.empty();
    } else if (PLAIN.containsKey(plain)) {
      return Optional.of(PLAIN.get(plain));
    } else if (plain.isArray()) {
      return hint(plain.getComponentType(), given).map(of -> list(of, given));
    } else if (known.contains(topLevel(plain)) && hasTwin(plain)) {
      used.add(plain);
      return Optional.of(
          given && isFunction(plain)
              ? "Union[" + name(plain) + ", Callable[..., Any]]"
              : name(plain));
    }
    return Optional.empty();
  }

  private Optional<String> hint(ParameterizedType generic, boolean given) {
    Type raw = generic.getRawType();
    Type[] of = generic.getActualTypeArguments();
    if (raw == Dataset.class) {
      return Optional.of("DataFrame");
    } else if (raw == Optional.class) {
      return hint(of[0], given).map("Optional[%s]"::formatted);
    } else if (raw == List.class || raw == Set.class) {
      return hint(of[0], given).map(element -> list(element, given));
    } else if (raw == Map.class || raw == SortedMap.class) {
      return hint(of[0], given)
          .flatMap(
              key ->
                  hint(of[1], given)
                      .map(value -> (given ? "Mapping" : "Dict") + "[" + key + ", " + value + "]"));
    }
    return Optional.empty();
  }

  private static String list(String element, boolean given) {
    return (given ? "Sequence[" : "List[") + element + "]";
  }

  /** The expression that a call hands over for a parameter. */
  static String argument(Type type, String name) {
    Type raw = type instanceof ParameterizedType generic ? generic.getRawType() : type;
    if (raw == double.class || raw == Double.class) {
      return "_j.real(" + name + ")";
    } else if (raw == Optional.class) {
      return "_j.optional(" + name + ")";
    } else if (raw == OptionalInt.class) {
      return "_j.optional_int(" + name + ")";
    } else if (raw == OptionalDouble.class) {
      return "_j.optional_double(" + name + ")";
    } else if (raw == Duration.class) {
      return "_j.duration(" + name + ")";
    } else if (raw == SparkSession.class) {
      return "_j.session(" + name + ")";
    } else if (raw instanceof Class<?> array && array.isArray()) {
      return "_j.array("
          + PythonNames.quoted(array.getComponentType().getName())
          + ", "
          + name
          + ")";
    } else if (raw instanceof Class<?> function && isFunction(function)) {
      return "_callbacks.function(" + PythonNames.quoted(function.getName()) + ", " + name + ")";
    }
    return raw instanceof Class<?> filled && FILLED_IN.containsKey(filled)
        ? FILLED_IN.get(filled)
        : name;
  }
}
