package org.sparkfinetune.model.io;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.sparkfinetune.UserException;
import org.sparkfinetune.tokenize.TextTokenizer;

/** What lies beside a vocabulary and is refused, said or left out; ids are the goldens' matter. */
class TokenizerMetadataTest {
  private static final String CONFIG = "tokenizer_config.json";
  private static final String MODEL = "config.json";
  private static final String BERT = "{\"model_type\": \"bert\"}";

  @TempDir private Path folder;

  @ParameterizedTest
  @ValueSource(
      strings = {
        "KoBertTokenizer",
        "BertJapaneseTokenizer",
        "PhobertTokenizer",
        "RobertaTokenizer",
        "XLMRobertaTokenizerFast",
        "PreTrainedTokenizerFast",
        "T5Tokenizer"
      })
  void aClassThatReadsNoVocabTxtIsRefusedWithWhatToDo(String name) throws IOException {
    write(Map.of(MODEL, BERT, CONFIG, json("'tokenizer_class': '" + name + "'")));
    vocabTxt("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "▁the");
    assertThatThrownBy(this::read)
        .isInstanceOf(UserException.class)
        .hasMessageStartingWith(folder + "/tokenizer_config.json: tokenizer_class=" + name + " ")
        .hasMessageContaining("Write once, in the folder, what transformers makes of it: python -c")
        .hasMessageEndingWith("take a model that has a tokenizer.json.")
        .hasMessageNotContainingAny("\n");
  }

  @Test
  void theClassMayBeNamedByTheModel() throws IOException {
    write(
        Map.of(MODEL, "{\"model_type\": \"roberta\", \"tokenizer_class\": \"BertweetTokenizer\"}"));
    vocabTxt("<s>", "</s>", "[UNK]");
    assertThatThrownBy(this::read)
        .isInstanceOf(UserException.class)
        .hasMessageStartingWith(folder + "/config.json: tokenizer_class=BertweetTokenizer is not");
  }

  @Test
  void aFamilyThatReadsNoVocabTxtIsRefusedUntilAClassIsNamed() throws IOException {
    write(Map.of(MODEL, "{\"model_type\": \"roberta\"}"));
    vocabTxt("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "the");
    assertThatThrownBy(this::read)
        .isInstanceOf(UserException.class)
        .hasMessageContaining(
            "config.json: model_type=roberta, whose tokenizer does not read vocab.txt: beside it"
                + " expected one of BertTokenizer, ElectraTokenizer,")
        .hasMessageContaining("; name its tokenizer_class in tokenizer_config.json. ");
    write(Map.of(CONFIG, json("'tokenizer_class': 'BertTokenizer'")));
    assertThat(ids("the")).containsExactly(2, 5, 3);
  }

  @ParameterizedTest
  @ValueSource(strings = {"XLNetTokenizer", "BertJapaneseTokenizer", "MyTokenizerFast"})
  void aClassThatMayDoMoreThanItsTokenizerJsonIsRefused(String name) throws IOException {
    bert(json("'tokenizer_class': '" + name + "', 'auto_map': {'AutoTokenizer': ['t.T', null]}"));
    assertThatThrownBy(this::read)
        .isInstanceOf(UserException.class)
        .hasMessageStartingWith(
            folder
                + "/tokenizer_config.json: tokenizer_class="
                + name
                + " is not one whose tokenizer.json says all that it does to a text. Write once");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "'split_special_tokens': true | split_special_tokens=true is not supported: expected false",
        "'from_slow': true | from_slow=true is not supported: expected false, or no such key",
        "'fast_tokenizer_files': ['tokenizer.4.json'] | fast_tokenizer_files=[\"tokenizer.4.json\"] is not",
        "'gguf_file': 'a.gguf' | gguf_file=\"a.gguf\" is not supported",
        "'do_lower_case': 'false' | do_lower_case=\"false\" is not allowed: expected true or false",
        "'do_lower_case': null | do_lower_case=null is not allowed: expected true or false",
        "'strip_accents': 1 | strip_accents=1 is not allowed: expected true or false",
        "'truncation_side': 'middle' | truncation_side=\"middle\" is not allowed: expected left or right",
        "'truncation_side': null | truncation_side=null is not allowed: expected left or right",
        "'cls_token': 3 | cls_token=3 is not allowed: expected the text of a token",
        "'mask_token': {'lstrip': true} | mask_token={\"lstrip\":true} is not allowed: expected a token",
        "'additional_special_tokens': [7] | additional_special_tokens=7 is not allowed",
        "'model_max_length': '512' | model_max_length=\"512\" is not allowed: expected a number of tokens",
        "'model_max_length': 0 | model_max_length=0 is not allowed: expected a number of tokens, 1 or more",
        "'added_tokens_decoder': [] | added_tokens_decoder=[] is not allowed: expected the added tokens",
        "'added_tokens_decoder': {'-1': {'content': 'x'}} | has the key '-1': expected the id of a token",
        "'added_tokens_decoder': {'9': {'content': 'x', 'lstrip': 1}} | is not allowed: expected a token",
        "'tokenizer_class': 'LlamaTokenizer', 'add_prefix_space': true | add_prefix_space=true is not"
            + " supported with LlamaTokenizer"
      })
  void whatCannotBeHonoredIsRefusedWithItsKeyAndValue(String settings, String message)
      throws IOException {
    bert(json(settings));
    assertThatThrownBy(this::read)
        .isInstanceOf(UserException.class)
        .hasMessageContaining(folder + "/tokenizer_config.json: ")
        .hasMessageContaining(message);
  }

  @Test
  void anAddedTokenWithoutIdIsRefused() throws IOException {
    bert(json("'tokenizer_class': 'BertTokenizer'"));
    write(Map.of("added_tokens.json", "{\"[url]\": \"84\"}"));
    assertThatThrownBy(this::read)
        .isInstanceOf(UserException.class)
        .hasMessage(
            folder
                + "/added_tokens.json: [url]=\"84\": expected the id of the token, a whole number");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "'do_lower_case': false | do_lower_case=false counts, not the file's true",
        "'strip_accents': true | strip_accents=true counts, not the file's null",
        "'never_split': ['x'] | never_split=[\"x\"] has no effect on fast tokenizers",
        "'wordpieces_prefix': '@@' | wordpieces_prefix=\"@@\" has no effect on fast tokenizers",
        "'do_something': 1, 'do_nothing': 2 | not known, and without effect: do_nothing, do_something",
        "'tokenizer_class': 'PreTrainedTokenizerFast', 'do_lower_case': false | do_lower_case=false"
            + " has no effect: the tokenizer.json of a PreTrainedTokenizer says itself whether texts"
            + " are lower-cased",
        "'tokenizer_class': 'AlbertTokenizer', 'tokenize_chinese_chars': false |"
            + " tokenize_chinese_chars=false has no effect on AlbertTokenizer",
        "'added_tokens_decoder': {'90': {'content': '[url]', 'special': true}} | the added token"
            + " '[url]' has the id 36, not 90, the next one after the vocabulary"
      })
  void whatIsNotAsItSeemsIsSaid(String settings, String phrase) throws IOException {
    bert(json("'tokenizer_class': 'BertTokenizer', " + settings));
    assertThat(read().tokenizerFiles().notes()).hasSize(1).first().asString().contains(phrase);
  }

