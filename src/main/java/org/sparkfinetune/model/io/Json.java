package org.sparkfinetune.model.io;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import org.sparkfinetune.UserException;
import org.sparkfinetune.text.OneLine;

/** JSON as the model files use it. */
final class Json {
  static final ObjectMapper MAPPER = new ObjectMapper();

  private Json() {}

  /** Parses a file's text, which must be a JSON object. */
  static ObjectNode object(String text, String file) {
    try {
      JsonNode node = MAPPER.readTree(text);
      if (node instanceof ObjectNode object) {
        return object;
      }
      throw new UserException(file + ": expected a JSON object.");
    } catch (JsonProcessingException e) {
      String place = "";
      // Of what is nested too deeply Jackson says no place.
      if (e.getLocation() != null) {
        place += "line " + e.getLocation().getLineNr();
        if (e.getProcessor() instanceof JsonParser parser
            && parser.getParsingContext().hasCurrentName()) {
          place += ", at " + parser.getParsingContext().getCurrentName();
        }
        place += ": ";
      }
      throw new UserException(file + ": not JSON (" + place + message(e) + ").", e);
    }
  }

  /** What is wrong, without the text itself, which Jackson may put into the middle of it. */
  private static String message(JsonProcessingException e) {
    return OneLine.of(
        e.getOriginalMessage().replaceAll("(?s) \\(for \\w+ starting at \\[Source.*\\]\\)", ""));
  }

  /** The text of a JSON file, as transformers lays it out: two spaces, a line a value. */
  static String text(JsonNode node) {
    try {
      return MAPPER.writerWithDefaultPrettyPrinter().writeValueAsString(node) + "\n";
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
