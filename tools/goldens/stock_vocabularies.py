"""Tiny tokenizers with what their original libraries make of some texts, for the export to Spark NLP.

Writes a tokenizer for each kind of vocabulary, wordpiece.json, mpnet.json, bpe.json, xlm-roberta.json, camembert.json,
albert.json and deberta-v2.json, and sentencepiece.json (the texts, and the ids that the SentencePiece models give from
which the last four were converted) to src/test/resources/org/sparkfinetune/export/sparknlp:

    python tools/goldens/stock_vocabularies.py
"""

import csv
import json
import pathlib
import tempfile

import sentencepiece
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors, trainers
from transformers import AlbertTokenizer, CamembertTokenizer, DebertaV2Tokenizer, XLMRobertaTokenizer
from transformers.convert_slow_tokenizer import convert_slow_tokenizer

ROOT = pathlib.Path(__file__).resolve().parents[2]
SAMPLE = ROOT / "src/main/resources/org/sparkfinetune/sample"
TARGET = ROOT / "src/test/resources/org/sparkfinetune/export/sparknlp"

# Where the models that these families were published with have their special pieces.
ALBERT = {"pad_id": 0, "unk_id": 1, "bos_id": -1, "eos_id": -1, "control_symbols": "[CLS],[SEP],[MASK]"}
DEBERTA = {
    "pad_id": 0, "bos_id": 1, "eos_id": 2, "unk_id": 3,
    "pad_piece": "[PAD]", "bos_piece": "[CLS]", "eos_piece": "[SEP]", "unk_piece": "[UNK]",
}  # fmt: skip


def texts(split):
    with open(SAMPLE / f"{split}.csv", newline="", encoding="utf-8") as file:
        return [row["text"] for row in csv.DictReader(file)]


def word_piece(corpus, name, special):
    tokenizer = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=True)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.train_from_iterator(
        corpus, trainers.WordPieceTrainer(vocab_size=400, special_tokens=special, show_progress=False)
    )
    start, end = ("<s>", "</s>") if "<s>" in special else ("[CLS]", "[SEP]")
    tokenizer.post_processor = processors.TemplateProcessing(
        single=f"{start} $A {end}",
        special_tokens=[(token, special.index(token)) for token in (start, end)],
    )
    tokenizer.save(str(TARGET / f"{name}.json"), pretty=False)


def byte_level_bpe(corpus):
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    special = ["<s>", "<pad>", "</s>", "<unk>", "<mask>"]
    tokenizer.train_from_iterator(
        corpus,
        trainers.BpeTrainer(
            vocab_size=600,
            special_tokens=special,
            initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
            show_progress=False,
        ),
    )
    tokenizer.post_processor = processors.RobertaProcessing(("</s>", 2), ("<s>", 0), add_prefix_space=False)
    tokenizer.save(str(TARGET / "bpe.json"), pretty=False)


def main():
    TARGET.mkdir(parents=True, exist_ok=True)
    corpus = texts("train")
    word_piece(corpus, "wordpiece", ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"])
    word_piece(corpus, "mpnet", ["<s>", "<pad>", "</s>", "[UNK]", "<mask>"])
    byte_level_bpe(corpus)
    sentences = texts("test")[:60] + ["Ｆｕｌｌ ｗｉｄｔｈ  and   spaces", "naïve café №5", "ﬁne\u00a0print…"]
    golden = {}
    with tempfile.TemporaryDirectory() as folder:
        (pathlib.Path(folder) / "corpus.txt").write_text("\n".join(corpus), encoding="utf-8")
        # One with the rules for characters that real models have, one without: they take 300 KB.
        for name, kind, rules, special in (
            ("xlm-roberta", XLMRobertaTokenizer, "nmt_nfkc", {}),
            ("camembert", CamembertTokenizer, "identity", {}),
            ("albert", AlbertTokenizer, "identity", ALBERT),
            ("deberta-v2", DebertaV2Tokenizer, "identity", DEBERTA),
        ):
            model = f"{folder}/{name}"
            sentencepiece.SentencePieceTrainer.train(
                input=f"{folder}/corpus.txt", model_prefix=model, vocab_size=400, model_type="unigram",
                normalization_rule_name=rules, minloglevel=2, num_threads=1, **special,
            )
            convert_slow_tokenizer(kind(f"{model}.model")).save(str(TARGET / f"{name}.json"), pretty=False)
            processor = sentencepiece.SentencePieceProcessor(model_file=f"{model}.model")
            golden[name] = [{"text": text, "ids": processor.encode(text)} for text in sentences]
    (TARGET / "sentencepiece.json").write_text(json.dumps(golden, ensure_ascii=False), encoding="utf-8")


if __name__ == "__main__":
    main()
