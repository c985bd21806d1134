"""Python's side of bench/predict: a process of its own, in the environment of predict-requirements.txt.

    python bench/predict_python.py SPECIFICATION RESULT

Both files are JSON. Texts are classified by a pipeline of transformers, or by ONNX Runtime on the exported model, in batches of
like length: the longest come last. Tokenizing is in the time, as on the other side.
"""

import json
import pathlib
import sys
import time


class HuggingFace:
    """transformers' own pipeline."""

    def __init__(self, asked):
        import torch
        from transformers import pipeline

        torch.set_num_threads(asked["threads"])
        dtype = torch.bfloat16 if asked["precision"] == "bf16" else torch.float32
        self.pipeline = pipeline("text-classification", model=asked["model"], device="cpu", dtype=dtype)
        self.options = {"batch_size": asked["batch"], "truncation": True, "max_length": asked["max_length"]}

    def labels(self, texts):
        # By characters: the pipeline tokenizes itself.
        order = sorted(range(len(texts)), key=lambda i: len(texts[i]))
        found = self.pipeline([texts[i] for i in order], **self.options)
        labels = [None] * len(texts)
        for i, answer in zip(order, found, strict=True):
            labels[i] = answer["label"]
        return labels


class OnnxRuntime:
    """ONNX Runtime with the tokenizer that transformers has in Rust."""

    def __init__(self, asked):
        import onnxruntime
        from tokenizers import Tokenizer

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = asked["threads"]
        folder = pathlib.Path(asked["onnx"])
        self.session = onnxruntime.InferenceSession(folder / "model.onnx", options, providers=["CPUExecutionProvider"])
        self.inputs = {i.name for i in self.session.get_inputs()}
        self.tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        self.tokenizer.enable_truncation(asked["max_length"])
        self.tokenizer.no_padding()
        config = json.loads((folder / "config.json").read_text())
        self.names = {int(i): name for i, name in config["id2label"].items()}
        self.pad = config.get("pad_token_id") or 0
        self.batch = asked["batch"]

    def labels(self, texts):
        import numpy

        encoded = self.tokenizer.encode_batch(texts)
        order = sorted(range(len(texts)), key=lambda i: len(encoded[i].ids))
        labels = [None] * len(texts)
        for start in range(0, len(order), self.batch):
            part = order[start : start + self.batch]
            length = max(len(encoded[i].ids) for i in part)
            ids = numpy.full((len(part), length), self.pad, dtype=numpy.int64)
            mask = numpy.zeros_like(ids)
            for row, i in enumerate(part):
                ids[row, : len(encoded[i].ids)] = encoded[i].ids
                mask[row, : len(encoded[i].ids)] = 1
            feed = {"input_ids": ids, "attention_mask": mask, "token_type_ids": numpy.zeros_like(ids)}
            logits = self.session.run(None, {k: v for k, v in feed.items() if k in self.inputs})[0]
            for i, best in zip(part, logits.argmax(1), strict=True):
                labels[i] = self.names[int(best)]
        return labels


def main():
    asked = json.loads(pathlib.Path(sys.argv[1]).read_text())
    engine = {"huggingface": HuggingFace, "onnxruntime": OnnxRuntime}[asked["engine"]](asked)
    texts = asked["texts"]
    engine.labels(texts[: asked["warm_up"]])
    start = time.perf_counter()
    labels = engine.labels(texts)
    seconds = time.perf_counter() - start
    result = {"seconds": seconds, "labels": list(zip(texts, labels, strict=True))}
    pathlib.Path(sys.argv[2]).write_text(json.dumps(result))


if __name__ == "__main__":
    main()
