package org.sparkfinetune.export;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.Path;
import org.sparkfinetune.tokenize.TextTokenizer;

/**
 * An MLflow model: what {@link OnnxFolderExport} writes and, beside it, {@code MLmodel}, an input
 * example and the Python environment, as {@code mlflow.onnx.save_model} writes them. {@code
 * mlflow.pyfunc.load_model} and {@code mlflow models serve} take it; so does every job, as it has
 * all that a Hugging Face folder has.
 *
 * <p>Its flavors are {@code onnx} and {@code python_function}, from token ids to logits. There is
 * no flavor {@code spark}: PySpark makes a Python class of each saved stage, of the same name, and
 * a Python package {@code org.sparkfinetune} cannot be, as {@code io} is Python's own; a saved
 * pipeline that nothing can load would double the folder. On Spark, {@code
 * TransformerClassifierModel.loadSavedModel} reads this folder.
 */
public final class MlflowExport implements Exporter {
  @Override
  public String write(ExportSource source, Path folder, Configuration hadoop) throws IOException {
    String checked = OnnxFolderExport.write(source, ModelCard.Usage.MLFLOW, folder, hadoop);
    int maxLength = maxLength(source);
    try (TextTokenizer tokenizer = TextTokenizer.of(source.tokenizer(), maxLength)) {
      InputExample example = InputExample.of(source, tokenizer);
      text(new Path(folder, InputExample.FILE), example.json(), hadoop);
      text(new Path(folder, InputExample.SERVING_FILE), example.servingJson(), hadoop);
    }
    long bytes = size(folder, hadoop);
    text(
        new Path(folder, PythonEnvironment.REQUIREMENTS), PythonEnvironment.requirements(), hadoop);
    text(new Path(folder, PythonEnvironment.CONDA), PythonEnvironment.conda(), hadoop);
    text(new Path(folder, PythonEnvironment.PYTHON), PythonEnvironment.python(), hadoop);
    // Last: a folder is an MLflow model by this file.
    text(new Path(folder, MlmodelFile.NAME), MlmodelFile.render(source, maxLength, bytes), hadoop);
    return checked;
  }

  @Override
  public String tryCommand(ExportSource source, String folder) {
    return "python -c \"import mlflow; m = mlflow.pyfunc.load_model('"
        + folder
        + "'); print(m.predict(m.input_example))\"";
  }

  /** Longest text in tokens, as {@code TransformerClassifierModel.loadSavedModel} takes it. */
  private static int maxLength(ExportSource source) {
    return source.provenance().maxLength(source.classifier().config().maxTokens());
  }

  private static long size(Path folder, Configuration hadoop) throws IOException {
    long bytes = 0;
    for (FileStatus file : folder.getFileSystem(hadoop).listStatus(folder)) {
      bytes += file.getLen();
    }
    return bytes;
  }

  private static void text(Path file, String text, Configuration hadoop) throws IOException {
    try (OutputStream out = file.getFileSystem(hadoop).create(file, true)) {
      out.write(text.getBytes(StandardCharsets.UTF_8));
    }
  }
}
