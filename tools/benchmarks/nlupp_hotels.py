"""Micro-F1 on NLU++ hotels (multi-label): this project against transformers and plain PyTorch.

    pip install -r tools/goldens/requirements.txt
    python tools/benchmarks/nlupp_hotels.py --data DIR

DIR holds train.csv and test.csv (columns text and labels, `|` between labels). Both sides read the same
split (made here: a tenth of the training rows validates), start from the same encoder weights (minilm-l6,
which this project writes as a Hugging Face folder), and train with the same settings: mean pooling,
dropout, a linear head, binary cross-entropy, AdamW without decay on biases and norms, linear warm-up and
decay, clipping, fp32. Each epoch tunes one threshold for micro-F1 on the validation rows, the best epoch
is kept, and its threshold is used on the test rows. Prints every run and both means; fails when ours is
more than 0.01 below.
"""

import argparse
import csv
import json
import math
import pathlib
import random
import statistics
import subprocess
import sys
import time

import numpy as np
import torch
from sklearn.metrics import f1_score
from transformers import AutoModel, AutoTokenizer, get_linear_schedule_with_warmup

ROOT = pathlib.Path(__file__).resolve().parents[2]
MAX_LENGTH = 64
BATCH = 32
WARMUP = 0.1
WEIGHT_DECAY = 0.01
MARGIN = 0.01


def read(path):
    with open(path, encoding="utf-8", newline="") as file:
        rows = [(row["text"].strip(), row["labels"]) for row in csv.DictReader(file)]
    return [row for row in rows if row[0]]


