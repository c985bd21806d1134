"""Tiny random checkpoints of each encoder family, and what transformers computes with them.

    python tools/goldens/encoders.py [FAMILY ...]

writes src/test/resources/io/sparkfinetune/model/FAMILY-tiny/: a Hugging Face folder (config.json,
model.safetensors) and golden.json with a padded batch, its logits and loss, the norm of every
gradient, and the losses of ten AdamW steps on that batch. All in fp32, dropout off.
"""

import argparse
import json
import pathlib

import torch
import transformers

OUT = pathlib.Path(__file__).parents[2] / "src/test/resources/io/sparkfinetune/model"

# Sizes are odd on purpose: nothing is a power of two, and no two dimensions are equal.
FAMILIES = {
    "bert": lambda: transformers.BertConfig(
        vocab_size=101,
        hidden_size=36,
        num_hidden_layers=3,
        num_attention_heads=3,
        intermediate_size=50,
        max_position_embeddings=40,
        type_vocab_size=2,
        num_labels=5,
        pad_token_id=0,
        # Larger than the default 0.02, so that an error anywhere shows in the logits.
        initializer_range=0.2,
    ),
}
LENGTHS = [7, 23, 2, 11]
LEARNING_RATE = 1e-3
WEIGHT_DECAY = 0.01
STEPS = 10


def batch(config, generator):
    width = max(LENGTHS)
    ids = torch.full((len(LENGTHS), width), config.pad_token_id)
    mask = torch.zeros_like(ids)
    for row, length in enumerate(LENGTHS):
        ids[row, :length] = torch.randint(1, config.vocab_size, (length,), generator=generator)
        mask[row, :length] = 1
    labels = torch.randint(0, config.num_labels, (len(LENGTHS),), generator=generator)
    return ids, mask, labels


def randomise(model, generator):
    """Biases and norms start as zeros and ones: give them values that can be got wrong."""
    with torch.no_grad():
        for parameter in model.parameters():
            if parameter.dim() == 1:
                parameter.add_(0.1 * torch.randn(parameter.shape, generator=generator))


def optimizer_of(model):
    decaying = [p for p in model.parameters() if p.dim() > 1]
    others = [p for p in model.parameters() if p.dim() <= 1]
    groups = [
        {"params": decaying, "weight_decay": WEIGHT_DECAY},
        {"params": others, "weight_decay": 0.0},
    ]
    return torch.optim.AdamW(groups, lr=LEARNING_RATE)


def make(family):
    torch.manual_seed(7)
    generator = torch.Generator().manual_seed(11)
    config = FAMILIES[family]()
    config._attn_implementation = "eager"
    model = transformers.AutoModelForSequenceClassification.from_config(config)
    model.eval()
    randomise(model, generator)
    folder = OUT / f"{family}-tiny"
    model.save_pretrained(folder)

    ids, mask, labels = batch(config, generator)
    run = lambda: model(input_ids=ids, attention_mask=mask, labels=labels)
    first = run()
    first.loss.backward()
    gradients = {
        name: parameter.grad.norm().item()
        for name, parameter in model.named_parameters()
        if parameter.grad is not None
    }
    model.zero_grad()
    optimizer = optimizer_of(model)
    losses = []
    for _ in range(STEPS):
        loss = run().loss
        losses.append(loss.item())
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()

    golden = {
        "transformers": transformers.__version__,
        "torch": torch.__version__.split("+")[0],
        "input_ids": ids.tolist(),
        "lengths": LENGTHS,
        "labels": labels.tolist(),
        "logits": first.logits.tolist(),
        "loss": first.loss.item(),
        "gradient_norms": gradients,
        "learning_rate": LEARNING_RATE,
        "weight_decay": WEIGHT_DECAY,
        "losses": losses,
    }
    (folder / "golden.json").write_text(json.dumps(golden, indent=1) + "\n")
    print(folder.name, "loss", golden["loss"], "after", STEPS, "steps", losses[-1])


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("families", nargs="*", default=list(FAMILIES), metavar="FAMILY")
    for name in parser.parse_args().families:
        make(name)
