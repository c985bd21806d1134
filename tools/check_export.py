"""Compares what transformers and onnxruntime make of exported folders with what jobs/predict wrote.

    python tools/check_export.py PREDICTIONS EXPORT... [--max-length N]

PREDICTIONS is the folder of jobs/predict with its output as .json; each EXPORT a folder of jobs/export,
format huggingface or onnx, of the same model; N its model.max_length. Prints the largest difference of a
probability, and exits with 1 where it is more than 1e-4 or a label differs. Needs what
tools/goldens/round_trip.py needs.
"""

import argparse
import json
import pathlib
import sys

import onnxruntime
import torch
import transformers


def probabilities(folder, rows, max_length):
    """Row by row, as a service would: the probability of each label by its name."""
    tokenizer = transformers.AutoTokenizer.from_pretrained(folder)
    config = transformers.AutoConfig.from_pretrained(folder)
    if (folder / "model.onnx").exists():
        session = onnxruntime.InferenceSession(folder / "model.onnx")
        logits_of = lambda batch: torch.tensor(session.run(["logits"], {k: v.numpy() for k, v in batch.items()})[0])
    else:
        model = transformers.AutoModelForSequenceClassification.from_pretrained(folder).eval()
        logits_of = lambda batch: model(**batch).logits
    multi_label = config.problem_type == "multi_label_classification"
    for row in rows:
        texts = [row[column] for column in ("text", "text_pair") if column in row]
        batch = tokenizer(*texts, truncation=True, max_length=max_length, return_tensors="pt")
        with torch.no_grad():
            logits = logits_of(batch)[0]
        values = logits.sigmoid() if multi_label else logits.softmax(0)
        yield {config.id2label[i]: value.item() for i, value in enumerate(values)}


def main(arguments):
    rows = [
        json.loads(line)
        for part in sorted(arguments.predictions.glob("part-*"))
        for line in part.read_text().splitlines()
    ]
    failed = not rows
    for folder in arguments.exports:
        difference, labels = 0, 0
        for row, theirs in zip(rows, probabilities(folder, rows, arguments.max_length)):
            ours = row["probabilities"]
            difference = max(difference, *(abs(ours[label] - theirs[label]) for label in ours))
            labels += max(ours, key=ours.get) != max(theirs, key=theirs.get)
        print(f"{folder}: {len(rows)} rows, largest difference {difference:.1e}, other labels {labels}")
        failed |= labels > 0 or not difference <= 1e-4
    return 1 if failed else 0


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("predictions", type=pathlib.Path)
    parser.add_argument("exports", type=pathlib.Path, nargs="+")
    parser.add_argument("--max-length", type=int, default=128)
    sys.exit(main(parser.parse_args()))
