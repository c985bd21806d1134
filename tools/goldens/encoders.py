"""Tiny random models of each encoder family, and what transformers computes with them.

    python tools/goldens/encoders.py [FAMILY ...]

writes src/test/resources/org/sparkfinetune/model/FAMILY-tiny/: a Hugging Face folder (config.json,
model.safetensors) and, each with a padded batch, its logits and loss, the norm of every gradient,
and the losses of ten AdamW steps on that batch, all in fp32 with dropout off:

    golden.json             single labels
    golden-pairs.json       single labels, two texts a row told apart by token_type_ids
    golden-multilabel.json  sets of labels, binary cross-entropy

    python tools/goldens/encoders.py --random FAMILY SEED FOLDER

writes another model of that family, with sizes of its own, for tools/goldens/compare.
"""

import argparse
import json
import pathlib
import random

import torch
import transformers

OUT = pathlib.Path(__file__).parents[2] / "src/test/resources/org/sparkfinetune/model"
LEARNING_RATE = 1e-3
WEIGHT_DECAY = 0.01
STEPS = 10


# A family's configuration is made with pick(value, other, ...): the goldens take the first value,
# a random model any. Sizes are odd on purpose: nothing is a power of two, and no two
# dimensions are equal.


def layers(pick):
    heads = pick(3, 2, 5)
    return dict(
        vocab_size=pick(61, 83, 101),
        hidden_size=heads * pick(10, 12, 14),
        num_hidden_layers=pick(3, 2, 4),
        num_attention_heads=heads,
        intermediate_size=pick(34, 53, 64),
        max_position_embeddings=pick(40, 51),
        num_labels=pick(5, 3, 7),
        # Larger than the default 0.02, so that an error anywhere shows in the logits.
        initializer_range=pick(0.2, 0.15),
    )


def bert(pick):
    sizes = dict(type_vocab_size=2, pad_token_id=0, hidden_act=pick("gelu", "gelu_new", "relu"))
    return transformers.BertConfig(**layers(pick), **sizes)


def roberta_like(config_class):
    def config(pick):
        special = dict(type_vocab_size=1, pad_token_id=pick(1, 1, 4), layer_norm_eps=1e-5)
        return config_class(**layers(pick), **special)

    return config


def distilbert(pick):
    heads = pick(3, 2, 5)
    return transformers.DistilBertConfig(
        vocab_size=pick(61, 83, 101),
        dim=heads * pick(10, 12, 14),
        n_layers=pick(3, 2, 4),
        n_heads=heads,
        hidden_dim=pick(34, 53, 64),
        activation=pick("gelu", "relu"),
        max_position_embeddings=pick(40, 51),
        num_labels=pick(5, 3, 7),
        initializer_range=pick(0.2, 0.15),
        pad_token_id=0,
    )


def albert(pick):
    # Four layers of two groups: each group acts twice, its inner layers in turn.
    sizes = layers(pick) | dict(num_hidden_layers=4)
    return transformers.AlbertConfig(
        **sizes,
        embedding_size=pick(22, 27),
        num_hidden_groups=pick(2, 1),
        inner_group_num=pick(2, 1),
        hidden_act=pick("gelu_new", "gelu"),
        type_vocab_size=2,
        pad_token_id=0,
    )


def electra(pick):
    sizes = layers(pick)
    narrow = pick(22, 27, sizes["hidden_size"])
    return transformers.ElectraConfig(
        **sizes, embedding_size=narrow, type_vocab_size=2, pad_token_id=0
    )


def mpnet(pick):
    sizes = layers(pick)
    # Long enough for the last of the logarithmic buckets, which begins before 128 tokens.
    sizes["max_position_embeddings"] = pick(152, 163)
    return transformers.MPNetConfig(**sizes, pad_token_id=1)


