package org.sparkfinetune.export;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;
import org.sparkfinetune.UserException;
import org.sparkfinetune.model.ModelConfig;
import org.sparkfinetune.model.SequenceClassifier;
import org.sparkfinetune.model.io.HuggingFaceFolder;

/**
 * A Hugging Face folder: {@code config.json}, {@code model.safetensors}, the tokenizer's files, a
 * model card in {@code README.md}, {@code training.json} where a training is known, and {@code
 * adapter} where LoRA's is kept. None of them has a path of this machine.
 */
public final class HuggingFaceExport implements Exporter {
  /**
   * {@inheritDoc}
   *
   * @throws UserException when transformers' class of the family would predict something else with
   *     the weights, as it knows no such pooling
   */
  @Override
  public String write(ExportSource source, Path folder, Configuration hadoop) throws IOException {
    SequenceClassifier model = source.classifier();
    ModelConfig config = model.config();
    if (!config.hasFamilysOwnHead()) {
      throw new UserException(
          "format=huggingface is not possible: the model pools by the "
              + config.pooling().spelling()
              + ", which "
              + config.classifierArchitecture()
              + " of transformers cannot: it would load the weights and predict something else."
              + " Export with format=onnx, which keeps any pooling, or fine-tune with"
              + " model.pooling=cls");
    }
    HuggingFaceFolder.write(
        config.toJson(),
        source.tokenizer(),
        config.inputs(),
        model.parameters().tensors(),
        folder,
        hadoop);
    writeCard(ModelCard.render(source, ModelCard.Usage.TRANSFORMERS), folder, hadoop);
    if (source.adapter().isPresent()) {
      source.adapter().get().withoutPaths().write(folder, hadoop);
    }
    if (!source.provenance().base().isEmpty()) {
      source.provenance().withoutPaths().write(folder, hadoop);
    }
    return "";
  }

  @Override
  public String tryCommand(ExportSource source, String folder) {
    return "python -c \"from transformers import pipeline;"
        + " print(pipeline('text-classification', '"
        + folder
        + "')('a text'))\"";
  }

  static void writeCard(String card, Path folder, Configuration hadoop) throws IOException {
    Path file = new Path(folder, "README.md");
    try (OutputStream out = file.getFileSystem(hadoop).create(file, true)) {
      out.write(card.getBytes(StandardCharsets.UTF_8));
    }
  }
}
