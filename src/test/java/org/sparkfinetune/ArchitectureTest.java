package org.sparkfinetune;

import static com.tngtech.archunit.core.domain.JavaAccess.Predicates.target;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.core.domain.properties.HasName.Predicates.nameMatching;
import static com.tngtech.archunit.core.domain.properties.HasOwner.Predicates.With.owner;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.Dependency;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaCodeUnit;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** The directions between packages, and what may touch what. */
@AnalyzeClasses(
    packages = "org.sparkfinetune",
    importOptions = ImportOption.DoNotIncludeTests.class)
class ArchitectureTest {
  private static final String ROOT = "org.sparkfinetune";

  /** The drawing of the packages in CONTRIBUTING.md, one a line: {@code name -> others}. */
  private static final Pattern ARROWS = Pattern.compile("(?m)^ {4}([a-z.]+) +-> *([a-z. ]*)$");

  /** What CONTRIBUTING.md says of the packages is what the code does, no more and no less. */
  @ArchTest
  static void packagesDependAsContributingSays(JavaClasses classes) throws IOException {
    Map<String, Set<String>> drawn = new TreeMap<>();
    Matcher arrows = ARROWS.matcher(Files.readString(Path.of("CONTRIBUTING.md")));
    while (arrows.find()) {
      drawn.put(arrows.group(1), new TreeSet<>(List.of(arrows.group(2).trim().split(" +"))));
    }
    Map<String, Set<String>> found = new TreeMap<>();
    for (JavaClass type : classes) {
      for (Dependency dependency : type.getDirectDependenciesFromSelf()) {
        String from = type.getPackageName();
        String to = dependency.getTargetClass().getPackageName();
        // Everything may know UserException.
        if (to.startsWith(ROOT + ".") && from.startsWith(ROOT + ".") && !to.equals(from)) {
          found
              .computeIfAbsent(from.substring(ROOT.length() + 1), name -> new TreeSet<>())
              .add(to.substring(ROOT.length() + 1));
        }
      }
    }
    assertThat(lines(found)).isEqualTo(lines(drawn));
    assertThat(Circles.in(found)).isEmpty();
  }

  /**
   * Classes that need each other are one thing in several files: a nested class counts as the one
   * that it is in. What is left of them, a line each, is in {@code circles.txt}, which gets
   * shorter.
   */
  @ArchTest
  static void noClassesGoInCircles(JavaClasses classes) throws IOException {
    Map<String, Set<String>> found = new TreeMap<>();
    for (JavaClass type : classes) {
      for (Dependency dependency : type.getDirectDependenciesFromSelf()) {
        String from = topLevel(type);
        String to = topLevel(dependency.getTargetClass());
        if (to.startsWith(ROOT + ".") && !to.equals(from)) {
          found.computeIfAbsent(from, name -> new TreeSet<>()).add(to);
        }
      }
    }
    assertThat(
            Circles.in(found).stream()
                .map(circle -> String.join(" ", circle).replace(ROOT + ".", ""))
                .collect(Collectors.joining("\n", "", "\n")))
        .isEqualTo(Files.readString(Path.of("src/test/resources/org/sparkfinetune/circles.txt")));
  }

  private static String lines(Map<String, Set<String>> arrows) {
    return arrows.entrySet().stream()
        .map(of -> of.getKey() + " -> " + String.join(" ", of.getValue()))
        .collect(Collectors.joining("\n"));
  }

  private static String topLevel(JavaClass type) {
    return type.getName().replaceAll("(?<=[^$])\\$.*|\\[.*", "");
  }

  /** A caller can name every type that a public member of the public API takes, gives or throws. */
  @ArchTest
  static void publicApiSpeaksOfPublicApi(JavaClasses classes) {
    Set<String> others = new TreeSet<>();
    for (JavaClass type : classes) {
      if (!type.getPackageName().startsWith(ROOT)
          || !isPublicApi(type)
          || !type.getModifiers().contains(JavaModifier.PUBLIC)) {
        continue;
      }
      for (JavaCodeUnit unit : type.getCodeUnits()) {
        if (unit.getModifiers().contains(JavaModifier.PUBLIC)) {
          Stream.concat(Stream.of(unit.getReturnType()), unit.getParameterTypes().stream())
              .flatMap(used -> used.getAllInvolvedRawTypes().stream())
              .filter(used -> !isPublicApi(used) && !SHOWN_TO_US.contains(used.getName()))
              .forEach(used -> others.add(unit.getFullName() + ": " + used.getName()));
        }
      }
    }
    assertThat(others).isEmpty();
  }

  /** What public API shows to packages of ours, which have no other way to it. */
  private static final Set<String> SHOWN_TO_US =
      Set.of(
          ROOT + ".model.io.ModelFiles",
          ROOT + ".model.io.ModelProvenance",
          ROOT + ".distributed.PretrainedModelHandle",
          ROOT + ".task.Task");

  /** A type that is marked, or is in one that is, or is not ours. */
  private static boolean isPublicApi(JavaClass type) {
    JavaClass outer = type.getBaseComponentType();
    while (!outer.isAnnotatedWith(PublicApi.class) && outer.getEnclosingClass().isPresent()) {
      outer = outer.getEnclosingClass().get();
    }
    return !outer.getPackageName().startsWith(ROOT) || outer.isAnnotatedWith(PublicApi.class);
  }

