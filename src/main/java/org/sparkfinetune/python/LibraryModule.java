package org.sparkfinetune.python;

import java.lang.reflect.Constructor;
import java.lang.reflect.Executable;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.lang.reflect.RecordComponent;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.sparkfinetune.console.Console;

/** The Python twin of a package's public API. */
final class LibraryModule {
  private static final Set<String> OBJECTS = Set.of("toString", "equals", "hashCode");

  private final PythonTypes types;
  private final JavaDocs docs;
  private final List<Class<?>> classes;
  private final StringBuilder body = new StringBuilder();
  private final Set<String> bases = new TreeSet<>();

  /** The twins of classes of one package. */
  LibraryModule(List<Class<?>> classes, PythonTypes types, JavaDocs docs) {
    this.classes = basesFirst(classes);
    this.types = types;
    this.docs = docs;
    this.classes.forEach(type -> write(type, ""));
  }

  /** The classes' lines. */
  String body() {
    return body.toString();
  }

  /** The module, whole. */
  String module(String title) {
    return "# Generated from the public API of Java: see src/main/python/README.md\n"
        + PythonNames.docstring(title, "")
        + imports(types, classes, bases)
        + body;
  }

  static String imports(PythonTypes types, List<Class<?>> own, Set<String> bases) {
    Set<String> names = types.used();
    own.forEach(type -> names.remove(type.getName()));
    names.removeAll(bases);
    StringBuilder out =
        new StringBuilder(
            """

            from __future__ import annotations

            from typing import TYPE_CHECKING, Any, Callable, Dict, List, Mapping, Optional, Sequence, Union

            from sparkfinetune import _callbacks
            from sparkfinetune import _java as _j
            """);
    bases.forEach(name -> out.append(importOf(name, "")));
    out.append(
        """

        if TYPE_CHECKING:
            from pyspark.ml import PipelineModel
            from pyspark.sql import DataFrame, SparkSession

        """);
    names.forEach(name -> out.append(importOf(name, "    ")));
    return out + "\n";
  }

  private static String importOf(String name, String indent) {
    int dot = name.lastIndexOf('.');
    return indent
        + "from %s import %s\n"
            .formatted(
                name.substring(0, dot).replace("org.sparkfinetune", "sparkfinetune"),
                name.substring(dot + 1));
  }

  /** Python needs a base before what is derived from it. */
  private static List<Class<?>> basesFirst(List<Class<?>> classes) {
    List<Class<?>> sorted = new ArrayList<>(classes);
    sorted.sort(Comparator.comparing(Class::getName));
    sorted.sort(Comparator.comparing(type -> base(type).filter(classes::contains).isPresent()));
    return sorted;
  }

  private static Optional<Class<?>> base(Class<?> type) {
    return Arrays.stream(type.getInterfaces()).filter(PythonTypes::isPublicApi).findFirst();
  }

  private void write(Class<?> type, String indent) {
    String in = indent + "    ";
    body.append(indent.isEmpty() ? "\n\n" : "\n");
    body.append(indent).append("class %s(%s):\n".formatted(type.getSimpleName(), baseName(type)));
    JavaDocs.Doc doc = docs.of(type);
    String text = doc.text();
    if (!doc.params().isEmpty()) {
      StringBuilder params = new StringBuilder(text + "\n\nParameters\n----------");
      doc.params()
          .forEach((name, of) -> params.append("\n" + PythonNames.snake(name) + "\n    " + of));
      text = params.toString();
    }
    body.append(text.isEmpty() ? "" : PythonNames.docstring(text, in)).append('\n');
    if (type.isEnum()) {
      for (Object constant : type.getEnumConstants()) {
        String name = ((Enum<?>) constant).name();
        body.append("%s%s = %s\n".formatted(in, name, PythonNames.quoted(name)));
      }
      body.append('\n').append(in).append("@property\n");
      body.append(in).append("def _java_class(self) -> str:\n");
      body.append(in).append("    return %s\n".formatted(PythonNames.quoted(type.getName())));
    } else {
      body.append(in).append("_java_class = %s\n".formatted(PythonNames.quoted(type.getName())));
      writeConstructor(type, in);
    }
    nested(type).forEach(inner -> write(inner, in));
    methods(type)
        .forEach(
            (name, overloads) ->
                ApiMethod.of(type, name, overloads, types, docs)
                    .ifPresent(method -> body.append('\n').append(method.lines(in))));
  }

