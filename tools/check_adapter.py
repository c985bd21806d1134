"""Loads an adapter that lora_merge=false has left on its base, in Python's peft, and compares.

    python tools/check_adapter.py BASE MODEL

BASE is the Hugging Face folder that was model.base; MODEL the saved folder (huggingface), with the
merged weights and the folder adapter. Prints the largest difference between the logits of base and
adapter and those of the merged model, on random ids. Needs tools/goldens/requirements.txt.
"""

import pathlib
import sys

import peft
import torch
import transformers

base, model = map(pathlib.Path, sys.argv[1:])
merged = transformers.AutoModelForSequenceClassification.from_pretrained(model).eval()
torch.manual_seed(7)
start = transformers.AutoModelForSequenceClassification.from_pretrained(
    base, num_labels=merged.config.num_labels, ignore_mismatched_sizes=True
)
adapted = peft.PeftModel.from_pretrained(start, model / "adapter").eval()
ids = torch.randint(1, merged.config.vocab_size, (16, 20))
mask = (torch.arange(20) < torch.randint(2, 21, (16, 1))).long()
with torch.no_grad():
    ours = merged(input_ids=ids, attention_mask=mask).logits
    theirs = adapted(input_ids=ids, attention_mask=mask).logits
print("largest difference of a logit", (ours - theirs).abs().max().item())
