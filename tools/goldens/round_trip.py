"""Loads what jobs/export writes with transformers and onnxruntime, and compares logits.

    python tools/goldens/round_trip.py [--keep]

runs RoundTripTest, which takes each family's tiny model through two training steps, for single
labels and for sets of labels, and exports it under target/round-trip, then loads each of its folders:

* AutoModelForSequenceClassification: logits as Java's within 1e-5, no weight missing or left over;
* onnxruntime: within 1e-4, on the batch as it is and on each row alone without its padding;
* optimum, where it is installed;
* AutoTokenizer: ids and types as tokenizer.json gives them to the library tokenizers, and the model
  and the graph take what it returns, for a text and for a pair;
* config.json and the model card's front matter.

--keep compares what is under target/round-trip already. Exits with 1 when anything differs.
Needs, beside requirements.txt: onnxruntime==1.31.1 pyyaml
"""

import argparse
import json
import pathlib
import subprocess
import sys

import numpy
import onnx
import onnxruntime
import tokenizers
import torch
import transformers
import yaml

ROOT = pathlib.Path(__file__).parents[2]
FOLDERS = ROOT / "target/round-trip"
INPUTS = ["input_ids", "attention_mask", "token_type_ids"]


def expected(folder):
    """The inputs, int64 [rows, length], and Java's logits."""
    golden = json.loads((folder / "expected.json").read_text())
    rows = golden["rows"]
    inputs = {k: numpy.array(golden[k], dtype=numpy.int64).reshape(rows, -1) for k in INPUTS if k in golden}
    return inputs, numpy.array(golden["logits"], dtype=numpy.float32).reshape(rows, -1)


def of_transformers(folder, inputs):
    model, info = transformers.AutoModelForSequenceClassification.from_pretrained(
        folder, output_loading_info=True, attn_implementation="eager"
    )
    problems = {key: value for key, value in info.items() if value}
    if problems:
        raise AssertionError(f"{folder}: {problems}")
    if model.dtype != torch.float32:
        raise AssertionError(f"{folder}: {model.dtype}")
    with torch.no_grad():
        return model.eval()(**{k: torch.tensor(v) for k, v in inputs.items()}).logits.numpy()


def of_onnxruntime(folder, inputs):
    onnx.checker.check_model(folder / "model.onnx", full_check=True)
    session = onnxruntime.InferenceSession(folder / "model.onnx")
    run = lambda batch: session.run(["logits"], {i.name: batch[i.name] for i in session.get_inputs()})[0]
    together = run(inputs)
    for row, length in enumerate(inputs["attention_mask"].sum(1)):
        alone = run({k: v[row : row + 1, :length] for k, v in inputs.items()})
        if abs(alone - together[row]).max() > 1e-4:
            raise AssertionError(f"{folder}: row {row} depends on its padding")
    return together


def of_optimum(folder, inputs):
    try:
        from optimum.onnxruntime import ORTModelForSequenceClassification
    except ImportError:
        return None
    model = ORTModelForSequenceClassification.from_pretrained(folder)
    return model(**{k: torch.tensor(v) for k, v in inputs.items()}).logits.numpy()


def check_tokenizer(folder):
    """A text, a pair and a padded batch as a user passes them on: model(**tokenizer(...))."""
    tokenizer = transformers.AutoTokenizer.from_pretrained(folder / "huggingface")
    reference = tokenizers.Tokenizer.from_file(str(folder / "huggingface/tokenizer.json"))
    model = transformers.AutoModelForSequenceClassification.from_pretrained(folder / "huggingface").eval()
    session = onnxruntime.InferenceSession(folder / "onnx/model.onnx")
    for texts in [("my card!",), ("a", "b"), ("  My card is lost", f"{tokenizer.mask_token or ''} lost card")]:
        plain = reference.encode(*texts)
        encoded = tokenizer(*texts)
        if encoded["input_ids"] != plain.ids:
            raise AssertionError(f"{folder}: {texts}: {encoded} where tokenizer.json gives {plain.ids}")
        if encoded.get("token_type_ids", plain.type_ids) != plain.type_ids:
            raise AssertionError(f"{folder}: {texts}: {encoded} where tokenizer.json gives {plain.type_ids}")
        batch = tokenizer(*texts, return_tensors="pt")
        with torch.no_grad():
            logits = model(**batch).logits.numpy()
        if set(batch) != {i.name for i in session.get_inputs()}:
            raise AssertionError(f"{folder}: the tokenizer gives {set(batch)}, which the graph does not take")
        difference = abs(session.run(["logits"], {k: v.numpy() for k, v in batch.items()})[0] - logits).max()
        if not difference <= 1e-4:
            raise AssertionError(f"{folder}: {texts}: logits differ by {difference}")
    padded = tokenizer(["a", "my card is lost"], padding=True, return_tensors="pt")
    if padded["input_ids"][0, -1] != model.config.pad_token_id:
        raise AssertionError(f"{folder}: pads with {padded['input_ids'][0, -1]}, the model with {model.config.pad_token_id}")
    model(**padded)
    # As many tokens as it says the model takes: RoBERTa's kin has fewer positions than embeddings of them.
    model(torch.full((1, tokenizer.model_max_length), 5))


def check_rest(folder):
    config = json.loads((folder / "config.json").read_text())
    for key in ["problem_type", "id2label", "label2id", "architectures"]:
        if key not in config:
            raise AssertionError(f"{folder}: config.json has no {key}")
    _, front_matter, _ = (folder / "README.md").read_text().split("---\n", 2)
    card = yaml.safe_load(front_matter)
    if card["pipeline_tag"] != "text-classification":
        raise AssertionError(f"{folder}: {card}")


def main(keep):
    if not keep:
        command = ["mvn", "-B", "-q", "test", "-Dtest=RoundTripTest"]
        subprocess.run(command, cwd=ROOT, check=True)
    folders = sorted(path for path in FOLDERS.iterdir() if path.is_dir())
    failed = not folders
    for folder in folders:
        inputs, logits = expected(folder)
        results = [
            ("transformers", of_transformers(folder / "huggingface", inputs), 1e-5),
            ("onnxruntime", of_onnxruntime(folder / "onnx", inputs), 1e-4),
            ("optimum", of_optimum(folder / "onnx", inputs), 1e-4),
        ]
        check_tokenizer(folder)
        check_rest(folder / "huggingface")
        check_rest(folder / "onnx")
        line = f"{folder.name:44}"
        for name, result, tolerance in results:
            if result is None:
                line += f"  {name} is not installed"
                continue
            difference = float(abs(result - logits).max())
            bad = not difference <= tolerance
            failed |= bad
            line += f"  {name} {difference:.1e}{' DIFFERS' if bad else ''}"
        print(line)
    return 1 if failed else 0


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--keep", action="store_true", help="do not run RoundTripTest first")
    sys.exit(main(parser.parse_args().keep))
