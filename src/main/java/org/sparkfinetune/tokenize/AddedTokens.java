package org.sparkfinetune.tokenize;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * The added tokens of a {@code tokenizer.json}, and how the native library adds more: a token that
 * has an id keeps it, another one gets the next id, whatever id a file gives it.
 */
final class AddedTokens {
  private static final String KEY = "added_tokens";

  private record Entry(int id, AddedToken token) {}

  private final Map<String, Integer> vocabulary = new HashMap<>();
  private final Map<String, Entry> entries = new LinkedHashMap<>();
  private final Set<Integer> idsInFile = new HashSet<>();
  private int last = -1;
  private boolean changed;

  /** Those of a tokenizer. */
  AddedTokens(ObjectNode root) {
    JsonNode vocab = root.path("model").path("vocab");
    if (vocab.isArray()) {
      for (int id = 0; id < vocab.size(); id++) {
        vocabulary.put(vocab.get(id).path(0).asText(), id);
      }
    } else {
      vocab.fields().forEachRemaining(e -> vocabulary.put(e.getKey(), e.getValue().asInt()));
    }
    for (JsonNode entry : root.path(KEY)) {
      int id = entry.path("id").asInt();
      idsInFile.add(id);
      set(id, AddedToken.of(entry));
    }
  }

  private void set(int id, AddedToken token) {
    entries.put(token.content(), new Entry(id, token.resolved()));
    last = Math.max(last, id);
  }

  /** Whether the file gives this id to one of its added tokens. */
  boolean isInFile(int id) {
    return idsInFile.contains(id);
  }

  /** Whether a text is an added token. */
  boolean contains(String text) {
    return entries.containsKey(text);
  }

  /** The id of a token, also of one of the vocabulary. */
  Optional<Integer> id(String text) {
    return Optional.ofNullable(
        entries.containsKey(text) ? Integer.valueOf(entries.get(text).id()) : vocabulary.get(text));
  }

  /** Adds a token, or sets how one is found that is there; one without text does nothing. */
  void put(AddedToken token) {
    String text = token.content();
    if (text.isEmpty() || contains(text) && entries.get(text).token().equals(token.resolved())) {
      return;
    }
    set(id(text).orElseGet(() -> Math.max(last + 1, vocabulary.size())), token);
    changed = true;
  }

  /** Drops those of these texts whose ids are from a number on. */
  void leaveOut(Set<String> texts, int from) {
    entries.keySet().removeIf(text -> texts.contains(text) && entries.get(text).id() >= from);
  }

  /**
   * Writes them back in the order of their ids.
   *
   * @return whether there was anything to write
   */
  boolean write(ObjectNode root) {
    if (changed) {
      ArrayNode array = root.putArray(KEY);
      entries.values().stream()
          .sorted(Comparator.comparingInt(Entry::id))
          .forEach(entry -> entry.token().write(entry.id(), array.addObject()));
    }
    return changed;
  }
}
