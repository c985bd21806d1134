"""Makes small vocabularies and what transformers' fast tokenizers make of them.

Usage: python tools/goldens/vocabularies.py

byte-level-bpe/: vocab.json, merges.txt and added_tokens.json of a RoBERTa, trained on the texts of token_ids.py, and
ids.jsonl.gz with the ids of each text without and with `add_prefix_space`. mpnet/: vocab.txt and the tokenizer.json that
MPNetTokenizerFast makes of it.
"""

import gzip
import json
import shutil
from pathlib import Path

from token_ids import WRITTEN
from tokenizers import ByteLevelBPETokenizer
from transformers import MPNetTokenizerFast, RobertaTokenizer, RobertaTokenizerFast

OUT = Path(__file__).parents[2] / "src/test/resources/org/sparkfinetune/tokenize"
ADDED = "<order_id>"


def byte_level_bpe():
    folder = OUT / "byte-level-bpe"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    texts = WRITTEN + ["a <mask> b", "a<mask>", "<s> </s>", f"my {ADDED} is {ADDED}.", "  two  spaces ", "\n\nlines\n"]
    trained = ByteLevelBPETokenizer()
    trained.train_from_iterator(
        texts, vocab_size=600, min_frequency=2, special_tokens=["<s>", "<pad>", "</s>", "<unk>", "<mask>"]
    )
    trained.save_model(str(folder))
    files = str(folder / "vocab.json"), str(folder / "merges.txt")
    fast = {space: RobertaTokenizerFast(*files, add_prefix_space=space) for space in (False, True)}
    slow = {space: RobertaTokenizer(*files, add_prefix_space=space) for space in (False, True)}
    for tokenizer in [*fast.values(), *slow.values()]:
        tokenizer.add_tokens([ADDED])
    (folder / "added_tokens.json").write_text(json.dumps(fast[False].get_added_vocab() | {}) + "\n")
    rows, differ = [], 0
    for text in texts:
        ids = {space: fast[space](text).input_ids for space in fast}
        # The slow one cannot encode what is no valid Unicode, and strips around special tokens: compared, not required.
        differ += any(slow[space](text).input_ids != ids[space] for space in slow)
        rows.append({"text": text, "ids": ids[False], "ids_prefix_space": ids[True]})
    print(f"{len(texts)} texts, of which the slow tokenizer encodes {differ} differently")
    with gzip.GzipFile(folder / "ids.jsonl.gz", "wb", mtime=0) as out:
        out.write("".join(json.dumps(row) + "\n" for row in rows).encode())


def mpnet():
    folder = OUT / "mpnet"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    (folder / "vocab.txt").write_text("\n".join("<s> <pad> </s> <unk> [UNK] my card is ##s lost ! <mask>".split()) + "\n")
    tokenizer = MPNetTokenizerFast.from_pretrained(folder)
    (folder / "tokenizer.json").write_text(tokenizer.backend_tokenizer.to_str() + "\n")


if __name__ == "__main__":
    byte_level_bpe()
    mpnet()