def write(path, rows):
    with open(path, "w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([("text", "labels"), *rows])


def split(data, folder):
    """Nothing is left to be rejected: no text is in two parts, and each label is in training."""
    train, test = read(data / "train.csv"), read(data / "test.csv")
    random.Random(7).shuffle(train)
    size = len(train) // 10
    validation, train = train[:size], train[size:]
    seen = {text for text, _ in train}
    known = {label for _, labels in train for label in labels.split("|")} | {""}
    parts = {"train": train}
    for name, rows in (("validation", validation), ("test", test)):
        rows = [(t, ls) for t, ls in rows if t not in seen and known.issuperset(ls.split("|"))]
        seen.update(text for text, _ in rows)
        parts[name] = rows
    for name, rows in parts.items():
        write(folder / f"{name}.csv", rows)
        print(f"{name}: {len(rows)} rows")
    return parts


def fine_tune(folder, name, options):
    output = folder / name
    arguments = [f"data.{part}={folder / part}.csv" for part in ("train", "validation", "test")]
    arguments += [
        "data.label_column=labels",
        "model.base=minilm-l6",
        "model.problem_type=multi_label_classification",
        "model.pooling=mean",
        f"model.max_length={MAX_LENGTH}",
        f"training.per_device_train_batch_size={BATCH}",
        f"training.warmup_ratio={WARMUP}",
        f"training.weight_decay={WEIGHT_DECAY}",
        "training.precision=fp32",
        "training.group_by_length=false",
        f"output={output}",
        "overwrite=true",
        *options,
    ]
    with open(folder / f"{name}.log", "w", encoding="utf-8") as log:
        subprocess.run([ROOT / "jobs" / "fine-tune", *arguments], check=True, stdout=log, stderr=log)
    return output


def ours(folder, epochs, learning_rate, seed):
    options = [
        f"training.num_train_epochs={epochs}",
        f"training.learning_rate={learning_rate}",
        f"training.seed={seed}",
    ]
    output = fine_tune(folder, f"ours-{seed}", options)
    return json.loads((output / "metrics.json").read_text())["test_f1_micro"]


def base(folder):
    """minilm-l6 as a Hugging Face folder: so low a rate changes no weight of fp32."""
    output = fine_tune(folder, "base", ["training.num_train_epochs=1", "training.learning_rate=1e-30"])
    return next(output.glob("model/stages/*/huggingface"))


class Classifier(torch.nn.Module):
    def __init__(self, encoder_folder, labels):
        super().__init__()
        self.encoder = AutoModel.from_pretrained(encoder_folder, add_pooling_layer=False)
        self.dropout = torch.nn.Dropout(self.encoder.config.hidden_dropout_prob)
        self.classifier = torch.nn.Linear(self.encoder.config.hidden_size, labels)
        torch.nn.init.normal_(self.classifier.weight, std=self.encoder.config.initializer_range)
        torch.nn.init.zeros_(self.classifier.bias)

    def forward(self, encoded):
        vectors = self.encoder(**encoded).last_hidden_state
        mask = encoded["attention_mask"].unsqueeze(-1)
        return self.classifier(self.dropout((vectors * mask).sum(1) / mask.sum(1)))


def best_threshold(truth, probabilities):
    scores = np.unique(probabilities)
    candidates = [0.5, *((scores[1:] + scores[:-1]) / 2)]
    order = np.argsort(-probabilities, axis=None)
    hits = np.concatenate([[0], np.cumsum(truth.reshape(-1)[order])])
    ranked = probabilities.reshape(-1)[order]
    best = (-1.0, 0.0, 0.5)
    for threshold in candidates:
        predicted = np.searchsorted(-ranked, -threshold, side="right")
        f1 = 2 * hits[predicted] / (predicted + truth.sum())
        best = max(best, (f1, -abs(threshold - 0.5), threshold))
    return best[0], best[2]


def transformers_run(folder, parts, epochs, learning_rate, seed):
    torch.manual_seed(seed)
    labels = sorted({label for _, row in parts["train"] for label in row.split("|") if label})
    tokenizer = AutoTokenizer.from_pretrained(folder)

    def encode(rows):
        return tokenizer([t for t, _ in rows], truncation=True, max_length=MAX_LENGTH, padding=True, return_tensors="pt")

    def indicators(rows):
        return np.array([[float(label in row.split("|")) for label in labels] for _, row in rows])

    model = Classifier(folder, len(labels))
    decayed = [p for n, p in model.named_parameters() if not (n.endswith("bias") or "LayerNorm" in n)]
    plain = [p for n, p in model.named_parameters() if n.endswith("bias") or "LayerNorm" in n]
    optimizer = torch.optim.AdamW(
        [{"params": decayed, "weight_decay": WEIGHT_DECAY}, {"params": plain, "weight_decay": 0.0}], lr=learning_rate
    )
    steps = math.ceil(len(parts["train"]) / BATCH) * epochs
    schedule = get_linear_schedule_with_warmup(optimizer, math.ceil(WARMUP * steps), steps)
    target = torch.tensor(indicators(parts["train"]), dtype=torch.float32)

    def probabilities(rows):
        model.eval()
        with torch.no_grad():
            return torch.cat([model(encode(rows[i : i + 64])) for i in range(0, len(rows), 64)]).sigmoid().double().numpy()

    best = (-1.0, 0.5, None)
    for _ in range(epochs):
        model.train()
        for rows in torch.randperm(len(parts["train"])).split(BATCH):
            logits = model(encode([parts["train"][i] for i in rows]))
            loss = torch.nn.functional.binary_cross_entropy_with_logits(logits, target[rows])
            optimizer.zero_grad()
            loss.backward()
            torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
            schedule.step()
        f1, threshold = best_threshold(indicators(parts["validation"]), probabilities(parts["validation"]))
        if f1 > best[0]:
            best = (f1, threshold, {k: v.clone() for k, v in model.state_dict().items()})
    model.load_state_dict(best[2])
    return f1_score(indicators(parts["test"]), probabilities(parts["test"]) >= best[1], average="micro")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=pathlib.Path, required=True)
    parser.add_argument("--work", type=pathlib.Path, default=ROOT / "target" / "nlupp_hotels")
    parser.add_argument("--epochs", type=int, default=40)
    parser.add_argument("--learning-rate", type=float, default=2e-4)
    parser.add_argument("--seeds", type=int, nargs="+", default=[42, 43, 44])
    args = parser.parse_args()
    args.work = args.work.resolve()
    args.work.mkdir(parents=True, exist_ok=True)
    parts = split(args.data, args.work)
    folder = base(args.work)
    figures = {"ours": [], "transformers": []}
    for seed in args.seeds:
        for side in figures:
            start = time.time()
            if side == "ours":
                f1 = ours(args.work, args.epochs, args.learning_rate, seed)
            else:
                f1 = transformers_run(folder, parts, args.epochs, args.learning_rate, seed)
            figures[side].append(f1)
            print(f"{side}, seed {seed}: test micro-F1 {f1:.4f} ({time.time() - start:.0f} s)", flush=True)
    means = {side: statistics.mean(values) for side, values in figures.items()}
    print(", ".join(f"{side}: mean {mean:.4f}" for side, mean in means.items()))
    if means["ours"] < means["transformers"] - MARGIN:
        sys.exit(f"ours is more than {MARGIN} below")


if __name__ == "__main__":
    main()
