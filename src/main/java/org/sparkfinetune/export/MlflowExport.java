package org.sparkfinetune.export;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;

/**
 * An MLflow model: what {@link OnnxFolderExport} writes and, beside it, {@code MLmodel}, an input
 * example and the Python environment, as {@code mlflow.onnx.save_model} writes them. {@code
 * mlflow.pyfunc.load_model} and {@code mlflow models serve} take it; so does every job, as it has
 * all that a Hugging Face folder has.
 *
 * <p>Its flavors are {@code python_function}, from texts to labels and probabilities, loaded by a
 * module of Python in the folder's {@code code}, and {@code onnx}, from token ids to logits. There
 * is no flavor {@code spark}: a saved pipeline would double the folder. On Spark, {@code
 * TransformerClassifierModel.loadSavedModel} reads this folder.
 */
public final class MlflowExport implements Exporter {
  @Override
  public String write(ExportSource source, Path folder, Configuration hadoop) throws IOException {
    String checked = OnnxFolderExport.write(source, ModelCard.Usage.MLFLOW, folder, hadoop);
    int maxLength = maxLength(source);
    InputExample example = InputExample.of(source);
    text(new Path(folder, InputExample.FILE), example.json(), hadoop);
    text(new Path(folder, InputExample.SERVING_FILE), example.servingJson(), hadoop);
    text(
        new Path(new Path(folder, MlmodelFile.CODE), MlmodelFile.LOADER + ".py"), loader(), hadoop);
    long bytes = folder.getFileSystem(hadoop).getContentSummary(folder).getLength();
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

  private static String loader() throws IOException {
    try (InputStream in = MlflowExport.class.getResourceAsStream(MlmodelFile.LOADER + ".py")) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    }
  }

  private static void text(Path file, String text, Configuration hadoop) throws IOException {
    try (OutputStream out = file.getFileSystem(hadoop).create(file, true)) {
      out.write(text.getBytes(StandardCharsets.UTF_8));
    }
  }
}