  @ArchTest
  static final ArchRule theCoreKnowsNoSpark =
      noClasses()
          .that()
          .resideInAnyPackage(
              "org.sparkfinetune.describe..",
              "org.sparkfinetune.report..",
              "org.sparkfinetune.export",
              "org.sparkfinetune.hub..",
              "org.sparkfinetune.collective..",
              "org.sparkfinetune.serve..",
              "org.sparkfinetune.train..",
              "org.sparkfinetune.model..",
              "org.sparkfinetune.evaluate..",
              "org.sparkfinetune.slice..",
              "org.sparkfinetune.torch..",
              "org.sparkfinetune.track..",
              "org.sparkfinetune.tune..",
              "org.sparkfinetune.report..",
              "org.sparkfinetune.storage..",
              "org.sparkfinetune.text..",
              "org.sparkfinetune.config..")
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage("org.apache.spark..", "com.johnsnowlabs..");

  @ArchTest
  static final ArchRule checkpointsKnowTheFormatsAndNeitherTheModelNorTheLoop =
      noClasses()
          .that()
          .resideInAPackage("org.sparkfinetune.train.checkpoint..")
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage(
              "org.sparkfinetune.model",
              "org.sparkfinetune.model.adapt",
              "org.sparkfinetune.model.compute",
              "org.sparkfinetune.model.encoder",
              "org.sparkfinetune.train");

  @ArchTest
  static final ArchRule onlyTheAnnotatorsTheirExportAndThePipelineKnowSparkNlp =
      noClasses()
          .that()
          .resideOutsideOfPackages(
              "org.sparkfinetune.annotator..",
              "org.sparkfinetune.export.sparknlp..",
              "org.sparkfinetune.pipeline..")
          .should()
          .dependOnClassesThat()
          .resideInAPackage("com.johnsnowlabs..");

  @ArchTest
  static final ArchRule nothingForeignIsDeserialized =
      noClasses()
          .should()
          .dependOnClassesThat()
          .haveFullyQualifiedName("java.io.ObjectInputStream");

  /** Spark's readers make an object of whatever class a saved folder names. */
  @ArchTest
  static final ArchRule noSavedStageIsMadeByTheNameInItsFile =
      noClasses()
          .should()
          .dependOnClassesThat()
          .haveNameMatching("org\\.apache\\.spark\\.ml\\.util\\.DefaultParamsReader.*")
          .orShould()
          .accessTargetWhere(
              target(owner(resideInAnyPackage("org.apache.spark.ml..", "com.johnsnowlabs..")))
                  .and(target(nameMatching("load|read"))));

  @ArchTest
  static final ArchRule onlyAnObjectiveOfTheUsersIsFoundByItsName =
      noClasses()
          .that()
          .doNotHaveFullyQualifiedName("org.sparkfinetune.study.UserObjective")
          .and()
          // It names one of the JDK's.
          .doNotHaveFullyQualifiedName("org.sparkfinetune.collective.GlooListener")
          .and()
          // It finds our own when they are built.
          .doNotHaveFullyQualifiedName("org.sparkfinetune.python.PythonPackage")
          .should()
          .callMethod(Class.class, "forName", String.class)
          .orShould()
          .callMethod(Class.class, "forName", String.class, boolean.class, ClassLoader.class)
          .orShould()
          .callMethod(ClassLoader.class, "loadClass", String.class);

  @ArchTest
  static final ArchRule onlyTheJobsAndTheirConsoleTalkToTheTerminal =
      noClasses()
          .that()
          .resideOutsideOfPackages("org.sparkfinetune.jobs..", "org.sparkfinetune.console..")
          .should()
          .accessField(System.class, "out")
          .orShould()
          .accessField(System.class, "err");

  /** In Turkish {@code "ID".toLowerCase()} is no {@code "id"}. */
  @ArchTest
  static final ArchRule nothingIsSpelledByTheCountryItRunsIn =
      noClasses()
          .should()
          .callMethod(String.class, "toLowerCase")
          .orShould()
          .callMethod(String.class, "toUpperCase")
          .orShould()
          .callMethod(java.text.NumberFormat.class, "getInstance")
          .orShould()
          .callMethod(java.text.NumberFormat.class, "getNumberInstance")
          .orShould()
          .callMethod(java.io.PrintStream.class, "printf", String.class, Object[].class)
          .orShould()
          .callMethod(java.io.PrintWriter.class, "printf", String.class, Object[].class)
          .orShould()
          .dependOnClassesThat()
          .haveFullyQualifiedName("java.text.DecimalFormat");

  @ArchTest
  static final ArchRule exceptionsSayWhatTheyAre =
      classes()
          .that()
          .areAssignableTo(Exception.class)
          .should()
          .haveSimpleNameEndingWith("Exception");

  /** Every package says what lives in it. */
  @ArchTest
  static void everyPackageHasAPackageInfo(JavaClasses classes) {
    assertThat(
            classes.stream()
                .map(type -> type.getPackageName())
                .distinct()
                .filter(name -> !hasPackageInfo(name))
                .collect(Collectors.toList()))
        .isEmpty();
  }

  /** It has no annotations, so the compiler makes no class of it: look for the source. */
  private static boolean hasPackageInfo(String packageName) {
    return java.nio.file.Files.exists(
        java.nio.file.Path.of("src/main/java", packageName.replace('.', '/'), "package-info.java"));
  }
}
