package org.sparkfinetune.pipeline;

import com.johnsnowlabs.nlp.DocumentAssembler;
import java.util.List;
import java.util.stream.Stream;
import org.apache.spark.ml.Pipeline;
import org.apache.spark.ml.PipelineModel;
import org.apache.spark.ml.PipelineStage;
import org.apache.spark.sql.SparkSession;
import org.sparkfinetune.data.ExampleColumns;

/** The stages of these pipelines, and their columns. */
final class PipelineStages {
  /** The columns of texts, and those of documents that are made of them; the second of pairs. */
  private static final List<String> TEXTS = List.of(ExampleColumns.TEXT, ExampleColumns.TEXT_PAIR);

  private static final List<String> DOCUMENTS = List.of("document", "document_pair");

  private PipelineStages() {}

  /** Of stages that need no fitting. */
  static PipelineModel ofTransformers(List<? extends PipelineStage> stages, SparkSession spark) {
    Pipeline pipeline = new Pipeline().setStages(stages.toArray(PipelineStage[]::new));
    return pipeline.fit(spark.emptyDataFrame());
  }

  /** New assemblers of documents, of pairs two. */
  static List<DocumentAssembler> assemblers(boolean pairs) {
    return Stream.generate(DocumentAssembler::new).limit(documents(pairs).length).toList();
  }

  /** Gives assemblers the columns of these pipelines. */
  static List<DocumentAssembler> withColumns(List<DocumentAssembler> assemblers) {
    for (int i = 0; i < assemblers.size(); i++) {
      assemblers.get(i).setInputCol(TEXTS.get(i)).setOutputCol(DOCUMENTS.get(i));
    }
    return assemblers;
  }

  /** The columns of documents. */
  static String[] documents(boolean pairs) {
    return DOCUMENTS.subList(0, pairs ? 2 : 1).toArray(String[]::new);
  }
}
