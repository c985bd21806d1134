package org.sparkfinetune.fuzz;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.apache.spark.SparkContext;
import org.sparkfinetune.TestSpark;
import org.sparkfinetune.fuzz.FuzzTarget.Sample;
import scala.Tuple2;
import scala.collection.JavaConverters;
import scala.reflect.ClassTag$;

/**
 * Annotators in the layout of Spark NLP, whose own writer wants a JVM of its own: a model in an
 * archive, Spark ML's metadata, and maps in files of serialized objects, which Spark writes.
 */
final class AnnotatorSamples {
  private static final String METADATA = "metadata/part-00000";
  private static final String ARCHIVE = "bert_classification_onnx";
  private static final String VOCABULARY = "fields/vocabulary";
  private static final String MERGES = "fields/merges";
  private static final String LABELS = "fields/labels";

  private AnnotatorSamples() {}

  static List<Sample> make() throws IOException {
    List<Tuple2<?, Integer>> words = new ArrayList<>();
    Files.readAllLines(SampleFiles.model("io/tiny-bert-classifier/vocab.txt"))
        .forEach(word -> words.add(new Tuple2<>(word, words.size())));
    Map<String, byte[]> bert =
        annotator("Bert", Files.readAllBytes(SampleFiles.model("io/tiny-bert-classifier.onnx")));
    bert.put(VOCABULARY + "/part-00000", saved(words));
    List<Sample> samples = new ArrayList<>();
    for (String mutated :
        List.of(METADATA, ARCHIVE, VOCABULARY + "/part-00000", LABELS + "/part-00000")) {
      samples.add(new Sample(bert, mutated));
    }

    List<Tuple2<?, Integer>> letters = new ArrayList<>();
    for (String piece : List.of("<s>", "<pad>", "</s>", "<unk>", "<mask>", "a", "b", "ab")) {
      letters.add(new Tuple2<>(piece, letters.size()));
    }
    Map<String, byte[]> roberta =
        annotator("RoBerta", Files.readAllBytes(SampleFiles.model("io/onnx/roberta.onnx")));
    roberta.put(VOCABULARY + "/part-00000", saved(letters));
    roberta.put(
        MERGES + "/part-00000",
        saved(
            List.of(
                new Tuple2<>(new Tuple2<>("#version:", "0.2"), 0),
                new Tuple2<>(new Tuple2<>("a", "b"), 1))));
    samples.add(new Sample(roberta, MERGES + "/part-00000"));
    return samples;
  }

  private static Map<String, byte[]> annotator(String family, byte[] onnx) throws IOException {
    Map<String, byte[]> files = new TreeMap<>();
    files.put(
        METADATA,
        """
        {"class":"com.johnsnowlabs.nlp.annotators.classifier.dl.%sForSequenceClassification","timestamp":1764460800000,"sparkVersion":"3.5.7","uid":"SEQUENCE_0","paramMap":{"engine":"onnx"},"defaultParamMap":{"caseSensitive":true,"engine":"tensorflow","batchSize":8,"lazyAnnotator":false}}
        """
            .formatted(family)
            .getBytes(StandardCharsets.UTF_8));
    ByteArrayOutputStream archive = new ByteArrayOutputStream();
    try (ZipOutputStream zip = new ZipOutputStream(archive)) {
      zip.putNextEntry(new ZipEntry("bert_classification.onnx"));
      zip.write(onnx);
    }
    files.put(ARCHIVE, archive.toByteArray());
    files.put(
        LABELS + "/part-00000",
        saved(List.of(new Tuple2<>("card", 0), new Tuple2<>("refund", 1), new Tuple2<>("top", 2))));
    return files;
  }

  /** As Spark NLP saves a map: a part of what {@code saveAsObjectFile} writes. */
  private static byte[] saved(List<Tuple2<?, Integer>> map) throws IOException {
    Path folder = Files.createTempDirectory("objects").resolve("saved");
    SparkContext spark = TestSpark.session().sparkContext();
    spark
        .parallelize(
            JavaConverters.asScalaBuffer(map).toSeq(), 1, ClassTag$.MODULE$.apply(Tuple2.class))
        .saveAsObjectFile(folder.toString());
    return Files.readAllBytes(folder.resolve("part-00000"));
  }
}
