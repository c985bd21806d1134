package org.sparkfinetune.model.adapt;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;
import org.sparkfinetune.model.compute.Parameter;
import org.sparkfinetune.model.encoder.ParameterSet;
import org.sparkfinetune.model.io.AdapterFiles;
import org.sparkfinetune.model.io.ModelNames;

/**
 * Adapters and head in the format of Python's {@code peft}: {@code PeftModel.from_pretrained(base,
 * folder)} on the base's {@code AutoModelForSequenceClassification} gives this classifier.
 */
public final class PeftAdapter {
  private static final ObjectMapper JSON = new ObjectMapper();

  /** What the adapted model is called within PEFT's. */
  private static final String PREFIX = "base_model.model.";

  private PeftAdapter() {}

  /**
   * The files of a model's adapters, weights copied as they are now.
   *
   * @param prefix the family's {@code base_model_prefix}
   */
  public static AdapterFiles files(Lora lora, ParameterSet parameters, String prefix) {
    Map<String, Tensor> weights = new LinkedHashMap<>();
    parameters.trainable().forEach(w -> weights.put(nameOf(w.name()), w.tensor()));
    return AdapterFiles.of(configJson(lora, parameters, prefix), weights);
  }

  /** The name that a weight of the model has in an adapter's file. */
  public static String nameOf(String weight) {
    return PREFIX + weight;
  }

  private static String configJson(Lora lora, ParameterSet parameters, String prefix) {
    ObjectNode json = JSON.createObjectNode();
    json.put("peft_type", "LORA");
    json.put("task_type", "SEQ_CLS");
    json.put("base_model_name_or_path", ModelNames.hubName(lora.base()).orElse(lora.base()));
    json.put("inference_mode", true);
    json.put("r", lora.rank());
    json.put("lora_alpha", lora.alpha());
    json.put("lora_dropout", lora.dropout());
    json.put("bias", "none");
    json.put("fan_in_fan_out", false);
    json.put("init_lora_weights", true);
    json.put("use_rslora", false);
    // Whole names: an end of one, as the user may have given it, could name a part of the head too.
    parameters.linears().stream()
        .filter(linear -> linear.adapter() != null)
        .forEach(linear -> json.withArray("target_modules").add(linear.name()));
    headModules(parameters, prefix + ".")
        .forEach(name -> json.withArray("modules_to_save").add(name));
    return json.toPrettyString();
  }

  /**
   * The modules that hold the head's weights, as PEFT saves them: the outermost that hold nothing
   * else, so {@code classifier} for {@code classifier.dense}, and {@code bert.pooler} for {@code
   * bert.pooler.dense}.
   */
  private static List<String> headModules(ParameterSet parameters, String encoder) {
    return parameters.parameters().stream()
        .map(Parameter::name)
        .filter(parameters::isHead)
        .map(
            name -> {
              int from = name.startsWith(encoder) ? encoder.length() : 0;
              return name.substring(0, name.indexOf('.', from));
            })
        .distinct()
        .toList();
  }
}
