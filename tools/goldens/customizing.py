"""Layer-wise learning-rate decay and LoRA on the tiny BERT of encoders.py, by PyTorch and PEFT.

    python tools/goldens/customizing.py

reads src/test/resources/org/sparkfinetune/model/bert-tiny/ and writes into it customizing.json (logits,
gradient norms and the losses of ten AdamW steps), lora/ (an adapter as PEFT saves it, both of its
matrices not zero) and lora-merged.safetensors (the adapted weights after PEFT's merge_and_unload).
All in fp32, dropout off.
"""

import json

import peft
import safetensors.torch
import torch
import transformers

from encoders import LEARNING_RATE, OUT, STEPS, WEIGHT_DECAY

FOLDER = OUT / "bert-tiny"
LAYER_DECAY = 0.6
RANK = 3
ALPHA = 4


def load():
    torch.manual_seed(7)
    model = transformers.AutoModelForSequenceClassification.from_pretrained(
        FOLDER, attn_implementation="eager"
    )
    return model.eval()


def batch(golden):
    ids = torch.tensor(golden["input_ids"])
    mask = torch.zeros_like(ids)
    for row, length in enumerate(golden["lengths"]):
        mask[row, :length] = 1
    return {"input_ids": ids, "attention_mask": mask, "labels": torch.tensor(golden["labels"])}


def losses(model, optimizer, inputs):
    values = []
    for _ in range(STEPS):
        loss = model(**inputs).loss
        values.append(loss.item())
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()
    return values


def depth(name, layers):
    """0 in the embeddings, 1 in the first layer, one more than the last layer's in the head."""
    if name.startswith("bert.embeddings."):
        return 0
    if name.startswith("bert.encoder.layer."):
        return 1 + int(name.split(".")[3])
    return layers + 1


def layer_decay(inputs):
    model = load()
    layers = model.config.num_hidden_layers
    groups = [
        {
            "params": [parameter],
            "lr": LEARNING_RATE * LAYER_DECAY ** (layers + 1 - depth(name, layers)),
            "weight_decay": WEIGHT_DECAY if parameter.dim() > 1 else 0.0,
        }
        for name, parameter in model.named_parameters()
    ]
    return losses(model, torch.optim.AdamW(groups), inputs)


def lora(inputs):
    config = peft.LoraConfig(
        task_type=peft.TaskType.SEQ_CLS,
        r=RANK,
        lora_alpha=ALPHA,
        lora_dropout=0.0,
        # We train all of the head, of which PEFT knows the classifier by itself.
        modules_to_save=["bert.pooler"],
    )
    model = peft.get_peft_model(load(), config).eval()
    generator = torch.Generator().manual_seed(13)
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if "lora_" in name:
                parameter.add_(0.2 * torch.randn(parameter.shape, generator=generator))
    model.save_pretrained(FOLDER / "lora")
    (FOLDER / "lora" / "README.md").unlink()
    file = FOLDER / "lora" / "adapter_config.json"
    # PEFT writes the folder's path on this machine.
    file.write_text(file.read_text().replace(str(FOLDER), FOLDER.name))

    first = model(**inputs)
    first.loss.backward()
    gradients = {
        name.removeprefix("base_model.model.")
        .replace(".modules_to_save.default", "")
        .replace(".default", ""): parameter.grad.norm().item()
        for name, parameter in model.named_parameters()
        if parameter.requires_grad
    }
    model.zero_grad()
    trainable = [p for p in model.parameters() if p.requires_grad]
    groups = [
        {"params": [p for p in trainable if p.dim() > 1], "weight_decay": WEIGHT_DECAY},
        {"params": [p for p in trainable if p.dim() <= 1], "weight_decay": 0.0},
    ]
    golden = {
        "rank": RANK,
        "alpha": ALPHA,
        "logits": first.logits.tolist(),
        "gradient_norms": gradients,
        "losses": losses(model, torch.optim.AdamW(groups, lr=LEARNING_RATE), inputs),
    }
    saved = peft.PeftModel.from_pretrained(load(), FOLDER / "lora")
    merged = saved.merge_and_unload()
    adapted = {
        name: tensor.contiguous()
        for name, tensor in merged.state_dict().items()
        if ".query.weight" in name or ".value.weight" in name
    }
    safetensors.torch.save_file(adapted, FOLDER / "lora-merged.safetensors", {"format": "pt"})
    return golden


if __name__ == "__main__":
    inputs = batch(json.loads((FOLDER / "golden.json").read_text()))
    golden = {
        "peft": peft.__version__,
        "torch": torch.__version__.split("+")[0],
        "learning_rate": LEARNING_RATE,
        "weight_decay": WEIGHT_DECAY,
        "layer_decay": {"factor": LAYER_DECAY, "losses": layer_decay(inputs)},
        "lora": lora(inputs),
    }
    (FOLDER / "customizing.json").write_text(json.dumps(golden, indent=1) + "\n")
    print("layer decay", golden["layer_decay"]["losses"][-1], "lora", golden["lora"]["losses"][-1])
