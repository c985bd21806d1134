package org.sparkfinetune.export;

import java.util.List;
import java.util.Map;

/**
 * The Python environment that an MLflow model asks for: the versions that the tests load and serve
 * it with.
 */
final class PythonEnvironment {
  static final String REQUIREMENTS = "requirements.txt";
  static final String CONDA = "conda.yaml";
  static final String PYTHON = "python_env.yaml";

  static final String PYTHON_VERSION = "3.11.7";
  static final String ONNX_VERSION = "1.23.2";

  /**
   * Not the 2.x of the tests: MLflow makes the environment anew, and 2.22.5 does not serve with the
   * FastAPI that pip then installs. Each reads the other's models.
   */
  static final String MLFLOW_VERSION = "3.17.2";

  private static final List<String> PACKAGES =
      List.of(
          "mlflow==" + MLFLOW_VERSION,
          "numpy==2.4.6",
          "onnx==" + ONNX_VERSION,
          "onnxruntime==1.32.0",
          "pandas==3.1.1",
          "tokenizers==0.22.2");

  private PythonEnvironment() {}

  /** The text of {@code requirements.txt}. */
  static String requirements() {
    return String.join("\n", PACKAGES);
  }

  /** The text of {@code conda.yaml}. */
  static String conda() {
    return Yaml.render(
        Map.of(
            "channels",
            List.of("conda-forge"),
            "dependencies",
            List.of("python=" + PYTHON_VERSION, "pip", Map.of("pip", PACKAGES)),
            "name",
            "mlflow-env"));
  }

  /** The text of {@code python_env.yaml}. */
  static String python() {
    return Yaml.render(
        Map.of(
            "python",
            PYTHON_VERSION,
            "build_dependencies",
            List.of("pip", "setuptools", "wheel"),
            "dependencies",
            List.of("-r " + REQUIREMENTS)));
  }
}
