"""Texts in, labels and probabilities out: what MLflow loads for the flavor python_function of this folder.

Tokenizer, graph, labels and settings are the folder's own files.
"""

import json
import os

import numpy as np
import onnxruntime
import pandas as pd
from mlflow.models import Model
from tokenizers import Tokenizer

BATCH = 32


class TextClassifier:
    """A tokenizer and a session of ONNX Runtime."""

    def __init__(self, folder):
        about = Model.load(folder).metadata
        self.labels = about["labels"]
        self.columns = ["text", "text_pair"] if about["text_pairs"] else ["text"]
        # A multi-label model has one.
        self.threshold = about.get("threshold")
        with open(os.path.join(folder, "config.json"), encoding="utf-8") as file:
            self.padding = json.load(file).get("pad_token_id") or 0
        self.tokenizer = Tokenizer.from_file(os.path.join(folder, "tokenizer.json"))
        self.tokenizer.no_padding()
        self.tokenizer.enable_truncation(about["max_length"])
        path = os.path.join(folder, "model.onnx")
        self.session = onnxruntime.InferenceSession(path, providers=onnxruntime.get_available_providers())
        self.inputs = [i.name for i in self.session.get_inputs()]

    def predict(self, model_input, params=None):
        """A row for each text: label and score, of multi-label models labels, and the probability of every label.

        :param model_input: a DataFrame with a column text, of pairs also text_pair; or texts. One that is missing or blank has
            an empty label, no score and no probabilities: of None, MLflow's functions for Spark would make a label "None".
        """
        rows = self._rows(model_input)
        answered = [i for i, row in enumerate(rows) if all(isinstance(t, str) and t.strip() for t in row)]
        encoded = self.tokenizer.encode_batch([rows[i] if len(rows[i]) > 1 else rows[i][0] for i in answered])
        probabilities = [None] * len(rows)
        # Texts of like length lie in a batch: little of it is padding.
        order = sorted(range(len(encoded)), key=lambda i: len(encoded[i].ids))
        for start in range(0, len(order), BATCH):
            part = order[start : start + BATCH]
            for i, values in zip(part, self._probabilities([encoded[i] for i in part])):
                probabilities[answered[i]] = values
        return pd.DataFrame([self._answer(values) for values in probabilities])

    def _rows(self, model_input):
        if isinstance(model_input, pd.DataFrame):
            missing = [name for name in self.columns if name not in model_input]
            if missing:
                raise ValueError(f"no column {missing[0]}: there are {list(model_input.columns)}")
            return list(zip(*(model_input[name] for name in self.columns)))
        if isinstance(model_input, str):
            model_input = [model_input]
        return [(text,) if isinstance(text, str) or text is None else tuple(text) for text in model_input]

    def _probabilities(self, encoded):
        length = max(len(row.ids) for row in encoded)
        feed = {
            "input_ids": np.full((len(encoded), length), self.padding, dtype=np.int64),
            "attention_mask": np.zeros((len(encoded), length), dtype=np.int64),
            "token_type_ids": np.zeros((len(encoded), length), dtype=np.int64),
        }
        for i, row in enumerate(encoded):
            feed["input_ids"][i, : len(row.ids)] = row.ids
            feed["attention_mask"][i, : len(row.ids)] = 1
            feed["token_type_ids"][i, : len(row.ids)] = row.type_ids
        logits = self.session.run(["logits"], {name: feed[name] for name in self.inputs})[0].astype(np.float64)
        if self.threshold is not None:
            return 1 / (1 + np.exp(-logits))
        exponentials = np.exp(logits - logits.max(axis=1, keepdims=True))
        return exponentials / exponentials.sum(axis=1, keepdims=True)

    def _answer(self, probabilities):
        if self.threshold is not None:
            if probabilities is None:
                return {"labels": [], "probabilities": {}}
            above = [label for label, p in zip(self.labels, probabilities) if p >= self.threshold]
            return {"labels": above, "probabilities": dict(zip(self.labels, map(float, probabilities)))}
        if probabilities is None:
            return {"label": "", "score": None, "probabilities": {}}
        best = int(probabilities.argmax())
        return {
            "label": self.labels[best],
            "score": float(probabilities[best]),
            "probabilities": dict(zip(self.labels, map(float, probabilities))),
        }


def _load_pyfunc(path):
    """What MLflow asks for, by this name."""
    return TextClassifier(path)