  private String baseName(Class<?> type) {
    if (type.isEnum()) {
      return "_j.JavaEnum";
    }
    Optional<Class<?>> base = base(type);
    base.filter(found -> found.getPackage() != type.getPackage())
        .ifPresent(found -> bases.add(found.getName()));
    return base.map(Class::getSimpleName).orElse("_j.JavaObject");
  }

  private void writeConstructor(Class<?> type, String indent) {
    List<Constructor<?>> constructors;
    if (type.isRecord()) {
      Class<?>[] canonical =
          Arrays.stream(type.getRecordComponents())
              .map(RecordComponent::getType)
              .toArray(Class<?>[]::new);
      try {
        constructors = List.of(type.getDeclaredConstructor(canonical));
      } catch (NoSuchMethodException e) {
        throw new IllegalStateException(e);
      }
    } else {
      constructors = List.of(type.getConstructors());
    }
    if (!constructors.isEmpty()) {
      ApiMethod.of(type, "<init>", constructors, types, docs)
          .ifPresent(method -> body.append('\n').append(method.constructor(type, indent)));
    }
  }

  private static List<Class<?>> nested(Class<?> type) {
    return Arrays.stream(type.getDeclaredClasses())
        .filter(inner -> Modifier.isPublic(inner.getModifiers()))
        .filter(PythonTypes::hasTwin)
        .sorted(Comparator.comparing(Class::getName))
        .toList();
  }

  /** The public methods by name, in the order of the source. */
  private Map<String, List<Executable>> methods(Class<?> type) {
    Set<String> inherited = new TreeSet<>();
    base(type)
        .ifPresent(
            base -> Arrays.stream(base.getMethods()).forEach(m -> inherited.add(m.getName())));
    List<String> components =
        type.isRecord()
            ? Arrays.stream(type.getRecordComponents()).map(RecordComponent::getName).toList()
            : List.of();
    Map<String, List<Executable>> methods = new LinkedHashMap<>();
    declared(type)
        .filter(method -> Modifier.isPublic(method.getModifiers()))
        .filter(method -> !method.isBridge() && !method.isSynthetic())
        .filter(method -> !OBJECTS.contains(method.getName()))
        .filter(method -> !inherited.contains(method.getName()))
        .filter(method -> !type.isEnum() || !isOfEveryEnum(method))
        .filter(method -> !isConsole(method))
        .sorted(
            Comparator.comparing((Method method) -> place(method, components))
                .thenComparing(Method::toString))
        .forEach(
            method ->
                methods.computeIfAbsent(method.getName(), name -> new ArrayList<>()).add(method));
    return methods;
  }

  /** Those of what it extends too, but for Java's own. */
  private static Stream<Method> declared(Class<?> type) {
    Stream<Method> own = Arrays.stream(type.getDeclaredMethods());
    Class<?> above = type.getSuperclass();
    return above == null || !above.getName().startsWith("org.sparkfinetune.")
        ? own
        : Stream.concat(own, declared(above));
  }

  private int place(Method method, List<String> components) {
    int component = method.getParameterCount() == 0 ? components.indexOf(method.getName()) : -1;
    return component >= 0 ? component - components.size() : docs.of(method).place();
  }

  /** Python shows progress in its own way. */
  private static boolean isConsole(Method method) {
    return method.getName().equals("console") || method.getReturnType() == Console.class;
  }

  private static boolean isOfEveryEnum(Method method) {
    return Modifier.isStatic(method.getModifiers())
        && (method.getName().equals("values") || method.getName().equals("valueOf"));
  }
}
