"""Optimizers, learning-rate schedules and losses as Python computes them, for the tests of the package
train.

    python tools/goldens/training.py

writes into src/test/resources/org/sparkfinetune/train/

    optimizers.json  weights after some of 200 steps, and the state after the last, of torch.optim's AdamW,
                     Adam and SGD, transformers' Adafactor, timm's Lamb and Lion
    schedules.json   the factors of transformers' get_scheduler at every step
    losses.json      sum, weight and gradient of PyTorch's losses; of focal losses as their formula has
                     them, in fp64; the same of weighted rows, whose micro-batches' gradients add up

Weights, gradients and logits come from `value`, whose arithmetic is exact and which the tests have too.
"""

import itertools
import json
import math
import pathlib

import timm.optim
import torch
import torch.nn.functional as F
import transformers
from transformers.optimization import Adafactor

OUT = pathlib.Path(__file__).parents[2] / "src/test/resources/org/sparkfinetune/train"


def value(a, b, c):
    """A number in [-1, 1) for three whole ones."""
    x = 1009 * a + 9176 * b + 131 * c + 17
    return (x * x + 7 * x) % 65521 / 32760.5 - 1


def rounded(tensor):
    """Numbers with the nine digits that tell any two of fp32 apart."""
    return [float(f"{x:.9g}") for x in tensor.detach().flatten().tolist()]


# Name, depth, shape: two layers, of which the first is embeddings, and a head.
WEIGHTS = [
    ("embeddings.weight", 0, (8, 4)),
    ("layer.weight", 1, (6, 5)),
    ("layer.bias", 1, (6,)),
    ("head.weight", 2, (3, 6)),
]
HEAD_DEPTH = 2
STEPS = 200
SHOWN = (1, 10, 200)
LAYER_DECAY = 0.9
HEAD_FACTOR = 3.0
ADAM = {"betas": (0.9, 0.999), "eps": 1e-6}
OPTIMIZERS = {
    "adamw": (1e-2, lambda groups: torch.optim.AdamW(groups, fused=True, **ADAM)),
    "adam": (1e-2, lambda groups: torch.optim.Adam(groups, fused=True, **ADAM)),
    "sgd": (5e-2, lambda groups: torch.optim.SGD(groups, lr=0.1, fused=True, momentum=0.9)),
    "sgd without momentum": (5e-2, lambda groups: torch.optim.SGD(groups, lr=0.1, fused=True)),
    "adafactor": (
        1e-2,
        lambda groups: Adafactor(groups, lr=0.1, scale_parameter=False, relative_step=False),
    ),
    # By default timm takes no ratio of weights that do not decay, which are meant to be biases and norms.
    "lamb": (1e-2, lambda groups: timm.optim.Lamb(groups, max_grad_norm=None, foreach=False, **ADAM)),
    "lion": (1e-3, lambda groups: timm.optim.Lion(groups, betas=(0.9, 0.99), foreach=False)),
}


def gradient(tensor, shape, step):
    """Rows of embeddings have a gradient in every third step, the last one in none."""
    width = shape[-1]
    numbers = []
    for i in range(math.prod(shape)):
        row = i // width
        untouched = tensor == 0 and ((row + step) % 3 > 0 or row == shape[0] - 1)
        # Of very different sizes.
        numbers.append(0.0 if untouched else value(tensor, step, i) * 2.0 ** -(i % 5))
    return torch.tensor(numbers, dtype=torch.float32).view(shape)


def optimizer_case(name, decay):
    learning_rate, create = OPTIMIZERS[name]
    weights, groups = [], []
    for k, (_, depth, shape) in enumerate(WEIGHTS):
        numbers = [value(k, 0, i) for i in range(math.prod(shape))]
        weights.append(torch.nn.Parameter(torch.tensor(numbers, dtype=torch.float32).view(shape)))
        factor = HEAD_FACTOR if depth == HEAD_DEPTH else LAYER_DECAY ** (HEAD_DEPTH - depth)
        group = {"params": [weights[-1]], "weight_decay": decay if len(shape) > 1 else 0.0}
        if name == "lamb":
            group["always_adapt"] = len(shape) > 1
        groups.append((group, factor))
    optimizer = create([group for group, _ in groups])
    shown = {}
    for step in range(1, STEPS + 1):
        # As clipping does.
        scale = 0.7 if step % 3 == 0 else 1.0
        rate = learning_rate * (1 - step / 250)
        for k, (weight, group) in enumerate(zip(weights, optimizer.param_groups, strict=True)):
            group["lr"] = rate * groups[k][1]
            weight.grad = gradient(k, weight.shape, step) * scale
        optimizer.step()
        if step in SHOWN:
            shown[step] = [rounded(weight) for weight in weights]
    state = {
        f"{part}.{WEIGHTS[k][0]}": rounded(tensor)
        for k, weight in enumerate(weights)
        for part, tensor in optimizer.state[weight].items()
        if part not in ("step", "RMS") and tensor is not None
    }
    return {
        "name": name,
        "weight_decay": decay,
        "learning_rate": learning_rate,
        "weights": shown,
        "state": state,
    }


