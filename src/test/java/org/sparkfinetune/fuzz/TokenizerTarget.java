package org.sparkfinetune.fuzz;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.sparkfinetune.UserException;
import org.sparkfinetune.tokenize.TextTokenizer;

/** A {@code tokenizer.json}, which is native code's to read, and texts that are not nice to it. */
final class TokenizerTarget implements FuzzTarget {
  private static final String FILE = "tokenizer.json";
  private static final String KINDS = "/org/sparkfinetune/tokenize/kinds/";

  private static final List<String> NAMES =
      List.of(
          "bert",
          "roberta",
          "modernbert",
          "xlm-roberta",
          "camembert",
          "albert",
          "deberta-v2",
          "rembert",
          "t5",
          "clip",
          "llama",
          "split-gpt2",
          "split-gpt4",
          "wordpiece-mixed",
          "words",
          "characters",
          "scripts",
          "suffix",
          "fixed-length");

  private static final List<String> TEXTS =
      List.of(
          "",
          " ",
          "My card was lost, I can't pay with it any more.",
          "a<mask>b [MASK] [CLS]  [SEP]</s> [MASK]  ",
          "\t\r\n \u00a0\u2028\u3000",
          "\u0301\u0301a\u0301 \u200d\ufe0f \u200b",
          "\u0000\u0001\u007f\ufffd",
          "Das Geld ist \u00fcberwiesen. \u6211\u7684\u5361 \u30ab\u30fc\u30c9 \ud55c\uad6d",
          "\ud83d\ude00\ud83d\udc4d\ud83c\udffd \ud83d\udc68\u200d\ud83d\udc69\u200d\ud83d\udc67",
          "\ufb01ne \uff21\uff22\uff23 \u00bd \u2460 \ufdfa \u0130\u00df",
          "a".repeat(20_000),
          " ".repeat(20_000) + "a",
          "ab".repeat(10_000) + "!",
          "\u00e9\u6211".repeat(5_000),
          "x \n".repeat(5_000),
          "'''''".repeat(2_000) + "1234567890".repeat(500));

  @Override
  public String name() {
    return "tokenizer";
  }

  @Override
  public List<Sample> samples() throws IOException {
    List<Sample> samples = new ArrayList<>();
    for (String name : NAMES) {
      try (InputStream in = TokenizerTarget.class.getResourceAsStream(KINDS + name + ".json")) {
        samples.add(Sample.of(FILE, in.readAllBytes()));
      }
    }
    return samples;
  }

  @Override
  public List<String> values() {
    return List.of(
        "{\"type\":\"FixedLength\",\"length\":0}",
        "{\"type\":\"FixedLength\",\"length\":-1}",
        "{\"type\":\"Precompiled\",\"precompiled_charsmap\":\"\"}",
        "{\"type\":\"Precompiled\",\"precompiled_charsmap\":\"AAAA\"}",
        "{\"type\":\"Precompiled\",\"precompiled_charsmap\":\"BAAAAP////9h\"}",
        "{\"type\":\"Precompiled\",\"precompiled_charsmap\":\"/////w==\"}",
        "{\"type\":\"Replace\",\"pattern\":{\"String\":\"\"},\"content\":\"x\"}",
        "{\"type\":\"Replace\",\"pattern\":{\"Regex\":\"x*\"},\"content\":\"yy\"}",
        "{\"type\":\"Replace\",\"pattern\":{\"Regex\":\"^\"},\"content\":\"yy\"}",
        "{\"type\":\"Replace\",\"pattern\":{\"Regex\":\".\"},\"content\":\""
            + "y".repeat(5_000)
            + "\"}",
        "{\"type\":\"Replace\",\"pattern\":{\"Regex\":\"(a+)+$\"},\"content\":\"b\"}",
        "{\"type\":\"Split\",\"pattern\":{\"Regex\":\"(a|aa)+b\"},\"behavior\":\"Isolated\",\"invert\":false}",
        "{\"type\":\"Split\",\"pattern\":{\"Regex\":\"(?:\\\\s*)*z\"},\"behavior\":\"Removed\",\"invert\":true}",
        "{\"type\":\"Split\",\"pattern\":{\"Regex\":\"a*a*a*a*a*a*b\"},\"behavior\":\"Removed\",\"invert\":true}",
        "{\"type\":\"Split\",\"pattern\":{\"Regex\":\"\"},\"behavior\":\"MergedWithNext\",\"invert\":false}",
        "{\"type\":\"Split\",\"pattern\":{\"Regex\":\""
            + "(".repeat(20_000)
            + "\"},\"behavior\":\"Removed\",\"invert\":true}",
        "{\"type\":\"Split\",\"pattern\":{\"Regex\":\"(((a{1000}){1000}){1000}){1000}\"},\"behavior\":\"Removed\",\"invert\":true}",
        "{\"type\":\"Prepend\",\"prepend\":\"" + "p".repeat(2_000) + "\"}",
        "{\"type\":\"Prepend\",\"prepend\":\"\"}",
        "{\"type\":\"Strip\",\"strip_left\":true,\"strip_right\":true}",
        "{\"type\":\"ByteLevel\",\"add_prefix_space\":true,\"trim_offsets\":true,\"use_regex\":true}",
        "{\"type\":\"Metaspace\",\"replacement\":\"_\",\"prepend_scheme\":\"first\",\"split\":true}",
        "{\"type\":\"UnicodeScripts\"}",
        "{\"type\":\"Digits\",\"individual_digits\":false}",
        "{\"SpecialToken\":{\"id\":\"[NONE]\",\"type_id\":0}}",
        "{\"Sequence\":{\"id\":\"B\",\"type_id\":1}}",
        "{\"Sequence\":{\"id\":\"A\",\"type_id\":7}}",
        "{\"id\":5,\"content\":\" \",\"single_word\":false,\"lstrip\":true,\"rstrip\":true,\"normalized\":true,\"special\":false}",
        "{\"id\":6,\"content\":\"\\u0301\",\"single_word\":true,\"lstrip\":true,\"rstrip\":true,\"normalized\":true,\"special\":true}",
        "{\"id\":4294967295,\"content\":\"a\",\"single_word\":false,\"lstrip\":false,\"rstrip\":true,\"normalized\":false,\"special\":true}",
        "\"[UNK]\"",
        "\"##\"",
        "[\"[CLS]\",99999]",
        "\"a b\"");
  }

  @Override
  public void read(Path folder) throws IOException {
    // As TokenizerFiles decodes it, whatever the bytes are.
    String json = new String(Files.readAllBytes(folder.resolve(FILE)), StandardCharsets.UTF_8);
    try (TextTokenizer tokenizer = TextTokenizer.of(json, 64)) {
      tokenizer.encode(TEXTS);
      List<String> reversed = new ArrayList<>(TEXTS);
      Collections.reverse(reversed);
      tokenizer.encodePairs(TEXTS, reversed);
    } catch (UserException e) {
      requireOneLine(e.getMessage());
      throw e;
    }
  }

  private static void requireOneLine(String message) {
    if (message.length() > 1_000 || message.chars().anyMatch(Character::isISOControl)) {
      throw new IllegalStateException("no line for a terminal: " + message);
    }
  }
}
