package org.sparkfinetune.annotator;

import com.johnsnowlabs.nlp.Annotation;
import com.johnsnowlabs.nlp.DocumentAssembler;
import com.johnsnowlabs.nlp.annotators.sbd.pragmatic.SentenceDetector;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.apache.spark.ml.Pipeline;
import org.apache.spark.ml.PipelineModel;
import org.apache.spark.ml.PipelineStage;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;
import org.sparkfinetune.TestModels;
import org.sparkfinetune.TestSpark;
import org.sparkfinetune.model.io.ModelFiles;
import org.sparkfinetune.task.ProblemType;
import scala.collection.JavaConverters;
import scala.collection.Seq;

/** Stages and rows that the tests of this package share. */
public final class Fixtures {
  /** What {@link #messages} are about. */
  static final List<String> INTENTS = List.of("transfer", "card", "loan");

  private Fixtures() {}

  /** Turns the column {@code text} into one document a row. */
  static DocumentAssembler documents() {
    DocumentAssembler assembler = new DocumentAssembler().setInputCol("text");
    assembler.setOutputCol("document");
    return assembler;
  }

  /** Cuts the document into one document a sentence. */
  static SentenceDetector sentences() {
    SentenceDetector detector = new SentenceDetector();
    detector.setInputCols(new String[] {"document"});
    detector.setOutputCol("sentence");
    return detector;
  }

  /** The tiny classifier, reading {@code document} and writing {@code category}. */
  static TransformerClassifierModel model() {
    TransformerClassifierModel model = TransformerClassifierModel.of(TestModels.tiny());
    model.setInputCols(new String[] {"document"}).setOutputCol("category");
    return model;
  }

  /** The tiny classifier of label sets. */
  static TransformerClassifierModel multiLabelModel() {
    TransformerClassifierModel model =
        TransformerClassifierModel.of(TestModels.tiny(ProblemType.MULTI_LABEL_CLASSIFICATION));
    model.setInputCols(new String[] {"document"}).setOutputCol("category");
    return model;
  }

  static PipelineModel pipeline(PipelineStage... stages) {
    return new Pipeline().setStages(stages).fit(texts("any text"));
  }

  static Dataset<Row> texts(String... texts) {
    return rows(
        new StructType().add("text", DataTypes.StringType),
        Arrays.stream(texts).map(RowFactory::create).toList());
  }

  static Dataset<Row> rows(StructType schema, List<Row> rows) {
    return TestSpark.session().createDataFrame(rows, schema);
  }

  /** Short texts of the column {@code text} about what their {@code intent} is, in turn. */
  static Dataset<Row> messages(int rows) {
    List<Row> messages = new ArrayList<>();
    for (int i = 0; i < rows; i++) {
      String intent = INTENTS.get(i % INTENTS.size());
      messages.add(RowFactory.create("message " + i + " is about a " + intent, intent));
    }
    return rows(
        new StructType().add("text", DataTypes.StringType).add("intent", DataTypes.StringType),
        messages);
  }

  /** The annotations of a column, row by row. */
  static List<List<Annotation>> annotations(Dataset<Row> rows, String column) {
    return rows.select(column).collectAsList().stream()
        .map(row -> row.<Seq<Row>>getAs(0))
        .map(row -> JavaConverters.seqAsJavaList(row).stream().map(Annotation::apply).toList())
        .toList();
  }

  /** A classifier's files as a Hugging Face folder. */
  static Path folder(ModelFiles files, Path folder) throws IOException {
    Files.writeString(folder.resolve("config.json"), files.config());
    Files.writeString(folder.resolve("tokenizer.json"), files.tokenizer());
    try (OutputStream out = Files.newOutputStream(folder.resolve("model.safetensors"))) {
      files.weights().openStream().transferTo(out);
    }
    return folder;
  }
}