def optimizers():
    return {
        "shapes": {name: {"depth": depth, "shape": shape} for name, depth, shape in WEIGHTS},
        "steps": STEPS,
        "layer_decay": LAYER_DECAY,
        "head_factor": HEAD_FACTOR,
        "cases": [optimizer_case(name, decay) for name in OPTIMIZERS for decay in (0.0, 0.1)],
    }


# Type, settings of ours, steps.
SCHEDULES = [
    ("linear", {"warmup_steps": 20}, 200),
    ("linear", {"warmup_ratio": 0.0}, 7),
    ("linear", {"warmup_steps": 5, "warmup_ratio": 0.9}, 5),
    ("linear", {"warmup_ratio": 0.1}, 33),
    ("linear", {"warmup_steps": 50}, 20),
    ("cosine", {"warmup_ratio": 0.0}, 40),
    ("cosine", {"warmup_ratio": 0.1}, 77),
    ("cosine", {"warmup_steps": 3, "lr_scheduler_num_cycles": 1.5}, 50),
    ("cosine_with_restarts", {"warmup_ratio": 0.0}, 40),
    ("cosine_with_restarts", {"warmup_ratio": 0.06, "lr_scheduler_num_cycles": 3}, 77),
    ("cosine_with_restarts", {"warmup_steps": 9, "lr_scheduler_num_cycles": 2.5}, 9),
    ("polynomial", {"warmup_ratio": 0.0}, 40),
    ("polynomial", {"warmup_ratio": 0.1, "lr_scheduler_power": 2.0}, 77),
    ("polynomial", {"warmup_steps": 4, "lr_scheduler_power": 0.5, "learning_rate": 3e-7}, 40),
    ("constant", {"warmup_ratio": 0.1}, 20),
    ("constant_with_warmup", {"warmup_ratio": 0.0}, 10),
    ("constant_with_warmup", {"warmup_ratio": 0.25}, 30),
    ("inverse_sqrt", {"warmup_ratio": 0.0}, 40),
    ("inverse_sqrt", {"warmup_steps": 8}, 60),
]


def schedule_case(name, settings, steps):
    rate = settings.get("learning_rate", 5e-5)
    # As transformers' TrainingArguments.get_warmup_steps.
    warmup = settings.get("warmup_steps", 0) or math.ceil(steps * settings["warmup_ratio"])
    specific = {}
    if "lr_scheduler_num_cycles" in settings:
        specific["num_cycles"] = settings["lr_scheduler_num_cycles"]
    if "lr_scheduler_power" in settings:
        specific["power"] = settings["lr_scheduler_power"]
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=rate)
    schedule = transformers.get_scheduler(name, optimizer, warmup, steps, specific)
    factors = [float(schedule.lr_lambdas[0](step)) for step in range(steps)]
    return {
        "settings": {"lr_scheduler_type": name, "learning_rate": rate, **settings},
        "steps": steps,
        "factors": factors,
    }


LABELS = ["a", "b", "c", "d"]
SINGLE = [0, 3, 1, 1, 2, 3, 0]
SETS = [[0], [1, 3], [], [0, 1, 2, 3], [2], [3], [0, 2]]
ROWS = len(SINGLE)


# What the rows' losses are multiplied by; fp32 holds them. And the rows of each micro-batch.
ROW_WEIGHTS = [1.0, 0.25, 2.0, 0.0, 3.5, 0.625, 1.0]
MICRO_BATCHES = [3, 2, 2]


def logits():
    numbers = [3 * value(9, row, c) for row in range(ROWS) for c in range(len(LABELS))]
    # One row is sure of its label, one of another.
    numbers[:4] = [30.0, 0.0, 0.0, -1.0]
    numbers[4:8] = [30.0, -30.0, 0.0, -1.0]
    # Rounded to fp32, as the tests have them; the reference goes on in fp64.
    tensor = torch.tensor(numbers, dtype=torch.float32).double().view(ROWS, len(LABELS))
    return tensor.requires_grad_()


def loss_case(settings, x, total, weight):
    (total / weight).backward()
    return {
        "settings": settings,
        "sum": total.item(),
        "weight": float(weight),
        "gradient": [float(f"{g:.12g}") for g in x.grad.flatten().tolist()],
    }


def weighted_case(settings, row_losses, counts):
    """The weighted mean of PyTorch's losses of single rows, as gradients of micro-batches add up to it."""
    x, w = logits(), torch.tensor(ROW_WEIGHTS, dtype=torch.float64)
    weight = (w * counts).sum()
    total = 0.0
    for part in torch.arange(ROWS).split(MICRO_BATCHES):
        loss = (w[part] * row_losses(x[part], part)).sum()
        (loss / weight).backward()
        total += loss.item()
    return {
        "settings": settings,
        "sum": total,
        "weight": weight.item(),
        "gradient": [float(f"{g:.12g}") for g in x.grad.flatten().tolist()],
    }


