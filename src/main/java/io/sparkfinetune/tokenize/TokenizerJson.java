package io.sparkfinetune.tokenize;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.sparkfinetune.UserException;
import java.util.List;

/**
 * What the native tokenizer does not tell of its own {@code tokenizer.json}, read from the text.
 *
 * @param padTokenId the id that fills unused places
 * @param vocabSize the largest token id plus one
 */
record TokenizerJson(int padTokenId, int vocabSize) {
  private static final ObjectMapper JSON = new ObjectMapper();

  /** The names that BERT's and RoBERTa's descendants give the pad token. */
  private static final List<String> PAD_TOKENS = List.of("[PAD]", "<pad>");

  /**
   * Reads and checks the text.
   *
   * @throws UserException when it is no tokenizer, or one that fails on a word it does not know
   */
  static TokenizerJson parse(String text) {
    JsonNode root = read(text);
    checkUnknownToken(root.path("model"), vocab(root));
    return new TokenizerJson(padTokenId(root, vocab(root)), vocabSize(root));
  }

  /**
   * Reads the text, without a look at more than that it has a vocabulary.
   *
   * @throws UserException when it is no tokenizer
   */
  static JsonNode read(String text) {
    JsonNode root;
    try {
      root = JSON.readTree(text);
    } catch (JsonProcessingException e) {
      throw notATokenizer("it is not JSON: " + e.getOriginalMessage(), e);
    }
    if (!vocab(root).isObject() && !vocab(root).isArray()) {
      throw notATokenizer("it has no model with a vocab", null);
    }
    return root;
  }

  private static JsonNode vocab(JsonNode root) {
    return root.path("model").path("vocab");
  }

  static UserException notATokenizer(String reason, Throwable cause) {
    return new UserException(
        "The tokenizer cannot be read: "
            + reason
            + ". Expected the text of a Hugging Face tokenizer.json, as"
            + " tokenizer.save_pretrained writes it.",
        cause);
  }

  /**
   * A word that cannot be split and no token to stand for it is an error of the native tokenizer,
   * and its batch call answers an error by aborting the JVM. So it is caught here.
   */
  private static void checkUnknownToken(JsonNode model, JsonNode vocab) {
    // Unigram's vocab is an array, and its unknown token an index of it.
    boolean known =
        vocab.isArray()
            ? model.path("unk_id").isInt()
            : !model.path("unk_token").isTextual() || vocab.has(model.get("unk_token").textValue());
    if (!known) {
      String expected =
          vocab.isArray() ? "unk_id" : "unk_token \"" + model.get("unk_token").textValue() + "\"";
      throw notATokenizer("its model has no " + expected + " in the vocab", null);
    }
  }

  /**
   * The pad token that the tokenizer names or one of the usual name; else 0, which is as good as
   * any: padding is masked by the rows' lengths, so its id is looked up and never used.
   */
  private static int padTokenId(JsonNode root, JsonNode vocab) {
    JsonNode declared = root.path("padding").path("pad_id");
    if (declared.isInt()) {
      return declared.intValue();
    }
    for (String token : PAD_TOKENS) {
      for (JsonNode added : root.path("added_tokens")) {
        if (token.equals(added.path("content").textValue())) {
          return added.path("id").intValue();
        }
      }
      if (vocab.path(token).isInt()) {
        return vocab.get(token).intValue();
      }
    }
    return 0;
  }

  /** The largest token id plus one. */
  static int vocabSize(JsonNode root) {
    JsonNode vocab = vocab(root);
    int size = vocab.isArray() ? vocab.size() : 0;
    if (vocab.isObject()) {
      for (JsonNode id : vocab) {
        size = Math.max(size, id.intValue() + 1);
      }
    }
    for (JsonNode added : root.path("added_tokens")) {
      size = Math.max(size, added.path("id").intValue() + 1);
    }
    return size;
  }
}
