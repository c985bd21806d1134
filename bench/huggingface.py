"""Hugging Face's side: a process of its own for each run, in the environment of requirements.txt.

    python bench/huggingface.py prepare|train SPECIFICATION RESULT

Both files are JSON. `prepare` measures what matrix multiplication reaches on this machine, counts the tokens of
the training rows, and finds the fastest of a few settings; `train` trains once and measures accuracy.
"""

import csv
import json
import os
import pathlib
import sys
import tempfile
import time

import torch
from transformers import (
    AutoModel,
    AutoTokenizer,
    DataCollatorWithPadding,
    Trainer,
    TrainerCallback,
    TrainingArguments,
    set_seed,
)

PROBE_STEPS = 15
PROBE_WARMUP = 3
GEMM_SHAPES = [(2048, 2048, 2048), (4096, 2048, 2048), (2048, 1536, 384), (4096, 4096, 1024)]
GEMM_SECONDS = 1.5


class Classifier(torch.nn.Module):
    """An encoder, the mean of its token vectors, dropout, a linear layer."""

    def __init__(self, encoder_folder, labels):
        super().__init__()
        self.encoder = AutoModel.from_pretrained(encoder_folder, add_pooling_layer=False)
        self.dropout = torch.nn.Dropout(self.encoder.config.hidden_dropout_prob)
        self.classifier = torch.nn.Linear(self.encoder.config.hidden_size, labels)
        torch.nn.init.normal_(self.classifier.weight, std=self.encoder.config.initializer_range)
        torch.nn.init.zeros_(self.classifier.bias)

    def forward(self, input_ids, attention_mask, token_type_ids=None, labels=None):
        encoded = {"input_ids": input_ids, "attention_mask": attention_mask, "token_type_ids": token_type_ids}
        vectors = self.encoder(**encoded).last_hidden_state
        mask = attention_mask.unsqueeze(-1)
        logits = self.classifier(self.dropout((vectors * mask).sum(1) / mask.sum(1)))
        loss = None if labels is None else torch.nn.functional.cross_entropy(logits.float(), labels)
        return {"loss": loss, "logits": logits}


class Clock(TrainerCallback):
    """Seconds of the steps after the first few."""

    def on_step_end(self, args, state, control, **kwargs):
        if state.global_step == PROBE_WARMUP:
            self.start = time.perf_counter()
        self.end = time.perf_counter()

    def seconds(self):
        return (self.end - self.start) / (PROBE_STEPS - PROBE_WARMUP)


class Data:
    def __init__(self, specification):
        self.tokenizer = AutoTokenizer.from_pretrained(specification["model"])
        train, test = ([*self._read(specification[part])] for part in ("train", "test"))
        self.labels = sorted({label for _, label in train})
        self.train, self.test = (self._encode(rows, specification["max_length"]) for rows in (train, test))

    @staticmethod
    def _read(path):
        with open(path, encoding="utf-8", newline="") as file:
            yield from ((row["text"], row["label"]) for row in csv.DictReader(file))

    def _encode(self, rows, max_length):
        encoded = self.tokenizer([text for text, _ in rows], truncation=True, max_length=max_length)
        index = {label: i for i, label in enumerate(self.labels)}
        return [
            {**{name: encoded[name][i] for name in encoded}, "labels": index[label]}
            for i, (_, label) in enumerate(rows)
        ]


def trainer(specification, data, variant, folder, **more):
    set_seed(specification["seed"])
    # TrainingArguments takes bf16 from the last ones of this process otherwise.
    os.environ["ACCELERATE_MIXED_PRECISION"] = "bf16" if variant["bf16"] else "no"
    arguments = TrainingArguments(
        output_dir=folder,
        num_train_epochs=specification["epochs"],
        per_device_train_batch_size=specification["batch"],
        per_device_eval_batch_size=64,
        learning_rate=specification["learning_rate"],
        lr_scheduler_type="linear",
        warmup_ratio=specification["warmup_ratio"],
        weight_decay=specification["weight_decay"],
        seed=specification["seed"],
        group_by_length=variant["group_by_length"],
        bf16=variant["bf16"],
        eval_strategy="no",
        save_strategy="no",
        report_to="none",
        disable_tqdm=True,
        use_cpu=True,
        **more,
    )
    return Trainer(
        model=Classifier(specification["model"], len(data.labels)),
        args=arguments,
        train_dataset=data.train,
        data_collator=DataCollatorWithPadding(data.tokenizer),
    )


def set_threads(threads):
    if threads:
        torch.set_num_threads(threads)


def train(specification):
    variant = specification["variant"]
    set_threads(variant["threads"])
    data = Data(specification)
    with tempfile.TemporaryDirectory() as folder:
        training = trainer(specification, data, variant, folder)
        seconds = training.train().metrics["train_runtime"]
        # Longest first, as this project predicts: least padding. It is not timed.
        test = sorted(data.test, key=lambda row: -len(row["input_ids"]))
        predicted = training.predict(test)
    hits = int((predicted.predictions.argmax(-1) == predicted.label_ids).sum())
    return {"train_runtime": seconds, "accuracy": hits / len(test)}


def gemm_peak(dtype):
    """The most floating-point operations a second that a matrix product reaches."""
    best = 0.0
    for m, n, k in GEMM_SHAPES:
        a, b = torch.randn(m, k).to(dtype), torch.randn(k, n).to(dtype)
        torch.mm(a, b)
        end = time.perf_counter() + GEMM_SECONDS
        while (start := time.perf_counter()) < end:
            torch.mm(a, b)
            best = max(best, 2 * m * n * k / (time.perf_counter() - start))
    return best


def thread_counts(cores):
    """All up to eight; beyond, powers of two and all cores."""
    return [n for n in range(1, cores + 1) if n <= 8 or n == cores or n & (n - 1) == 0]


def probe(specification, data):
    """Seconds a step of each setting, on the same batches."""
    found = []
    for bf16 in [False, True] if specification["native_bf16"] else [False]:
        for threads in thread_counts(specification["cores"]):
            torch.set_num_threads(threads)
            variant = {"group_by_length": True, "bf16": bf16, "threads": threads}
            clock = Clock()
            with tempfile.TemporaryDirectory() as folder:
                probing = trainer(specification, data, variant, folder, max_steps=PROBE_STEPS)
                probing.add_callback(clock)
                probing.train()
            found.append({**variant, "seconds_per_step": clock.seconds()})
    return found


def prepare(specification):
    torch.manual_seed(specification["seed"])
    dtypes = {"fp32": torch.float32} | ({"bf16": torch.bfloat16} if specification["native_bf16"] else {})
    peaks = {name: gemm_peak(dtype) for name, dtype in dtypes.items()}
    data = Data(specification)
    model = Classifier(specification["model"], len(data.labels))
    lengths = [len(row["input_ids"]) for row in data.train]
    return {
        "peaks": peaks,
        "tokens": sum(lengths),
        "squares": sum(length * length for length in lengths),
        "layers": model.encoder.config.num_hidden_layers,
        "hidden": model.encoder.config.hidden_size,
        "encoder_parameters": sum(
            p.numel() for n, p in model.encoder.named_parameters() if not n.startswith("embeddings.")
        ),
        "head_parameters": sum(p.numel() for p in model.classifier.parameters()),
        "probes": probe(specification, data),
    }


def main():
    command, specification, result = sys.argv[1:]
    os.environ["TOKENIZERS_PARALLELISM"] = "true"
    found = {"prepare": prepare, "train": train}[command](json.loads(pathlib.Path(specification).read_text()))
    pathlib.Path(result).write_text(json.dumps(found))


if __name__ == "__main__":
    main()
