"""The test functions of bench/hpo for Optuna: the same as TestFunction.java has, which bench/hpo-vs-optuna makes sure of."""

import math

HARTMANN_WEIGHTS = (1.0, 1.2, 3.0, 3.2)
HARTMANN_SCALES = (
    (10, 3, 17, 3.5, 1.7, 8),
    (0.05, 10, 17, 0.1, 8, 14),
    (3, 3.5, 1.7, 10, 17, 8),
    (17, 8, 0.05, 10, 0.1, 14),
)
HARTMANN_CENTERS = (
    (0.1312, 0.1696, 0.5569, 0.0124, 0.8283, 0.5886),
    (0.2329, 0.4135, 0.8307, 0.3736, 0.1004, 0.9991),
    (0.2348, 0.1451, 0.3522, 0.2883, 0.3047, 0.6650),
    (0.4047, 0.8828, 0.8732, 0.5743, 0.1091, 0.0381),
)


def reals(trial, dimensions, low, high, log=False):
    return {f"x{i}": trial.suggest_float(f"x{i}", low, high, log=log) for i in range(dimensions)}


def branin_space(trial):
    return {"x0": trial.suggest_float("x0", -5, 10), "x1": trial.suggest_float("x1", 0, 15)}


def mixed_space(trial):
    x = {"optimizer": trial.suggest_categorical("optimizer", ["sgd", "adamw", "lion"])}
    x["learning_rate"] = trial.suggest_float("learning_rate", 1e-6, 1, log=True)
    x["layers"] = trial.suggest_int("layers", 1, 12)
    x["batch"] = trial.suggest_int("batch", 4, 256, log=True)
    x["dropout"] = trial.suggest_float("dropout", 0, 0.5, step=0.1)
    if x["optimizer"] == "sgd":
        x["momentum"] = trial.suggest_float("momentum", 0, 1)
    else:
        x["weight_decay"] = trial.suggest_float("weight_decay", 1e-5, 1, log=True)
    return x


def sphere(x):
    return sum(v * v for v in x.values())


def branin(x):
    a, b = x["x0"], x["x1"]
    curve = b - 5.1 / (4 * math.pi**2) * a * a + 5 / math.pi * a - 6
    return curve * curve + 10 * (1 - 1 / (8 * math.pi)) * math.cos(a) + 10


def hartmann6(x):
    total = 0.0
    for weight, scales, centers in zip(HARTMANN_WEIGHTS, HARTMANN_SCALES, HARTMANN_CENTERS):
        total += weight * math.exp(-sum(s * (x[f"x{j}"] - c) ** 2 for j, (s, c) in enumerate(zip(scales, centers))))
    return -total


def rosenbrock_log(x):
    u = [math.log10(x[f"x{i}"]) for i in range(3)]
    return sum(100 * (b - a * a) ** 2 + (1 - a) ** 2 for a, b in zip(u, u[1:]))


def mixed(x):
    if x["optimizer"] == "sgd":
        loss, best = 0.1 + 4 * (x["momentum"] - 0.9) ** 2, -2
    elif x["optimizer"] == "adamw":
        loss, best = 0.25 * (math.log10(x["weight_decay"]) + 2) ** 2, -4
    else:
        loss, best = 0.3 + 0.25 * (math.log10(x["weight_decay"]) + 1) ** 2, -5
    loss += (math.log10(x["learning_rate"]) - best) ** 2 + ((x["layers"] - 7) / 4) ** 2
    return loss + 0.1 * math.log2(x["batch"] / 32) ** 2 + 4 * (x["dropout"] - 0.1) ** 2


# By name: what draws the parameters, what computes the value, and the smallest value there is.
FUNCTIONS = {
    "sphere": (lambda trial: reals(trial, 5, -5, 5), sphere, 0.0),
    "branin": (branin_space, branin, 0.39788735772973816),
    "hartmann6": (lambda trial: reals(trial, 6, 0, 1), hartmann6, -3.322368011415515),
    "rosenbrock-log": (lambda trial: reals(trial, 3, 1e-2, 1e2, log=True), rosenbrock_log, 0.0),
    "mixed": (mixed_space, mixed, 0.0),
}
