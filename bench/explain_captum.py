"""Captum's side of bench/explain: a process of its own, in the environment of explain-requirements.txt.

    python bench/explain_captum.py SPECIFICATION RESULT

Both files are JSON. Integrated gradients of the label that the model predicts, from the text with its padding token in the
place of each word, of texts that lie in batches of like length. Tokenizing, the prediction and the completeness delta are in
the time, as on the other side.
"""

import contextlib
import json
import pathlib
import sys
import time

import torch
from captum.attr import LayerIntegratedGradients
from transformers import AutoModelForSequenceClassification, AutoTokenizer

WARM_UP = 32


class Side:
    def __init__(self, specification):
        self.steps = specification["steps"]
        self.max_length = specification["max_length"]
        self.tokenizer = AutoTokenizer.from_pretrained(specification["model"])
        self.model = AutoModelForSequenceClassification.from_pretrained(specification["model"]).eval()
        # Gradients are asked for of embeddings alone.
        self.model.requires_grad_(False)
        self.method = LayerIntegratedGradients(self.logits, self.model.base_model.embeddings)

    def logits(self, ids, mask):
        return self.model(input_ids=ids, attention_mask=mask).logits.float()

    def explain(self, texts, batch, bf16):
        """The sum of each text's attributions, and its completeness delta."""
        encoded = self.tokenizer(texts, truncation=True, max_length=self.max_length, return_special_tokens_mask=True)
        order = sorted(range(len(texts)), key=lambda i: len(encoded["input_ids"][i]))
        found = [None] * len(texts)
        with torch.autocast("cpu", torch.bfloat16) if bf16 else contextlib.nullcontext():
            for start in range(0, len(order), batch):
                part = order[start : start + batch]
                padded = self.tokenizer.pad(
                    {name: [encoded[name][i] for i in part] for name in encoded}, return_tensors="pt"
                )
                ids, mask, special = (padded[n] for n in ("input_ids", "attention_mask", "special_tokens_mask"))
                baseline = torch.where((special == 1) | (mask == 0), ids, self.tokenizer.pad_token_id)
                with torch.no_grad():
                    target = self.logits(ids, mask).argmax(1)
                scores, delta = self.method.attribute(
                    ids,
                    baselines=baseline,
                    target=target,
                    additional_forward_args=(mask,),
                    n_steps=self.steps,
                    method="gausslegendre",
                    return_convergence_delta=True,
                )
                sums = scores.sum(-1).sum(-1)
                for row, i in enumerate(part):
                    found[i] = (sums[row].item(), delta[row].item())
        return found


def main():
    specification = json.loads(pathlib.Path(sys.argv[1]).read_text())
    torch.set_num_threads(specification["threads"])
    side = Side(specification)
    texts = specification["texts"]
    arguments = (specification["batch"], specification["bf16"])
    side.explain(texts[:WARM_UP], *arguments)
    start = time.perf_counter()
    found = side.explain(texts, *arguments)
    seconds = time.perf_counter() - start
    result = {"seconds": seconds, "sums": [s for s, _ in found], "deltas": [d for _, d in found]}
    pathlib.Path(sys.argv[2]).write_text(json.dumps(result))


if __name__ == "__main__":
    main()