  @Test
  void whatHasNoSayInTokenIdsIsNotSaid() throws IOException {
    bert(
        json(
            "'tokenizer_class': 'BertTokenizer', 'do_lower_case': true, 'padding_side': 'left',"
                + " 'clean_up_tokenization_spaces': true, 'chat_template': 'x', 'model_max_length':"
                + " 1000000000000000019884624838656, 'name_or_path': '/a/b', 'never_split': null,"
                + " 'tokenizer_file': null, 'special_tokens_map_file': '/root/x', 'pad_token': '[PAD]',"
                + " 'auto_map': {'AutoTokenizer': ['t.T', null]}, 'processor_class': 'P'"));
    assertThat(read().tokenizerFiles().notes()).isEmpty();
    assertThat(read().tokenizer()).isEqualTo(Files.readString(folder.resolve("tokenizer.json")));
    assertThat(read().tokenizerFiles().maxLength()).isEmpty();
  }

  @Test
  void aClassThatOnlyTheFamilyGivesIsSaidWithHowToKeepTheFile() throws IOException {
    bert("{}");
    Path file = folder.resolve("tokenizer.json");
    Files.writeString(
        file, Files.readString(file).replaceAll("\"lowercase\": *true", "\"lowercase\": false"));
    assertThat(read().tokenizerFiles().notes())
        .containsExactly(
            folder
                + ": of the tokenizer (BertTokenizer), do_lower_case=true counts, not the file's"
                + " false, as in transformers; for tokenizer.json as it is, write"
                + " {\"tokenizer_class\": \"PreTrainedTokenizerFast\"} into tokenizer_config.json");
    write(Map.of(CONFIG, json("'tokenizer_class': 'PreTrainedTokenizerFast'")));
    assertThat(read().tokenizer()).isEqualTo(Files.readString(file));
  }

