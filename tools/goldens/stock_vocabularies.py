"""Tiny tokenizers with what their original libraries make of some texts, for the export to Spark NLP.

Writes bpe.json, xlm-roberta.json, camembert.json and sentencepiece.json (the texts, and the ids that the
SentencePiece model gives from which the second and third were converted) to
src/test/resources/io/sparkfinetune/export/sparknlp:

    python tools/goldens/stock_vocabularies.py
"""

import csv
import json
import pathlib
import tempfile

import sentencepiece
from tokenizers import Tokenizer, models, pre_tokenizers, processors, trainers
from transformers import CamembertTokenizer, XLMRobertaTokenizer
from transformers.convert_slow_tokenizer import convert_slow_tokenizer

ROOT = pathlib.Path(__file__).resolve().parents[2]
SAMPLE = ROOT / "src/main/resources/io/sparkfinetune/sample"
TARGET = ROOT / "src/test/resources/io/sparkfinetune/export/sparknlp"


def texts(split):
    with open(SAMPLE / f"{split}.csv", newline="", encoding="utf-8") as file:
        return [row["text"] for row in csv.DictReader(file)]


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
    byte_level_bpe(corpus)
    sentences = texts("test")[:60] + ["Ｆｕｌｌ ｗｉｄｔｈ  and   spaces", "naïve café №5", "ﬁne\u00a0print…"]
    golden = {}
    with tempfile.TemporaryDirectory() as folder:
        (pathlib.Path(folder) / "corpus.txt").write_text("\n".join(corpus), encoding="utf-8")
        # One with the rules for characters that real models have, one without: they take 300 KB.
        for name, kind, rules in (
            ("xlm-roberta", XLMRobertaTokenizer, "nmt_nfkc"),
            ("camembert", CamembertTokenizer, "identity"),
        ):
            model = f"{folder}/{name}"
            sentencepiece.SentencePieceTrainer.train(
                input=f"{folder}/corpus.txt", model_prefix=model, vocab_size=400, model_type="unigram",
                normalization_rule_name=rules, minloglevel=2, num_threads=1,
            )
            convert_slow_tokenizer(kind(f"{model}.model")).save(str(TARGET / f"{name}.json"), pretty=False)
            processor = sentencepiece.SentencePieceProcessor(model_file=f"{model}.model")
            golden[name] = [{"text": text, "ids": processor.encode(text)} for text in sentences]
    (TARGET / "sentencepiece.json").write_text(json.dumps(golden, ensure_ascii=False), encoding="utf-8")


if __name__ == "__main__":
    main()
