"""Makes a small tokenizer.json of each kind that is in use, and what Hugging Face's library makes of texts with it.

Usage: python tools/goldens/tokenizer_kinds.py

kinds/NAME.json as transformers' fast tokenizers of the families write them (from SentencePiece models with a short map of
characters), and of other normalizers, pre-tokenizers and patterns that public models have; kinds/ids.json: by name, the ids of
each text of texts. nmt_nfkc.json.gz: XLM-RoBERTa's, with the map of characters that most SentencePiece models have.
"""

import gzip
import json
import shutil
import tempfile
from pathlib import Path

import sentencepiece
import transformers
from token_ids import WRITTEN
from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers

OUT = Path(__file__).parents[2] / "src/test/resources/org/sparkfinetune/tokenize/kinds"
CORPUS = [
    "My card was lost, I can't pay with it any more.",
    "The transfer of 1,250.75 EUR has not arrived; it's pending!",
    "  two  spaces\tand\nlines ",
    "Das Geld ist überwiesen worden. Où est ma carte?",
    "我的卡丢了。 カードを失くした",
    "don't we'll I'm they've 12345 ``quoted'' [MASK]",
]
TEXTS = CORPUS + ["", " ", "a<mask>b [SEP] </s>", "ﬁne ＡＢＣ ½ ①", "emoji 😀👍🏽", "x" * 300] + WRITTEN[:20]
# Characters to characters: a map of a few lines in place of the 240 KB that Unicode's need.
RULES = [("\ufb01", "fi"), ("\uff21", "A"), ("\uff22", "B"), ("\xbd", "1/2"), ("e\u0301", "\xe9"), ("\t", " "), ("\n", " "), ("\u2460", "1")]
GPT2 = r"""'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"""
GPT4 = r"""(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"""
SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]


def sentencepiece_model(folder, name, kind="unigram", **options):
    rules = folder / "rules.tsv"
    rules.write_text("".join(" ".join(f"{ord(c):X}" for c in a) + "\t" + " ".join(f"{ord(c):X}" for c in b) + "\n" for a, b in RULES))
    if "normalization_rule_name" not in options:
        options["normalization_rule_tsv"] = str(rules)
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(CORPUS * 3),
        model_prefix=str(folder / name),
        model_type=kind,
        vocab_size=110,
        hard_vocab_limit=False,
        character_coverage=0.98,
        num_threads=1,
        minloglevel=2,
        **options,
    )
    return str(folder / f"{name}.model")


def of_sentencepiece(folder):
    roberta = sentencepiece_model(folder, "roberta", unk_id=0, bos_id=1, eos_id=2, pad_id=-1)
    albert = sentencepiece_model(
        folder, "albert", pad_id=0, unk_id=1, bos_id=-1, eos_id=-1, user_defined_symbols=["[CLS]", "[SEP]", "[MASK]"]
    )
    deberta = sentencepiece_model(
        folder, "deberta", pad_id=0, bos_id=1, eos_id=2, unk_id=3, bos_piece="[CLS]", eos_piece="[SEP]", pad_piece="[PAD]", unk_piece="[UNK]"
    )
    yield "xlm-roberta", transformers.XLMRobertaTokenizerFast(roberta)
    yield "camembert", transformers.CamembertTokenizerFast(roberta)
    yield "albert", transformers.AlbertTokenizerFast(albert)
    yield "deberta-v2", transformers.DebertaV2TokenizerFast(deberta)
    yield "t5", transformers.T5TokenizerFast(sentencepiece_model(folder, "t5", pad_id=0, eos_id=1, unk_id=2, bos_id=-1), extra_ids=10)
    yield "rembert", transformers.RemBertTokenizerFast(albert)


def trained(model, trainer, pre_tokenizer, normalizer=None):
    tokenizer = Tokenizer(model)
    tokenizer.pre_tokenizer = pre_tokenizer
    if normalizer is not None:
        tokenizer.normalizer = normalizer
    tokenizer.train_from_iterator(CORPUS * 3, trainer)
    ids = [(token, tokenizer.token_to_id(token)) for token in ("[CLS]", "[SEP]")]
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", pair="[CLS] $A [SEP] $B:1 [SEP]:1", special_tokens=ids
    )
    return tokenizer


def bpe(pre_tokenizer, normalizer=None, alphabet=(), **options):
    trainer = trainers.BpeTrainer(
        vocab_size=320 if alphabet else 150, special_tokens=SPECIAL, show_progress=False, initial_alphabet=list(alphabet)
    )
    return trained(models.BPE(**options), trainer, pre_tokenizer, normalizer)


def wordpiece(pre_tokenizer, normalizer):
    trainer = trainers.WordPieceTrainer(vocab_size=150, special_tokens=SPECIAL, show_progress=False)
    return trained(models.WordPiece(unk_token="[UNK]"), trainer, pre_tokenizer, normalizer)