  /** transformers would go without such a token into the model as well. */
  @Test
  void aSpecialTokenWithoutAVectorIsLeftOutAndAnAddedOneIsNot() throws IOException {
    write(Map.of(MODEL, "{\"model_type\": \"bert\", \"vocab_size\": 6}"));
    vocabTxt("[PAD]", "[UNK]", "[CLS]", "[SEP]", "the", "mask");
    assertThat(vocabSize()).isEqualTo(6);
    write(Map.of("added_tokens.json", "{\"[url]\": 6}"));
    assertThat(vocabSize()).as("which the model then refuses").isEqualTo(7);
  }

  @Test
  void anAddedTokenBesideANormalizerThatChangesIsRefusedWithWhatToDo() throws IOException {
    bert(
        json(
            "'tokenizer_class': 'BertTokenizer', 'do_lower_case': false, 'added_tokens_decoder':"
                + " {'36': {'content': '[Url]', 'normalized': true}}"));
    assertThatThrownBy(this::read)
        .isInstanceOf(UserException.class)
        .hasMessageContaining("the added token '[Url]' of tokenizer.json is looked for in")
        .hasMessageContaining("do_lower_case=false counts, not the file's true")
        .hasMessageContaining("A.from_pretrained('.').save_pretrained('.')");
  }

  @Test
  void textsOfAClassifierFromElsewhereAreCutWhereItsTokenizerSays() throws IOException {
    bert(json("'tokenizer_class': 'BertTokenizer', 'model_max_length': 64"));
    PretrainedModel pretrained =
        PretrainedModel.open(folder.toString(), new Configuration(false), false);
    assertThat(pretrained.longest(512)).isEqualTo(64);
    assertThat(pretrained.longest(32)).isEqualTo(32);
    assertThat(pretrained.tokenizerNotes(64)).isEmpty();
    assertThat(pretrained.tokenizerNotes(128))
        .containsExactly(
            folder
                + ": texts are cut at max_length=128 tokens, and the tokenizer's model_max_length is"
                + " 64");
  }

  private static String json(String settings) {
    return "{" + settings.replace('\'', '"') + "}";
  }

  private void bert(String settings) throws IOException {
    Files.copy(
        Fixtures.path("tiny-bert-classifier/tokenizer.json"), folder.resolve("tokenizer.json"));
    write(Map.of(MODEL, BERT, CONFIG, settings));
  }

  private void vocabTxt(String... tokens) throws IOException {
    Files.write(folder.resolve("vocab.txt"), List.of(tokens));
  }

  private void write(Map<String, String> files) throws IOException {
    for (Map.Entry<String, String> file : files.entrySet()) {
      Files.writeString(folder.resolve(file.getKey()), file.getValue());
    }
  }

  private HuggingFaceFolder read() {
    org.apache.hadoop.fs.Path path = Fixtures.hadoop(folder);
    return HuggingFaceFolder.open(path, path, new Configuration(false), false);
  }

  private int[] ids(String text) {
    try (TextTokenizer tokenizer = TextTokenizer.of(read().tokenizer(), 16)) {
      return tokenizer.encode(List.of(text)).get(0).inputIds();
    }
  }

  private int vocabSize() {
    try (TextTokenizer tokenizer = TextTokenizer.of(read().tokenizer(), 16)) {
      return tokenizer.vocabSize();
    }
  }
}
