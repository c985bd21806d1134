"""Makes importance.json.gz and pareto.json: what Optuna says of whole studies.

    python tools/goldens/studies.py

Trials are drawn from a seed. importance.json.gz: parameter importances by PedAnovaImportanceEvaluator
as it is by default, for one objective. In a case, `distributions` are what its trials' parameters were
drawn from: a trial's `drawn` has the place of each parameter's in it, `params` their values. pareto.json:
the numbers of the trials of `best_trials`.
"""

import gzip
import io
import json
import math
import random

import optuna
from optuna.distributions import CategoricalDistribution as Choices
from optuna.distributions import FloatDistribution as Floats
from optuna.distributions import IntDistribution as Ints
from optuna.importance import PedAnovaImportanceEvaluator, get_param_importances
from optuna.trial import TrialState, create_trial

FOLDER = "src/test/resources/org/sparkfinetune/tune/"
SEED = 20261126


def drawn(rng, distribution):
    if isinstance(distribution, Choices):
        return rng.choice(distribution.choices)
    low, high = distribution.low, distribution.high
    if distribution.log:
        value = math.exp(rng.uniform(math.log(low), math.log(high)))
    elif distribution.step:
        value = low + distribution.step * rng.randint(0, round((high - low) / distribution.step))
    else:
        value = rng.uniform(low, high)
    value = round(value) if isinstance(distribution, Ints) else float(f"{value:.7g}")
    return min(max(value, low), high)


def written(distribution):
    if isinstance(distribution, Choices):
        return {"choices": list(distribution.choices)}
    return {
        "type": "int" if isinstance(distribution, Ints) else "float",
        "low": distribution.low,
        "high": distribution.high,
        "log": distribution.log,
        "step": distribution.step or 0,
    }


def importance(rng, name, directions, count, space, objective, of=0):
    """`space` says what a trial draws from; `objective` gives its values, of which `of` is looked at."""
    study = optuna.create_study(directions=directions)
    distributions, trials = [], []
    for number in range(count):
        params, used = {}, {}
        for key, distribution in space(rng, params):
            params[key], used[key] = drawn(rng, distribution), distribution
            if distribution not in distributions:
                distributions.append(distribution)
        values = objective(rng, params)
        accident = rng.random()
        state = TrialState.COMPLETE
        if accident < 0.1 and count > 2:
            state = TrialState.PRUNED if accident < 0.05 else TrialState.FAIL
        study.add_trial(
            create_trial(
                state=state,
                params=params,
                distributions=used,
                values=values if state == TrialState.COMPLETE else None,
            )
        )
        trials.append(
            {
                "state": {"FAIL": "FAILED"}.get(state.name, state.name),
                "params": params,
                "drawn": {key: distributions.index(used[key]) for key in used},
                # JSON has no infinite numbers.
                "values": ["Infinity" if v == math.inf else v for v in values]
                if state == TrialState.COMPLETE
                else [],
            }
        )
    sign = -1 if directions[of] == "maximize" else 1
    importances = get_param_importances(
        study,
        evaluator=PedAnovaImportanceEvaluator(),
        # Without names they are summed in the order of a set, another one each time.
        params=sorted({key for trial in study.get_trials(states=(TrialState.COMPLETE,)) for key in trial.params}),
        target=None if len(directions) == 1 else lambda trial: sign * trial.values[of],
    )
    print(name, importances)
    return {
        "name": name,
        "directions": directions,
        "objective": of,
        "distributions": [written(distribution) for distribution in distributions],
        "trials": trials,
        "importances": importances,
    }


MIXED = {
    "lr": Floats(1e-6, 1e-2, log=True),
    "dropout": Floats(0, 0.5),
    "decay": Floats(0, 0.3, step=0.1),
    "batch": Ints(8, 64, step=8),
    "layers": Ints(1, 12),
    "warmup": Ints(1, 1000, log=True),
    "pooling": Choices(["cls", "mean", "max"]),
    "freeze": Choices([True, False]),
    "seed": Ints(7, 7),
}


def mixed(rng, params):
    return MIXED.items()


def accuracy(rng, p):
    loss = (math.log10(p["lr"]) + 4) ** 2 + p["dropout"] + 0.1 * abs(p["layers"] - 6)
    loss += {"cls": 0.8, "mean": 0.0, "max": 0.4}[p["pooling"]] + 0.05 * rng.gauss(0, 1)
    return [round(1 / (1 + loss), 4)]


