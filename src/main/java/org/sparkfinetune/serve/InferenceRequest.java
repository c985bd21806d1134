package org.sparkfinetune.serve;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.sparkfinetune.text.OneLine;

/**
 * A request in the shape of Hugging Face's inference API for text classification:
 *
 * <pre>
 * {"inputs": "text"} or {"inputs": ["text", {"text": "text", "text_pair": "second"}],
 *  "parameters": {"top_k": 3, "function_to_apply": "softmax", "only_predicted": true}}
 * </pre>
 *
 * <p>What is not understood, or would be computed otherwise than asked for, is refused.
 *
 * @param topK scores that an answer has at most
 * @param onlyPredicted whether an answer has the labels that are predicted alone
 */
record InferenceRequest(List<TextQueue.Text> texts, int topK, boolean onlyPredicted) {
  private static final ObjectMapper JSON =
      new ObjectMapper()
          .enable(JsonParser.Feature.STRICT_DUPLICATE_DETECTION)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS);

  private static final String INPUTS = "inputs";
  private static final String PARAMETERS = "parameters";
  private static final String TOP_K = "top_k";
  private static final String FUNCTION = "function_to_apply";
  private static final String ONLY_PREDICTED = "only_predicted";
  private static final String TEXT = "text";
  private static final String PAIR = "text_pair";

  /** Characters of a request that a message shows. */
  private static final int SHOWN = 60;

  /**
   * Reads a body.
   *
   * @param function the one that the model's probabilities are made by: softmax or sigmoid
   * @param maxInputs texts of a request at most
   * @throws HttpStatusException 400, with what is wrong
   */
  static InferenceRequest parse(byte[] body, String function, int maxInputs)
      throws HttpStatusException {
    ObjectNode request = object(read(body), "the body");
    requireKnown(request, "the body", INPUTS, PARAMETERS);
    if (!request.has(INPUTS)) {
      throw refused("inputs is missing: expected {\"inputs\": \"a text\"}");
    }
    ObjectNode parameters = JsonNodeFactory.instance.objectNode();
    if (request.hasNonNull(PARAMETERS)) {
      parameters = object(request.get(PARAMETERS), PARAMETERS);
    }
    requireKnown(parameters, PARAMETERS, TOP_K, FUNCTION, ONLY_PREDICTED);
    requireFunction(parameters.path(FUNCTION), function);
    return new InferenceRequest(
        texts(request.get(INPUTS), maxInputs),
        topK(parameters.path(TOP_K)),
        onlyPredicted(parameters.path(ONLY_PREDICTED)));
  }

  private static JsonNode read(byte[] body) throws HttpStatusException {
    try {
      return JSON.readTree(body);
    } catch (JsonProcessingException e) {
      String place =
          e.getLocation() == null
              ? ""
              : " in line %d, column %d"
                  .formatted(e.getLocation().getLineNr(), e.getLocation().getColumnNr());
      throw refused(
          "the body is no JSON%s (%s): expected {\"inputs\": \"a text\"}"
              .formatted(place, shown(e.getOriginalMessage())));
    } catch (IOException e) {
      // Bytes that are no text.
      throw refused("the body is no JSON in UTF-8: expected {\"inputs\": \"a text\"}");
    }
  }

  private static List<TextQueue.Text> texts(JsonNode inputs, int maxInputs)
      throws HttpStatusException {
    if (!inputs.isArray()) {
      return List.of(text(inputs, INPUTS));
    }
    if (inputs.isEmpty() || inputs.size() > maxInputs) {
      throw refused(
          "inputs has %d texts: expected 1 to %d (serve.max_inputs)"
              .formatted(inputs.size(), maxInputs));
    }
    List<TextQueue.Text> texts = new ArrayList<>();
    for (JsonNode input : inputs) {
      texts.add(text(input, "inputs[" + texts.size() + "]"));
    }
    return texts;
  }

  private static TextQueue.Text text(JsonNode input, String name) throws HttpStatusException {
    if (input.isTextual()) {
      return new TextQueue.Text(input.textValue(), Optional.empty());
    }
    if (!(input instanceof ObjectNode)) {
      throw refused(
          "%s is %s: expected a text, or {\"text\": ..., \"text_pair\": ...}"
              .formatted(name, shown(input.toString())));
    }
    requireKnown((ObjectNode) input, name, TEXT, PAIR);
    String text = string(input.path(TEXT), name + ".text");
    return new TextQueue.Text(
        text,
        input.hasNonNull(PAIR)
            ? Optional.of(string(input.get(PAIR), name + ".text_pair"))
            : Optional.empty());
  }

  private static String string(JsonNode node, String name) throws HttpStatusException {
    if (!node.isTextual()) {
      throw refused(
          node.isMissingNode()
              ? name + " is missing: expected a text"
              : "%s is %s: expected a text".formatted(name, shown(node.toString())));
    }
    return node.textValue();
  }

  private static int topK(JsonNode node) throws HttpStatusException {
    if (isAbsent(node)) {
      return Integer.MAX_VALUE;
    }
    if (!node.isIntegralNumber() || !node.canConvertToInt() || node.intValue() < 1) {
      throw refused(
          "parameters.top_k is %s: expected a whole number from 1"
              .formatted(shown(node.toString())));
    }
    return node.intValue();
  }

  private static boolean onlyPredicted(JsonNode node) throws HttpStatusException {
    if (!isAbsent(node) && !node.isBoolean()) {
      throw refused(
          "parameters.only_predicted is %s: expected true or false"
              .formatted(shown(node.toString())));
    }
    return node.booleanValue();
  }

  private static void requireFunction(JsonNode node, String function) throws HttpStatusException {
    if (!isAbsent(node) && !function.equals(node.textValue())) {
      throw refused(
          "parameters.function_to_apply is %s: this model's probabilities are of %s, leave it out"
              .formatted(shown(node.toString()), function));
    }
  }

  private static boolean isAbsent(JsonNode node) {
    return node.isMissingNode() || node.isNull();
  }

  private static ObjectNode object(JsonNode node, String name) throws HttpStatusException {
    if (node instanceof ObjectNode object) {
      return object;
    }
    throw refused(
        name
            + (node == null || node.isMissingNode()
                ? " is empty"
                : " is " + node.getNodeType().name().toLowerCase(Locale.ROOT))
            + ": expected a JSON object");
  }

  private static void requireKnown(ObjectNode object, String name, String... known)
      throws HttpStatusException {
    Set<String> unknown = new TreeSet<>();
    for (Iterator<String> names = object.fieldNames(); names.hasNext(); ) {
      unknown.add(names.next());
    }
    unknown.removeAll(List.of(known));
    if (!unknown.isEmpty()) {
      throw refused(
          "%s has the unknown key %s: known are %s"
              .formatted(name, shown(unknown.iterator().next()), String.join(", ", known)));
    }
  }

  private static String shown(String text) {
    return OneLine.of(text, SHOWN);
  }

  private static HttpStatusException refused(String message) {
    return new HttpStatusException(400, message);
  }

  /** The body that answers: for each text a list of labels with their scores. */
  byte[] response(List<LocalClassifier.Answer> answers) {
    ArrayNode all = JSON.createArrayNode();
    for (LocalClassifier.Answer answer : answers) {
      ArrayNode ofText = all.addArray();
      answer.scores().stream()
          .filter(score -> !onlyPredicted || answer.labels().contains(score.label()))
          .limit(topK)
          .forEach(
              score ->
                  ofText.addObject().put("label", score.label()).put("score", score.probability()));
    }
    return bytes(all);
  }

  /** The body that says what is wrong. */
  static byte[] error(String message) {
    return bytes(JSON.createObjectNode().put("error", OneLine.of(message)));
  }

  private static byte[] bytes(JsonNode json) {
    return json.toString().getBytes(StandardCharsets.UTF_8);
  }
}