def others():
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    byte_level = pre_tokenizers.ByteLevel(add_prefix_space=False)
    yield "bert", wordpiece(pre_tokenizers.BertPreTokenizer(), normalizers.BertNormalizer())
    modernbert = bpe(byte_level, normalizers.NFC(), alphabet)
    modernbert.add_tokens([AddedToken(" " * n, normalized=True) for n in range(8, 1, -1)])
    modernbert.add_special_tokens([AddedToken("[MASK]", lstrip=True, normalized=False)])
    modernbert.decoder = decoders.ByteLevel()
    yield "modernbert", modernbert
    roberta = bpe(byte_level, None, alphabet)
    ids = {token: roberta.token_to_id(token) for token in SPECIAL}
    roberta.post_processor = processors.RobertaProcessing(("[SEP]", ids["[SEP]"]), ("[CLS]", ids["[CLS]"]))
    yield "roberta", roberta
    for name, pattern in ("gpt2", GPT2), ("gpt4", GPT4):
        split = pre_tokenizers.Split(Regex(pattern), "isolated")
        regexless = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
        yield f"split-{name}", bpe(pre_tokenizers.Sequence([split, regexless]), None, alphabet)
    yield "clip", bpe(
        pre_tokenizers.Sequence(
            [
                pre_tokenizers.Split(
                    Regex(r"""<\|startoftext\|>|<\|endoftext\|>|'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+"""),
                    "removed",
                    invert=True,
                ),
                byte_level,
            ]
        ),
        normalizers.Sequence([normalizers.NFC(), normalizers.Replace(Regex(r"\s+"), " "), normalizers.Lowercase()]),
        alphabet,
    )
    yield "llama", bpe(
        pre_tokenizers.Metaspace(prepend_scheme="first", split=False),
        normalizers.Sequence([normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")]),
        unk_token="[UNK]",
        fuse_unk=True,
        byte_fallback=True,
    )
    yield "wordpiece-mixed", wordpiece(
        pre_tokenizers.Sequence([pre_tokenizers.WhitespaceSplit(), pre_tokenizers.Punctuation(), pre_tokenizers.Digits(True)]),
        normalizers.Sequence(
            [normalizers.Nmt(), normalizers.NFKC(), normalizers.Replace(Regex(" {2,}"), " "), normalizers.Strip(), normalizers.StripAccents()]
        ),
    )
    words = trainers.WordLevelTrainer(vocab_size=60, special_tokens=SPECIAL, show_progress=False)
    yield "words", trained(models.WordLevel(unk_token="[UNK]"), words, pre_tokenizers.Whitespace(), normalizers.Lowercase())
    characters = trainers.WordLevelTrainer(vocab_size=60, special_tokens=SPECIAL, show_progress=False)
    yield "characters", trained(models.WordLevel(unk_token="[UNK]"), characters, pre_tokenizers.Split("", "isolated"))
    scripts = pre_tokenizers.Sequence([pre_tokenizers.UnicodeScripts(), pre_tokenizers.CharDelimiterSplit(" ")])
    yield "scripts", bpe(scripts, normalizers.NFKD(), unk_token="[UNK]", continuing_subword_prefix="##")
    suffixed = trainers.BpeTrainer(vocab_size=150, special_tokens=SPECIAL, show_progress=False, end_of_word_suffix="</w>")
    yield "suffix", trained(
        models.BPE(unk_token="[UNK]", end_of_word_suffix="</w>"), suffixed, pre_tokenizers.BertPreTokenizer(), normalizers.BertNormalizer()
    )
    yield "fixed-length", wordpiece(pre_tokenizers.FixedLength(length=6), normalizers.NFD())


def without_lone_surrogates(texts):
    return [text for text in texts if text.encode("utf-8", "replace").decode() == text]


def main():
    shutil.rmtree(OUT, ignore_errors=True)
    OUT.mkdir(parents=True)
    texts = without_lone_surrogates(TEXTS)
    ids = {"texts": texts}
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        made = [(name, fast.backend_tokenizer) for name, fast in of_sentencepiece(folder)] + list(others())
        for name, tokenizer in made:
            (OUT / f"{name}.json").write_text(tokenizer.to_str(pretty=False) + "\n")
            tokenizer.no_truncation()
            tokenizer.no_padding()
            ids[name] = [tokenizer.encode(text).ids for text in texts]
        model = sentencepiece_model(folder, "nmt", normalization_rule_name="nmt_nfkc", unk_id=0, bos_id=1, eos_id=2, pad_id=-1)
        whole = transformers.XLMRobertaTokenizerFast(model).backend_tokenizer
        with gzip.GzipFile(OUT / "nmt_nfkc.json.gz", "wb", mtime=0) as out:
            out.write(whole.to_str().encode())
        ids["nmt_nfkc"] = [whole.encode(text).ids for text in texts]
    (OUT / "ids.json").write_text(json.dumps(ids) + "\n")


if __name__ == "__main__":
    main()
