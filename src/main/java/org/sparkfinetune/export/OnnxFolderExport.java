package org.sparkfinetune.export;

import java.io.IOException;
import java.nio.file.Files;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;
import org.sparkfinetune.model.io.HuggingFaceFolder;

/**
 * A folder as Optimum lays it out: {@code model.onnx} as {@link OnnxExport} writes it, and beside
 * it {@code config.json}, the tokenizer's files, a model card, and {@code training.json} where a
 * training is known.
 */
public final class OnnxFolderExport implements Exporter {
  @Override
  public String write(ExportSource source, Path folder, Configuration hadoop) throws IOException {
    return write(source, ModelCard.Usage.OPTIMUM, folder, hadoop);
  }

  /** Writes the files with a card of another usage. */
  static String write(ExportSource source, ModelCard.Usage usage, Path folder, Configuration hadoop)
      throws IOException {
    // ONNX Runtime reads local files alone.
    try (TemporaryFolder local = TemporaryFolder.create()) {
      double difference = OnnxExport.write(source.classifier(), local.path());
      HuggingFaceFolder.writeWithoutWeights(
          source.classifier().config().toJson(),
          source.tokenizer(),
          source.classifier().config().inputs(),
          folder,
          hadoop);
      HuggingFaceExport.writeCard(ModelCard.render(source, usage), folder, hadoop);
      if (!source.provenance().base().isEmpty()) {
        source.provenance().withoutPaths().write(folder, hadoop);
      }
      for (java.nio.file.Path file : files(local.path())) {
        Path target = new Path(folder, file.getFileName().toString());
        try (var out = target.getFileSystem(hadoop).create(target, true)) {
          Files.copy(file, out);
        }
      }
      return String.format(
          Locale.ROOT,
          "ONNX Runtime's logits differ from the model's by at most %.1e on random texts",
          difference);
    }
  }

  @Override
  public String tryCommand(ExportSource source, String folder) {
    return "python -c \"from optimum.onnxruntime import ORTModelForSequenceClassification as M;"
        + " from transformers import AutoTokenizer, pipeline; d = '"
        + folder
        + "'; print(pipeline('text-classification', M.from_pretrained(d),"
        + " tokenizer=AutoTokenizer.from_pretrained(d))('a text'))\"";
  }

  private static List<java.nio.file.Path> files(java.nio.file.Path folder) throws IOException {
    try (Stream<java.nio.file.Path> files = Files.list(folder)) {
      return files.sorted().toList();
    }
  }
}
