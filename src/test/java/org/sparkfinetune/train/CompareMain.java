package org.sparkfinetune.train;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.sparkfinetune.TestGoldens;
import org.sparkfinetune.config.Schema;
import org.sparkfinetune.model.SequenceClassifier;
import org.sparkfinetune.model.compute.ForwardPass;
import org.sparkfinetune.model.io.SafetensorsWriter;
import org.sparkfinetune.tokenize.Batch;

/**
 * Computes on a checkpoint what {@code tools/goldens/compare} has had transformers compute: the
 * Java side of that script, which says what the files hold.
 */
public final class CompareMain {
  private static final int STEPS = 10;
  private static final ObjectMapper JSON = new ObjectMapper();

  private CompareMain() {}

  /**
   * Arguments: the checkpoint's folder; a golden of it; the folder for {@code java.json} (logits,
   * losses) and {@code java-gradients.safetensors}.
   */
  public static void main(String[] args) throws IOException {
    Path folder = Path.of(args[0]);
    JsonNode json = JSON.readTree(Path.of(args[1]).toFile());
    TestGoldens golden = new TestGoldens(folder, json);
    Path out = Path.of(args[2]);
    ObjectNode result = JSON.createObjectNode();
    Batch batch = golden.batch();
    try (SequenceClassifier model = golden.model()) {
      result.set("logits", JSON.valueToTree(model.logits(batch)));
      writeGradients(model, batch, out.resolve("java-gradients.safetensors"));
      result.set("losses", JSON.valueToTree(losses(model, batch, json, 1)));
    }
    JSON.writeValue(out.resolve("java.json").toFile(), result);
  }

  private static void writeGradients(SequenceClassifier model, Batch batch, Path file)
      throws IOException {
    try (PointerScope scope = new PointerScope();
        OutputStream stream = Files.newOutputStream(file)) {
      model.loss(ForwardPass.inference(), batch).backward();
      Map<String, Tensor> gradients = new LinkedHashMap<>();
      model
          .parameters()
          .tensors()
          .forEach(
              (name, weight) -> {
                Tensor gradient = weight.mutable_grad();
                if (gradient.defined()) {
                  gradients.put(name, gradient.contiguous());
                }
              });
      SafetensorsWriter.write(stream, gradients, SafetensorsWriter.PYTORCH);
      model.parameters().tensors().values().forEach(weight -> weight.mutable_grad().reset());
    }
  }

  /**
   * The losses of ten AdamW steps, each before its step.
   *
   * @param settings with {@code learning_rate} and {@code weight_decay}
   */
  static List<Double> losses(
      SequenceClassifier model, Batch batch, JsonNode settings, double layerDecay) {
    TrainingArguments arguments =
        Schema.of("training", TrainingArguments.class)
            .create(
                Map.of(
                    "weight_decay",
                    settings.get("weight_decay").doubleValue(),
                    "layer_decay",
                    layerDecay));
    double learningRate = settings.get("learning_rate").doubleValue();
    List<Double> losses = new ArrayList<>();
    try (Optimizer optimizer = Optimizers.create(model.parameters(), arguments.optimizer())) {
      for (int step = 0; step < STEPS; step++) {
        try (PointerScope scope = new PointerScope()) {
          Tensor loss = model.loss(ForwardPass.inference(), batch);
          losses.add(loss.item_double());
          loss.backward();
        }
        optimizer.step(learningRate, 1);
      }
    }
    return losses;
  }
}
