package org.sparkfinetune;

import static com.tngtech.archunit.core.domain.JavaAccess.Predicates.target;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.core.domain.properties.HasName.Predicates.nameMatching;
import static com.tngtech.archunit.core.domain.properties.HasOwner.Predicates.With.owner;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.Architectures.layeredArchitecture;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;
import java.util.stream.Collectors;

/** The directions between packages, and what may touch what. */
@AnalyzeClasses(
    packages = "org.sparkfinetune",
    importOptions = ImportOption.DoNotIncludeTests.class)
class ArchitectureTest {
  @ArchTest
  static final ArchRule packagesDependOneWay =
      layeredArchitecture()
          .consideringOnlyDependenciesInAnyPackage("org.sparkfinetune..")
          .layer("jobs")
          .definedBy("org.sparkfinetune.jobs..")
          .layer("annotator")
          .definedBy("org.sparkfinetune.annotator..")
          .layer("export")
          .definedBy("org.sparkfinetune.export..")
          .layer("describe")
          .definedBy("org.sparkfinetune.describe..")
          .layer("report")
          .definedBy("org.sparkfinetune.report..")
          .layer("tune")
          .definedBy("org.sparkfinetune.tune")
          .layer("sampler")
          .definedBy("org.sparkfinetune.tune.sampler..")
          .layer("pruner")
          .definedBy("org.sparkfinetune.tune.pruner..")
          .layer("track")
          .definedBy("org.sparkfinetune.track")
          .layer("mlflow")
          .definedBy("org.sparkfinetune.track.mlflow..")
          .layer("distributed")
          .definedBy("org.sparkfinetune.distributed..")
          .layer("train")
          .definedBy("org.sparkfinetune.train")
          .layer("checkpoint")
          .definedBy("org.sparkfinetune.train.checkpoint..")
          .layer("collective")
          .definedBy("org.sparkfinetune.collective..")
          .layer("evaluate")
          .definedBy("org.sparkfinetune.evaluate..")
          .layer("model")
          .definedBy("org.sparkfinetune.model..")
          .layer("tokenize")
          .definedBy("org.sparkfinetune.tokenize..")
          .layer("data")
          .definedBy("org.sparkfinetune.data..")
          .layer("torch")
          .definedBy("org.sparkfinetune.torch..")
          .whereLayer("jobs")
          .mayNotBeAccessedByAnyLayer()
          .whereLayer("annotator")
          .mayOnlyBeAccessedByLayers("jobs")
          .whereLayer("export")
          .mayOnlyBeAccessedByLayers("jobs")
          .whereLayer("tune")
          .mayOnlyBeAccessedByLayers("jobs", "report", "sampler", "pruner")
          .whereLayer("sampler")
          .mayOnlyBeAccessedByLayers("jobs")
          .whereLayer("pruner")
          .mayOnlyBeAccessedByLayers("jobs")
          .whereLayer("describe")
          .mayOnlyBeAccessedByLayers("jobs")
          .whereLayer("report")
          .mayOnlyBeAccessedByLayers("jobs")
          .whereLayer("mlflow")
          .mayOnlyBeAccessedByLayers("jobs")
          .whereLayer("track")
          .mayOnlyBeAccessedByLayers("jobs", "mlflow", "report")
          .whereLayer("distributed")
          .mayOnlyBeAccessedByLayers("jobs", "annotator")
          .whereLayer("train")
          .mayOnlyBeAccessedByLayers("jobs", "annotator", "describe", "distributed")
          .whereLayer("checkpoint")
          .mayOnlyBeAccessedByLayers("jobs", "annotator", "distributed", "train")
          .whereLayer("collective")
          .mayOnlyBeAccessedByLayers("distributed", "train")
          .whereLayer("evaluate")
          .mayOnlyBeAccessedByLayers("jobs", "report", "train")
          .whereLayer("model")
          .mayOnlyBeAccessedByLayers(
              "jobs", "annotator", "describe", "export", "distributed", "train", "checkpoint")
          .whereLayer("tokenize")
          .mayOnlyBeAccessedByLayers(
              "annotator", "describe", "export", "distributed", "train", "model")
          .whereLayer("data")
          .mayOnlyBeAccessedByLayers("jobs", "annotator")
          .whereLayer("torch")
          .mayOnlyBeAccessedByLayers("annotator", "collective", "distributed", "train", "model");

  @ArchTest
  static final ArchRule theCoreKnowsNoSpark =
      noClasses()
          .that()
          .resideInAnyPackage(
              "org.sparkfinetune.describe..",
              "org.sparkfinetune.report..",
              "org.sparkfinetune.export",
              "org.sparkfinetune.collective..",
              "org.sparkfinetune.train..",
              "org.sparkfinetune.model..",
              "org.sparkfinetune.evaluate..",
              "org.sparkfinetune.torch..",
              "org.sparkfinetune.track..",
              "org.sparkfinetune.tune..",
              "org.sparkfinetune.report..",
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
          .resideInAnyPackage("org.sparkfinetune.model", "org.sparkfinetune.train");

  @ArchTest
  static final ArchRule onlyTheAnnotatorsTheirExportAndTheJobsKnowSparkNlp =
      noClasses()
          .that()
          .resideOutsideOfPackages(
              "org.sparkfinetune.annotator..",
              "org.sparkfinetune.export.sparknlp..",
              "org.sparkfinetune.jobs..")
          .should()
          .dependOnClassesThat()
          .resideInAPackage("com.johnsnowlabs..");

  @ArchTest
  static final ArchRule nothingForeignIsDeserialised =
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
          .doNotHaveFullyQualifiedName("org.sparkfinetune.jobs.StudyMethod")
          .and()
          // It names one of the JDK's.
          .doNotHaveFullyQualifiedName("org.sparkfinetune.collective.GlooListener")
          .should()
          .callMethod(Class.class, "forName", String.class)
          .orShould()
          .callMethod(Class.class, "forName", String.class, boolean.class, ClassLoader.class)
          .orShould()
          .callMethod(ClassLoader.class, "loadClass", String.class);

  @ArchTest
  static final ArchRule onlyTheJobsTalkToTheTerminal =
      noClasses()
          .that()
          .resideOutsideOfPackage("org.sparkfinetune.jobs..")
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
