"""Makes tokenizer_settings.json.gz: folders of tokenizer files, and what transformers' AutoTokenizer makes of texts by them.

    python tools/goldens/tokenizer_settings.py

A case is a base (files by their names, or one of the test resources as tokenizer.json) and files that lie beside it. For
each text: `ids`, and `cut`, those at max_length 7; for each pair of texts `pairs`, its ids and token types (none where the
tokenizer gives none). A case that transformers cannot load has `error`. Cases on the files of vocabularies.py and
stock_vocabularies.py come after them.
"""

import contextlib
import gzip
import io
import json
import pathlib
import tempfile

from transformers import AutoTokenizer, BertTokenizerFast, RobertaTokenizerFast

ROOT = pathlib.Path(__file__).resolve().parents[2] / "src/test/resources/org/sparkfinetune"
TARGET = ROOT / "model/io/tokenizer_settings.json.gz"
CUT = 7

TEXTS = [
    "", "The Movie was GREAT", "the [url] is here", "the[url]is [URL] here", "caf\u00e9 Cafe\u0301 \u00c9t\u00e9", "\u6211\u7684 \u5361is",
    "[CLS] the [SEP] [MASK] [PAD] [UNK]", "<s> the </s> <mask> <pad> <unk>", "a <mask> b <MASK>", "is [user]  here [user]", "xyz \U0001f600 xyz",
    "the movie was great the movie was great", " leading and trailing ", "urlurl [x]the[x] [X]", "never [keep] split", "##is ##s",
]  # fmt: skip
PAIRS = [("the movie", "was great"), ("The [url]", "is [user] here"), ("", "one")]

WORDS = "the The movie Movie was great GREAT url is here cafe caf\u00e9 Cafe ete \u6211 \u7684 one never keep split [ ] < > ##is ##url".split()
LETTERS = "abcdefghijklmnopqrstuvwxyz"
VOCABULARY = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *WORDS, *LETTERS, *("##" + c for c in LETTERS), *"ABCDEFGHIJKLMNOPQRSTUVWXYZ"]
OTHER_NAMES = ["<pad>", "<unk>", "<s>", "</s>", "<mask>", *VOCABULARY[5:]]
SIZE = len(VOCABULARY)


def bases():
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / "vocab.txt"
        path.write_text("\n".join(VOCABULARY) + "\n", encoding="utf-8")
        bert = BertTokenizerFast(str(path)).backend_tokenizer.to_str()
        cased = BertTokenizerFast(str(path), do_lower_case=False).backend_tokenizer.to_str()
    bpe = ROOT / "tokenize/byte-level-bpe"
    vocab, merges = (bpe / "vocab.json").read_text(), (bpe / "merges.txt").read_text()
    roberta = RobertaTokenizerFast(str(bpe / "vocab.json"), str(bpe / "merges.txt")).backend_tokenizer.to_str()
    result = {
        "bert": {"tokenizer.json": bert},
        "cased": {"tokenizer.json": cased},
        "vocab": {"vocab.txt": "\n".join(VOCABULARY) + "\n"},
        "other_names": {"vocab.txt": "\n".join(OTHER_NAMES) + "\n"},
        "mpnet_vocab": {"vocab.txt": (ROOT / "tokenize/mpnet/vocab.txt").read_text() + "[\n]\nurl\n"},
        "roberta": {"tokenizer.json": roberta},
        "bpe": {"vocab.json": vocab, "merges.txt": merges},
        "mpnet": {"resource": "tokenize/mpnet/tokenizer.json"},
    }
    for family in ("xlm-roberta", "camembert", "albert", "deberta-v2"):
        result[family] = {"resource": f"export/sparknlp/{family}.json"}
    # BERT's older post-processor, with its types built in.
    processor = json.loads(bert)
    processor["post_processor"] = {"type": "BertProcessing", "sep": ["[SEP]", 3], "cls": ["[CLS]", 2]}
    result["bert_processing"] = {"tokenizer.json": json.dumps(processor)}
    left = json.loads(bert)
    left["truncation"] = {"direction": "Left", "max_length": 20, "strategy": "LongestFirst", "stride": 0}
    result["left"] = {"tokenizer.json": json.dumps(left)}
    space = json.loads(roberta)
    space["pre_tokenizer"]["add_prefix_space"] = True
    result["space"] = {"tokenizer.json": json.dumps(space)}
    steps = json.loads(bert)
    steps["normalizer"] = {"type": "Sequence", "normalizers": [{"type": "NFC"}, {"type": "Lowercase"}]}
    result["steps"] = {"tokenizer.json": json.dumps(steps)}
    return result


def added(content, **flags):
    return {"content": content, "lstrip": False, "normalized": False, "rstrip": False, "single_word": False, "special": True} | flags