def single_label_case(loss, gamma, class_weights, smoothing, weighted=False):
    x, y = logits(), torch.tensor(SINGLE)
    weights = torch.ones(len(LABELS), dtype=torch.float64)
    if class_weights == "balanced":
        weights = ROWS / (len(LABELS) * torch.bincount(y).double())
    elif class_weights != "none":
        weights[0], weights[2] = 2.5, 0.5
    # The tests' weights are fp32.
    weights = weights.float().double()

    def focal(x, y):
        q = (1 - smoothing) * F.one_hot(y, len(LABELS)) + smoothing / len(LABELS)
        log_p = torch.log_softmax(x, 1)
        # Of the other logits, as 1 - p rounds to 0 even in fp64.
        others = torch.stack(
            [x[:, [k for k in range(len(LABELS)) if k != c]].logsumexp(1) for c in range(len(LABELS))], 1
        )
        return weights * q * (gamma * (others - x.logsumexp(1, True))).exp() * log_p

    settings = {
        "loss": loss,
        "focal_gamma": gamma,
        "class_weights": class_weights,
        "label_smoothing_factor": smoothing,
    }
    if weighted and loss == "auto":
        return weighted_case(
            settings,
            lambda x, part: F.cross_entropy(x, y[part], weights, reduction="none", label_smoothing=smoothing),
            weights[y],
        )
    if weighted:
        return weighted_case(settings, lambda x, part: -focal(x, y[part]).sum(1), weights[y])
    if loss == "auto":
        total = F.cross_entropy(x, y, weights, reduction="sum", label_smoothing=smoothing)
        mean = F.cross_entropy(x, y, weights, label_smoothing=smoothing)
        assert torch.allclose(mean, total / weights[y].sum())
    else:
        total = -focal(x, y).sum()
    return loss_case(settings, x, total, weights[y].sum().item())


def multi_label_case(loss, gamma, pos_weight, weighted=False):
    x = logits()
    y = torch.zeros(ROWS, len(LABELS), dtype=torch.float64)
    for row, labels in enumerate(SETS):
        y[row, labels] = 1
    weights = torch.ones(len(LABELS), dtype=torch.float64)
    if pos_weight == "balanced":
        weights = (ROWS - y.sum(0)) / y.sum(0)
    elif pos_weight != "none":
        weights[1], weights[3] = 4.0, 0.3
    weights = weights.float().double()

    def focal(x, y):
        has = weights * (gamma * F.logsigmoid(-x)).exp() * F.logsigmoid(x)
        has_not = (gamma * F.logsigmoid(x)).exp() * F.logsigmoid(-x)
        return y * has + (1 - y) * has_not

    settings = {"loss": loss, "focal_gamma": gamma, "pos_weight": pos_weight}
    counts = torch.full((ROWS,), float(len(LABELS)), dtype=torch.float64)
    if weighted and loss == "auto":
        return weighted_case(
            settings,
            lambda x, part: F.binary_cross_entropy_with_logits(
                x, y[part], pos_weight=weights, reduction="none"
            ).sum(1),
            counts,
        )
    if weighted:
        return weighted_case(settings, lambda x, part: -focal(x, y[part]).sum(1), counts)
    if loss == "auto":
        total = F.binary_cross_entropy_with_logits(x, y, pos_weight=weights, reduction="sum")
    else:
        total = -focal(x, y).sum()
    return loss_case(settings, x, total, y.numel())


def losses():
    kinds = [("auto", 2.0), ("focal", 2.0), ("focal", 0.5), ("focal", 0.0)]
    single = list(itertools.product(kinds, ("none", "balanced", "a=2.5, c=0.5"), (0.0, 0.1)))
    sets = list(itertools.product(kinds, ("none", "balanced", "b=4,d=0.3")))
    return {
        "labels": LABELS,
        "single": SINGLE,
        "sets": SETS,
        "logits": rounded(logits()),
        "single_label_classification": [single_label_case(*kind, *rest) for kind, *rest in single],
        "multi_label_classification": [multi_label_case(*kind, weights) for kind, weights in sets],
        "weights": ROW_WEIGHTS,
        "micro_batches": MICRO_BATCHES,
        "weighted": {
            "single_label_classification": [
                single_label_case(*kind, *rest, weighted=True) for kind, *rest in single
            ],
            "multi_label_classification": [
                multi_label_case(*kind, weights, weighted=True) for kind, weights in sets
            ],
        },
    }


def write(name, golden):
    (OUT / name).write_text(json.dumps(golden, separators=(",", ":")) + "\n")


OUT.mkdir(parents=True, exist_ok=True)
write("optimizers.json", optimizers())
write("schedules.json", [schedule_case(*case) for case in SCHEDULES])
write("losses.json", losses())