def deberta_v2(pick):
    """As v2: a convolution beside the first layer."""
    heads = pick(3, 2)
    sizes = layers(lambda *values: values[0]) | dict(
        num_attention_heads=heads, hidden_size=heads * pick(10, 12)
    )
    return transformers.DebertaV2Config(
        **sizes,
        relative_attention=True,
        position_buckets=pick(8, 6),
        pos_att_type=["p2c", "c2p"],
        norm_rel_ebd="layer_norm",
        share_att_key=True,
        position_biased_input=False,
        conv_kernel_size=pick(3, 5),
        conv_groups=pick(3, 1),
        conv_act=pick("gelu", "tanh"),
        type_vocab_size=0,
    )


def deberta_v3(pick):
    config = transformers.DebertaV2Config(
        **layers(pick),
        relative_attention=True,
        position_buckets=pick(8, 10, 12),
        norm_rel_ebd="layer_norm",
        share_att_key=True,
        position_biased_input=False,
        type_vocab_size=0,
        pooler_hidden_act=pick("gelu", "tanh"),
    )
    # One string, as in the models on the Hub.
    config.pos_att_type = pick("p2c|c2p", "c2p", "p2c")
    return config


def deberta_v2_unshared(pick):
    """What deberta-v2 also allows: plain distances that are cut off, projections of their own."""
    return transformers.DebertaV2Config(
        **layers(pick),
        relative_attention=True,
        max_relative_positions=pick(9, 17),
        pos_att_type=pick(["p2c", "c2p"], ["c2p"], ["p2c"]),
        share_att_key=False,
        position_biased_input=True,
        embedding_size=pick(22, 27),
        type_vocab_size=2,
    )


def modernbert(pick):
    sizes = layers(pick)
    sizes["num_hidden_layers"] = pick(4, 5)
    return transformers.ModernBertConfig(
        **sizes,
        hidden_activation=pick("gelu", "silu"),
        # Shorter than the longest row.
        local_attention=pick(6, 9),
        global_attn_every_n_layers=pick(3, 2),
        # Small, so that the two kinds of layers turn by quite different angles.
        global_rope_theta=pick(1000.0, 300.0),
        local_rope_theta=pick(50.0, 20.0),
        classifier_pooling=pick("mean", "cls"),
        norm_bias=pick(False, True),
        attention_bias=pick(False, True),
        mlp_bias=pick(False, True),
        classifier_bias=pick(False, True),
        classifier_activation=pick("gelu", "relu"),
        pad_token_id=pick(54, 3),
        reference_compile=False,
    )


FAMILIES = {
    "bert": bert,
    "roberta": roberta_like(transformers.RobertaConfig),
    "xlm-roberta": roberta_like(transformers.XLMRobertaConfig),
    "camembert": roberta_like(transformers.CamembertConfig),
    "distilbert": distilbert,
    "albert": albert,
    "electra": electra,
    "mpnet": mpnet,
    "deberta-v2": deberta_v2,
    "deberta-v3": deberta_v3,
    "deberta-v2-unshared": deberta_v2_unshared,
    "modernbert": modernbert,
}
LENGTHS = {"mpnet": [7, 140, 2, 11]}
PAIRS = ["bert", "albert", "electra", "deberta-v2-unshared"]
MULTI_LABEL = ["bert", "roberta", "deberta-v3", "modernbert"]


def model_of(config, seed):
    """A classifier of random weights."""
    torch.manual_seed(seed)
    config._attn_implementation = "eager"
    model = transformers.AutoModelForSequenceClassification.from_config(config)
    # Biases and norms start as zeros and ones: give them values that can be got wrong.
    with torch.no_grad():
        for parameter in model.parameters():
            if parameter.dim() == 1:
                parameter.add_(0.1 * torch.randn(parameter.shape))
    return model.eval()