def conditional(rng, params):
    yield "optimizer", Choices(["adamw", "sgd", "lamb"])
    yield "lr", Floats(1e-5, 1e-1 if params["optimizer"] == "sgd" else 1e-3, log=True)
    if params["optimizer"] == "sgd":
        yield "momentum", Floats(0, 1)
    if params["optimizer"] == "adamw":
        yield "beta", Choices([0.9, 0.99, 0.999])


def conditional_loss(rng, p):
    return [abs(math.log10(p["lr"]) + 3) + abs(p.get("momentum", 0.2) - 0.9) + 0.1 * rng.random()]


def one(distribution, objective):
    return lambda rng, params: [("x", distribution), ("y", Floats(-1, 1))], objective


def importances():
    rng = random.Random(SEED)
    return [
        importance(rng, "mixed, maximize", ["maximize"], 150, mixed, accuracy),
        importance(rng, "mixed, few trials", ["maximize"], 12, mixed, accuracy),
        importance(rng, "two trials", ["minimize"], 2, *one(Ints(0, 3), lambda rng, p: [p["y"]])),
        importance(rng, "one trial", ["minimize"], 1, *one(Ints(0, 3), lambda rng, p: [p["y"]])),
        importance(rng, "no trial", ["minimize"], 0, *one(Ints(0, 3), lambda rng, p: [p["y"]])),
        importance(rng, "conditional", ["minimize"], 120, conditional, conditional_loss),
        importance(
            rng,
            "many equal values",
            ["minimize"],
            60,
            *one(Ints(0, 99), lambda rng, p: [p["x"] // 40]),
        ),
        importance(rng, "all equal", ["minimize"], 30, *one(Ints(0, 9), lambda rng, p: [1.0])),
        importance(
            rng,
            "infinite values",
            ["minimize"],
            80,
            *one(Floats(0, 1), lambda rng, p: [p["x"] ** 2 if p["y"] < 0.5 else math.inf]),
        ),
        importance(
            rng,
            "the second of two objectives, maximize",
            ["minimize", "maximize"],
            90,
            *one(Floats(0, 9, step=0.25), lambda rng, p: [p["y"], p["x"] + 0.5 * p["y"]]),
            of=1,
        ),
    ]


def front(rng, name, directions, count, values, constraints=None):
    study = optuna.create_study(directions=directions)
    trials = []
    for number in range(count):
        trial = {"state": rng.choice(["COMPLETE"] * 9 + ["FAILED"]), "values": [], "constraints": []}
        if trial["state"] == "COMPLETE":
            trial["values"] = values(rng)
            trial["constraints"] = constraints(rng) if constraints else []
        study.add_trial(
            create_trial(
                state=TrialState.COMPLETE if trial["values"] else TrialState.FAIL,
                values=trial["values"] or None,
                system_attrs={"constraints": trial["constraints"]} if constraints else {},
            )
        )
        trials.append(trial)
    best = study.best_trials
    result = {
        "name": name,
        "directions": directions,
        "trials": trials,
        "front": [trial.number for trial in best],
    }
    print(name, result["front"])
    return result


def fronts():
    rng = random.Random(SEED)

    def drawn_values(n, digits=3):
        return lambda rng: [round(rng.random(), digits) for _ in range(n)]

    def limits(rng):
        return [round(rng.uniform(-1, 0.5), 2), round(rng.uniform(-1, 0.5), 2)]

    two = ["maximize", "minimize"]
    return [
        front(rng, "one", ["maximize"], 20, drawn_values(1, 1)),
        front(rng, "two", two, 60, drawn_values(2)),
        front(rng, "two, with equal ones", two, 60, drawn_values(2, 1)),
        front(rng, "two, constrained", two, 60, drawn_values(2), limits),
        front(rng, "two, none feasible", two, 10, drawn_values(2), lambda rng: [1.0]),
        front(rng, "three", ["minimize", "maximize", "maximize"], 60, drawn_values(3)),
        front(rng, "three, with equal ones", ["minimize"] * 3, 60, drawn_values(3, 1)),
        front(rng, "no trial", two, 0, drawn_values(2)),
    ]


def main():
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    text = io.BytesIO()
    # Without a time, so that the same golden is the same bytes.
    with gzip.GzipFile(fileobj=text, mode="wb", mtime=0) as file:
        file.write(json.dumps(importances(), separators=(",", ":")).encode("ascii"))
    with open(FOLDER + "importance.json.gz", "wb") as file:
        file.write(text.getvalue())
    with open(FOLDER + "pareto.json", "w", encoding="ascii") as file:
        json.dump(fronts(), file, separators=(",", ":"))
        file.write("\n")


main()
