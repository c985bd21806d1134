package org.sparkfinetune.fuzz;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.johnsnowlabs.nlp.DocumentAssembler;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.apache.spark.ml.Pipeline;
import org.apache.spark.ml.PipelineStage;
import org.sparkfinetune.TestSpark;
import org.sparkfinetune.annotator.TransformerClassifierModel;
import org.sparkfinetune.jobs.TestJobs;

/** A pipeline that a fine-tuning has saved, of which the metadata of one part is damaged. */
final class SavedPipelineTarget implements FuzzTarget {
  private static final ObjectMapper JSON =
      new ObjectMapper().enable(SerializationFeature.ORDER_MAP_ENTRIES_BY_KEYS);

  @Override
  public String name() {
    return "saved-pipeline";
  }

  @Override
  public List<Sample> samples() throws IOException {
    DocumentAssembler assembler = new DocumentAssembler("documents");
    assembler.setInputCol("text").setOutputCol("document");
    TransformerClassifierModel classifier =
        TransformerClassifierModel.loadSavedModel(
            SampleFiles.model("io/tiny-bert-classifier").toString(), TestSpark.session());
    classifier.setInputCols(new String[] {"document"}).setOutputCol("category");
    Path folder = Files.createTempDirectory("pipeline").resolve("saved");
    new Pipeline()
        .setStages(new PipelineStage[] {assembler, classifier})
        .fit(TestSpark.session().emptyDataFrame())
        .save(folder.toString());
    Map<String, byte[]> files = SampleFiles.of(folder);
    // Hadoop's checksums would tell of the damage first.
    files.keySet().removeIf(file -> file.endsWith(".crc"));
    List<String> metadata =
        files.keySet().stream().filter(file -> file.endsWith("metadata/part-00000")).toList();
    for (String file : metadata) {
      // Spark writes Params in an order of its own each time, and a damage is to be the same one.
      files.put(file, JSON.writeValueAsBytes(JSON.readValue(files.get(file), Map.class)));
    }
    return metadata.stream().map(file -> new Sample(files, file)).toList();
  }

  @Override
  public List<String> values() {
    return List.of(
        "\"org.apache.spark.ml.PipelineModel\"",
        "\"org.apache.spark.ml.feature.SQLTransformer\"",
        "\"com.johnsnowlabs.nlp.DocumentAssembler\"",
        "\"org.sparkfinetune.annotator.TransformerClassifierModel\"",
        "[\"../../outside\"]",
        "\"NaN\"",
        "\"shrink_full\"",
        "[\"document\",\"document\"]",
        "3");
  }

  @Override
  public void read(Path folder) {
    TestJobs.classify(TestSpark.session(), folder.toString(), "my card is lost");
  }
}
