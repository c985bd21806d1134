package org.sparkfinetune.finetune;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.sparkfinetune.PublicApi;
import org.sparkfinetune.describe.DescriptionText;
import org.sparkfinetune.describe.ModelDescription;
import org.sparkfinetune.model.encoder.ParameterCount;
import org.sparkfinetune.train.TrainingMemory;

/**
 * What a pretrained model is, and what fine-tuning it would take.
 *
 * @param modelType the encoder's family, as {@code bert}
 * @param labels the label names of a classifier, by index; empty for a bare encoder
 * @param maxTokens the longest text that it has positions for, in tokens
 * @param parameters how many numbers each part has: {@code embeddings}, {@code layer 1} and so on,
 *     {@code head}; the head of a bare encoder is that of two labels
 * @param trainableParameters how many of them training would change
 * @param trainingMemory bytes of native memory by what fills them, for batches of the longest
 *     texts: {@code weights}, {@code gradients}, {@code optimizer_state}, {@code best_weights},
 *     {@code activations}; the JVM and its heap come on top
 * @param notes what of the tokenizer's settings is told apart
 * @param text all of it, and more, laid out for a terminal
 */
@PublicApi
public record DescriptionResult(
    String modelType,
    List<String> labels,
    int maxTokens,
    Map<String, Long> parameters,
    long trainableParameters,
    Map<String, Long> trainingMemory,
    List<String> notes,
    String text) {

  static DescriptionResult of(ModelDescription model, List<String> notes) {
    Map<String, Long> parameters = new LinkedHashMap<>();
    model.parts().forEach(part -> parameters.put(part.part(), part.total()));
    ParameterCount whole = model.whole();
    StringBuilder text = new StringBuilder(DescriptionText.render(model));
    notes.forEach(note -> text.append("%nNote: %s%n".formatted(note)));
    return new DescriptionResult(
        model.config().modelType(),
        model.labels(),
        model.config().maxTokens(),
        Collections.unmodifiableMap(parameters),
        whole.trainable(),
        memory(model.memory()),
        List.copyOf(notes),
        text.toString());
  }

  private static Map<String, Long> memory(TrainingMemory memory) {
    Map<String, Long> bytes = new LinkedHashMap<>();
    bytes.put("weights", memory.weights());
    bytes.put("gradients", memory.gradients());
    bytes.put("optimizer_state", memory.optimizerState());
    bytes.put("best_weights", memory.bestWeights());
    bytes.put("activations", memory.activations());
    return Collections.unmodifiableMap(bytes);
  }

  @Override
  public String toString() {
    return text;
  }
}