def batch_of(config, lengths, generator, pairs=False, multi_label=False):
    """A padded batch with labels, as the model's arguments."""
    ids = torch.full((len(lengths), max(lengths)), config.pad_token_id)
    mask = torch.zeros_like(ids)
    types = torch.zeros_like(ids)
    for row, length in enumerate(lengths):
        # Any token but the padding one.
        drawn = torch.randint(0, config.vocab_size - 1, (length,), generator=generator)
        ids[row, :length] = drawn + (drawn >= config.pad_token_id)
        mask[row, :length] = 1
        types[row, (length + 1) // 2 : length] = 1
    if multi_label:
        labels = torch.rand((len(lengths), config.num_labels), generator=generator).round()
    else:
        labels = torch.randint(0, config.num_labels, (len(lengths),), generator=generator)
    batch = {"input_ids": ids, "attention_mask": mask, "labels": labels}
    return batch | {"token_type_ids": types} if pairs else batch


def optimizer_of(model):
    decaying = [p for p in model.parameters() if p.dim() > 1]
    others = [p for p in model.parameters() if p.dim() <= 1]
    groups = [
        {"params": decaying, "weight_decay": WEIGHT_DECAY},
        {"params": others, "weight_decay": 0.0},
    ]
    return torch.optim.AdamW(groups, lr=LEARNING_RATE)


def run(model, batch):
    """What a model computes: its golden, and its gradients by name. Changes its weights."""
    multi_label = batch["labels"].is_floating_point()
    model.config.problem_type = f"{'multi' if multi_label else 'single'}_label_classification"
    first = model(**batch)
    first.loss.backward()
    gradients = {
        name: parameter.grad.clone()
        for name, parameter in model.named_parameters()
        if parameter.grad is not None
    }
    model.zero_grad()
    optimizer = optimizer_of(model)
    losses = []
    for _ in range(STEPS):
        loss = model(**batch).loss
        losses.append(loss.item())
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()
    golden = {
        "transformers": transformers.__version__,
        "torch": torch.__version__.split("+")[0],
        "input_ids": batch["input_ids"].tolist(),
        "lengths": batch["attention_mask"].sum(1).tolist(),
    }
    if "token_type_ids" in batch:
        golden["token_type_ids"] = batch["token_type_ids"].tolist()
    if multi_label:
        golden["label_sets"] = [row.nonzero().flatten().tolist() for row in batch["labels"]]
    else:
        golden["labels"] = batch["labels"].tolist()
    golden |= {
        "logits": first.logits.tolist(),
        "loss": first.loss.item(),
        "gradient_norms": {name: g.norm().item() for name, g in gradients.items()},
        "learning_rate": LEARNING_RATE,
        "weight_decay": WEIGHT_DECAY,
        "losses": losses,
    }
    return golden, gradients


def write(golden, path):
    """A line a key, and a line a row of a matrix or an entry of an object."""

    def text(value):
        if isinstance(value, dict):
            return "{\n" + ",\n".join(f'  "{k}": {v}' for k, v in value.items()) + "\n }"
        if isinstance(value, list) and isinstance(value[0], list):
            return "[\n" + ",\n".join(f"  {row}" for row in value) + "\n ]"
        return json.dumps(value)

    lines = ",\n".join(f' "{key}": {text(value)}' for key, value in golden.items())
    path.write_text("{\n" + lines + "\n}\n")


def make(family):
    folder = OUT / f"{family}-tiny"
    lengths = LENGTHS.get(family, [7, 23, 2, 11])

    def fresh():
        config = FAMILIES[family](lambda *values: values[0])
        return model_of(config, 7 + list(FAMILIES).index(family))

    def record(name, **kind):
        model = fresh()
        generator = torch.Generator().manual_seed(11)
        golden, _ = run(model, batch_of(model.config, lengths, generator, **kind))
        write(golden, folder / name)
        print(folder.name, name, "loss", golden["loss"], "after", STEPS, "steps", golden["losses"][-1])

    fresh().save_pretrained(folder)
    record("golden.json")
    if family in PAIRS:
        record("golden-pairs.json", pairs=True)
    if family in MULTI_LABEL:
        record("golden-multilabel.json", multi_label=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("families", nargs="*", default=list(FAMILIES), metavar="FAMILY")
    parser.add_argument("--random", nargs=3, metavar=("FAMILY", "SEED", "FOLDER"))
    arguments = parser.parse_args()
    if arguments.random:
        name, seed, target = arguments.random
        chance = random.Random(int(seed))
        chosen = FAMILIES[name](lambda *values: chance.choice(values))
        model_of(chosen, int(seed)).save_pretrained(target)
    else:
        for name in arguments.families:
            make(name)