def cases():
    """Name, base, tokenizer_config.json, special_tokens_map.json, added_tokens.json, config.json."""
    bert = {"tokenizer_class": "BertTokenizer"}
    url, user = {"[url]": SIZE}, {"[url]": SIZE, "[user]": SIZE + 1}
    for base in ("bert", "cased", "vocab"):
        yield f"{base}: no settings", base
        for key, values in {
            "do_lower_case": [True, False],
            "strip_accents": [None, True, False],
            "tokenize_chinese_chars": [True, False],
            "truncation_side": ["left", "right"],
            "padding_side": ["left"],
            "do_basic_tokenize": [False],
            "never_split": [["[keep]"]],
            "wordpieces_prefix": ["@@"],
            "clean_up_tokenization_spaces": [True],
            "add_prefix_space": [True],
            "model_input_names": [["input_ids", "attention_mask"]],
            "cls_token": ["[X]", None],
            "mask_token": [None, "[user]"],
            "unk_token": ["[unk]"],
            "additional_special_tokens": [["[url]"], [], None, ["[url]", "[user]", "[url]"]],
            "extra_special_tokens": [{"url_token": "[url]"}],
            "added_tokens_decoder": [
                {},
                {str(SIZE): added("[url]")},
                {str(SIZE + 9): added("[url]")},
                {str(SIZE): added("[URL]", special=False, normalized=True)},
                {str(SIZE + 1): added("[url]", lstrip=True, rstrip=True), str(SIZE): added("[x]", single_word=True)},
                {"4": added("[MASK]", lstrip=True), "7": added("movie", special=False, single_word=True)},
            ],
        }.items():
            if base != "vocab" and key in ("cls_token", "unk_token"):
                values = values + ["[CLS]"]
            if base == "vocab" and key in ("cls_token", "unk_token"):
                continue
            # Beside a normalizer that changes, transformers does not find such a token before it has saved the tokenizer.
            settings = bert | ({"do_lower_case": False} if key == "added_tokens_decoder" and base == "cased" else {})
            for value in values:
                yield f"{base}: {key}={json.dumps(value)}", base, settings | {key: value}
        yield f"{base}: all at once", base, bert | {
            "do_lower_case": False, "strip_accents": True, "tokenize_chinese_chars": False, "truncation_side": "left",
            "additional_special_tokens": ["[url]"],
        }  # fmt: skip
        yield f"{base}: added_tokens.json", base, bert, None, url
        yield f"{base}: added_tokens.json of two, one special", base, bert, {"additional_special_tokens": ["[user]"]}, user
        yield f"{base}: added_tokens.json in another order", base, bert, None, {"[url]": SIZE + 1, "[user]": SIZE}
        yield f"{base}: added_tokens.json beside a decoder", base, bert | {"added_tokens_decoder": {}}, None, url
        yield f"{base}: added_tokens.json of a known id", base, bert, None, {"[MASK]": 4, "the": 5}
        yield f"{base}: special_tokens_map.json", base, bert, {
            "mask_token": {"content": "[user]", "lstrip": True, "rstrip": False, "normalized": False, "single_word": False},
            "additional_special_tokens": ["[url]", {"content": "[x]", "lstrip": False, "rstrip": True, "normalized": True, "single_word": False}],
        }  # fmt: skip
        yield f"{base}: special_tokens_map.json beside a decoder", base, bert | {"added_tokens_decoder": {}}, {"additional_special_tokens": ["[url]"]}
        yield f"{base}: special_tokens_map.json alone", base, None, {"additional_special_tokens": ["[url]"]}
        for name in ("DistilBertTokenizer", "ElectraTokenizerFast", "MobileBertTokenizer", "LayoutLMTokenizer", "ConvBertTokenizerFast",
                     "SqueezeBertTokenizer", "LxmertTokenizer", "DPRQuestionEncoderTokenizer", "DPRContextEncoderTokenizer"):  # fmt: skip
            yield f"{base}: {name}", base, {"tokenizer_class": name, "do_lower_case": False}
        yield f"{base}: class of config.json", base, None, None, None, {"model_type": "bert", "tokenizer_class": "DistilBertTokenizer"}
    for base in ("bert", "cased", "steps", "left"):
        for name in ("PreTrainedTokenizerFast", "PreTrainedTokenizer", "AlbertTokenizer", "DebertaV2Tokenizer", "HerbertTokenizerFast", "XLMRobertaTokenizer", "RobertaTokenizer"):
            yield f"{base}: {name}", base, {"tokenizer_class": name, "do_lower_case": False, "strip_accents": False}
    yield "steps: BertTokenizer", "steps", bert | {"do_lower_case": False}
    yield "left: right", "left", bert | {"truncation_side": "right"}
    yield "left: as it is", "left", bert
    yield "other names", "other_names", bert | {
        "pad_token": "<pad>", "unk_token": "<unk>", "cls_token": "<s>", "sep_token": "</s>", "mask_token": "<mask>"
    }
    yield "other names by special_tokens_map.json", "other_names", bert, {
        "pad_token": "<pad>", "unk_token": "<unk>", "cls_token": "<s>", "sep_token": {"content": "</s>", "lstrip": False, "normalized": False, "rstrip": False, "single_word": False},
    }  # fmt: skip
    yield "types built in", "bert_processing", bert
    yield "types built in and not given", "bert_processing", {"tokenizer_class": "DistilBertTokenizer"}
    mpnet = {"tokenizer_class": "MPNetTokenizer"}
    for base in ("mpnet", "mpnet_vocab"):
        for settings in ({}, {"do_lower_case": False}, {"strip_accents": False}, {"tokenize_chinese_chars": False}, {"additional_special_tokens": ["[url]"]}):
            yield f"{base}: {json.dumps(settings)}", base, mpnet | settings
        yield f"{base}: by its family", base, None, None, None, {"model_type": "mpnet"}
    for base in ("roberta", "space", "bpe"):
        for name in ("RobertaTokenizer", "LongformerTokenizer", "BartTokenizer", "LEDTokenizerFast", "PreTrainedTokenizerFast", "DebertaTokenizer", "LlamaTokenizerFast", "GemmaTokenizerFast"):
            if base == "bpe" and name in ("PreTrainedTokenizerFast", "DebertaTokenizer", "LlamaTokenizerFast", "GemmaTokenizerFast"):
                continue
            for settings in ({}, {"add_prefix_space": True}):
                if name in ("LlamaTokenizerFast", "GemmaTokenizerFast"):
                    settings = {"add_eos_token": bool(settings)} if base == "roberta" else {"add_eos_token": True, "bos_token": "<s>", "eos_token": "</s>"}
                yield f"{base}: {name} {json.dumps(settings)}", base, {"tokenizer_class": name} | settings
        roberta = {"tokenizer_class": "RobertaTokenizer"}
        yield f"{base}: by its family", base, None, None, None, {"model_type": "roberta"}
        yield f"{base}: added_tokens.json", base, roberta, None, {"[url]": 600, "[user]": 601}
        yield f"{base}: a mask of another kind", base, roberta | {"added_tokens_decoder": {"4": added("<mask>", normalized=True)}, "mask_token": "<mask>"}
        yield f"{base}: special tokens", base, roberta, {"additional_special_tokens": ["[url]"], "mask_token": "<unk>"}
        yield f"{base}: a mask as an object", base, roberta | {"mask_token": {"__type": "AddedToken", "content": "<mask>", "lstrip": True, "rstrip": True, "single_word": False, "normalized": True}}
        yield f"{base}: trim_offsets", base, roberta | {"trim_offsets": False, "truncation_side": "left", "errors": "strict"}
    for family, name in (("xlm-roberta", "XLMRobertaTokenizer"), ("camembert", "CamembertTokenizer"), ("albert", "AlbertTokenizer"), ("deberta-v2", "DebertaV2TokenizerFast")):
        yield f"{family}: by its family", family, None, None, None, {"model_type": family}
        for settings in ({}, {"do_lower_case": True, "keep_accents": True, "split_by_punct": True}, {"additional_special_tokens": ["[url]"], "truncation_side": "left"},
                         {"add_prefix_space": False}, {"mask_token": None}, {"added_tokens_decoder": {"0": added("[x]"), "390": added("[url]", special=False)}}):  # fmt: skip
            yield f"{family}: {json.dumps(settings)}", family, {"tokenizer_class": name} | settings


