package org.sparkfinetune.export;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.sparkfinetune.model.ModelConfig;

/**
 * The file {@code MLmodel}, which makes a folder an MLflow model: the fields that {@code
 * mlflow.pyfunc.save_model} and {@code mlflow.onnx.save_model} write, those that are null too.
 */
final class MlmodelFile {
  static final String NAME = "MLmodel";

  /** The folder of the Python that loads the model, and its module. */
  static final String CODE = "code";

  static final String LOADER = "text_classifier";

  private static final ObjectMapper JSON = new ObjectMapper();

  /** Python's {@code str(datetime)}. */
  private static final DateTimeFormatter TIME =
      DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm:ss.SSSSSS");

  private MlmodelFile() {}

  /**
   * The file's text.
   *
   * @param maxLength longest text in tokens
   * @param bytes the size of the model's other files
   */
  static String render(ExportSource source, int maxLength, long bytes) {
    Map<String, Object> model = new LinkedHashMap<>();
    // Of a model that is logged, which this is not yet.
    model.put("model_id", null);
    model.put("flavors", Map.of("onnx", onnx(), "python_function", pythonFunction()));
    model.put("metadata", metadata(source, maxLength));
    model.put("mlflow_version", PythonEnvironment.MLFLOW_VERSION);
    model.put("model_size_bytes", bytes);
    model.put("model_uuid", UUID.randomUUID().toString().replace("-", ""));
    model.put("prompts", null);
    model.put(
        "saved_input_example_info",
        Map.of(
            "artifact_path",
            InputExample.FILE,
            "pandas_orient",
            "split",
            "serving_input_path",
            InputExample.SERVING_FILE,
            "type",
            "dataframe"));
    model.put("signature", signature(source));
    model.put("is_signature_from_type_hint", false);
    model.put("type_hint_from_example", false);
    model.put("utc_time_created", TIME.format(LocalDateTime.now(ZoneOffset.UTC)));
    return Yaml.render(model);
  }

  private static Map<String, Object> onnx() {
    Map<String, Object> onnx = new LinkedHashMap<>();
    onnx.put("code", null);
    onnx.put("data", OnnxExport.MODEL);
    onnx.put("onnx_session_options", null);
    onnx.put("onnx_version", PythonEnvironment.ONNX_VERSION);
    onnx.put("providers", List.of("CUDAExecutionProvider", "CPUExecutionProvider"));
    return onnx;
  }

  private static Map<String, Object> pythonFunction() {
    return Map.of(
        "code",
        CODE,
        "env",
        Map.of("conda", PythonEnvironment.CONDA, "virtualenv", PythonEnvironment.PYTHON),
        "loader_module",
        LOADER,
        "python_version",
        PythonEnvironment.PYTHON_VERSION,
        "streamable",
        false);
  }

  /** What makes token ids of texts and labels of logits. */
  private static Map<String, Object> metadata(ExportSource source, int maxLength) {
    ModelConfig config = source.classifier().config();
    Map<String, Object> metadata = new LinkedHashMap<>();
    metadata.put("labels", source.classifier().labels());
    metadata.put("problem_type", config.problemType().spelling());
    metadata.put("max_length", maxLength);
    metadata.put("text_pairs", source.provenance().pairs());
    if (config.problemType().task().hasThreshold()) {
      metadata.put("threshold", config.decisionThreshold());
    }
    return metadata;
  }

  /** Schemas are JSON within YAML. */
  private static Map<String, Object> signature(ExportSource source) {
    ArrayNode inputs = JSON.createArrayNode();
    InputExample.of(source).columns().forEach(name -> column(inputs, name, "string"));
    ArrayNode outputs = JSON.createArrayNode();
    if (source.classifier().config().problemType().task().hasLabelSets()) {
      column(outputs, "labels", "array").putObject("items").put("type", "string");
    } else {
      column(outputs, "label", "string");
      column(outputs, "score", "double");
    }
    column(outputs, "probabilities", "map").putObject("values").put("type", "double");
    Map<String, Object> signature = new LinkedHashMap<>();
    signature.put("inputs", inputs.toString());
    signature.put("outputs", outputs.toString());
    signature.put("params", null);
    return signature;
  }

  private static ObjectNode column(ArrayNode schema, String name, String type) {
    return schema.addObject().put("type", type).put("name", name).put("required", true);
  }
}