def write(folder, files):
    for name, content in files.items():
        if name == "resource":
            name, content = "tokenizer.json", (ROOT / content).read_text(encoding="utf-8")
        (folder / name).write_text(content, encoding="utf-8")


def run(base, settings, special=None, tokens=None, model=None):
    beside = {
        "config.json": model or {"model_type": "bert"},
        "tokenizer_config.json": settings,
        "special_tokens_map.json": special,
        "added_tokens.json": tokens,
    }
    files = {name: json.dumps(content) for name, content in beside.items() if content is not None}
    with tempfile.TemporaryDirectory() as folder:
        write(pathlib.Path(folder), base | files)
        try:
            with contextlib.redirect_stderr(io.StringIO()):
                tokenizer = AutoTokenizer.from_pretrained(folder)
        except Exception as e:  # whatever it is, it is no tokenizer
            return {"files": files, "error": f"{type(e).__name__}: {e}"[:80]}
        pairs = [tokenizer(*pair) for pair in PAIRS]
        return {
            "files": files,
            "ids": [tokenizer(text)["input_ids"] for text in TEXTS],
            "cut": [tokenizer(text, truncation=True, max_length=CUT)["input_ids"] for text in TEXTS],
            "pairs": [{"ids": p["input_ids"], "types": p.get("token_type_ids", [0] * len(p["input_ids"]))} for p in pairs],
        }


def main():
    known = bases()
    golden = [{"name": name, "base": base} | run(known[base], *(files or [None])) for name, base, *files in cases()]
    print(len(golden), "cases, of which transformers loads", sum("ids" in case for case in golden))
    for case in golden:
        if "error" in case:
            print("  not", case["name"], "-", case["error"])
    rows = ",\n".join(json.dumps(case) for case in golden)
    head = json.dumps({"bases": known, "texts": TEXTS, "pairs": PAIRS})[:-1]
    with gzip.GzipFile(TARGET, "wb", mtime=0) as out:
        out.write(f'{head}, "cases": [\n{rows}\n]}}\n'.encode())


if __name__ == "__main__":
    main()
