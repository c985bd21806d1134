"""Makes pruners.json.gz: what Optuna's pruners say after each report of 1,000 trials a configuration.

    python tools/goldens/pruners.py

`curves` are drawn from a seed, made like learning curves, and shared by all cases: `values` in
thousandths, or nan or inf; `first` and `stride`, from which their steps follow; `fails` where the trial
fails after the last value. A curve whose last value is NaN fails as well.

`studies` have 100 of the curves each, in order, their trials' numbers from 0, and reach for the best
of them in their `direction`.

A case is a pruner with its settings and what became of each study: the n-th report was that of the
trial in slot `slots[n]`, and `decisions[n]` is 1 where Optuna then said to prune, which was done. A
slot whose trial has come to an end takes the next one that has not begun when it reports again. Steps
are the curve's own, or with `dense` 1, 2, 3, ..., and multiplied by `scale`. Values are brought down to
multiples of `coarse` thousandths, so that many are equal. With `alone`, trials run in slot 0 alone until
one is complete. No report jumps over a rung (this script fails if one does); `jumps` is a case by hand
of what happens then, and `tie` one of a value that is all but the median.
"""

import gzip
import io
import json
import math
import random
import warnings

import optuna
from optuna.pruners import (
    HyperbandPruner,
    MedianPruner,
    NopPruner,
    PatientPruner,
    PercentilePruner,
    SuccessiveHalvingPruner,
)
from optuna.trial import TrialState

OUTPUT = "src/test/resources/org/sparkfinetune/tune/pruner/pruners.json.gz"
SEED = 20261125
STUDIES = 10
TRIALS = 100
PARALLELISM = [1, 2, 3, 4, 5, 6, 8, 1, 4, 2]
DIRECTIONS = ["maximize", "minimize"]


def drawn_curve(rng, direction):
    """A curve from a poor start to its end, with noise, and with the accidents of trainings."""
    count = 27 if rng.random() < 0.7 else rng.randint(1, 26)
    start, end = 0.1 + 0.1 * rng.random(), 0.3 + 0.6 * rng.random()
    rate, noise = 0.05 + 0.5 * rng.random(), rng.choice([0.0, 0.005, 0.03])
    values = []
    for i in range(count):
        value = end + (start - end) * math.exp(-rate * i) + rng.gauss(0, noise)
        values.append(round(1000 * (value if direction == "maximize" else 3 * (1 - value))))
    accident = rng.random()
    if accident < 0.03:  # diverges and stays NaN
        at = rng.randrange(count)
        values[at:] = ["nan"] * (count - at)
    elif accident < 0.08:  # no number now and then
        values = ["nan" if rng.random() < 0.3 else v for v in values]
    elif accident < 0.10:
        values[rng.randrange(count)] = "inf" if direction == "minimize" else "-inf"
    fails = rng.random() < 0.05
    return {
        "values": " ".join(str(v) for v in values),
        "first": rng.randint(0, 3),
        "stride": rng.choice([1, 1, 2, 3]),
        "fails": fails,
    }


def number(value, coarse):
    return int(value) // coarse * coarse / 1000 if value.lstrip("-").isdigit() else float(value)


def rungs_of(pruner, trial):
    """The steps of a trial's rungs, as the pruner has them now."""
    bracket = 0
    if isinstance(pruner, HyperbandPruner):
        if not pruner._pruners:
            return []
        bracket = pruner._get_bracket_id(pruner.study, trial)
        pruner = pruner._pruners[bracket]
    if not isinstance(pruner, SuccessiveHalvingPruner) or pruner._min_resource is None:
        return []
    rate, factor = pruner._min_early_stopping_rate, pruner._reduction_factor
    return [pruner._min_resource * factor ** (rate + rung) for rung in range(9)]


def run(case, index, curves, rng):
    """Runs one study by ask and tell and returns its slots and decisions."""
    direction = DIRECTIONS[index % 2]
    pruner = make(case["pruner"])
    study = optuna.create_study(direction=direction, pruner=pruner, study_name=f"study-{index}")
    pruner.study = study
    waiting = list(curves[index * TRIALS : (index + 1) * TRIALS])
    running = [None] * PARALLELISM[index]
    complete = False
    slots, decisions = [], []
    while waiting or any(running):
        there = range(1 if case["alone"] and not complete else len(running))
        slot = rng.choice([s for s in there if running[s] or waiting])
        if running[slot] is None:
            running[slot] = (study.ask(), waiting.pop(0), [])
        trial, curve, reported = running[slot]
        values = [number(v, case["coarse"]) for v in curve["values"].split()]
        i = len(reported)
        first, stride = (1, 1) if case["dense"] else (curve["first"], curve["stride"])
        step = case["scale"] * (first + stride * i)
        trial.report(values[i], step)
        prune = bool(trial.should_prune())
        jumped = [s for s in rungs_of(pruner, trial) if (reported or [0])[-1] < s <= step]
        assert len(jumped) <= 1, (case["name"], jumped)
        reported.append(step)
        slots.append(slot)
        decisions.append(int(prune))
        if prune:
            study.tell(trial, state=TrialState.PRUNED)
        elif len(reported) < len(values):
            continue
        elif curve["fails"] or math.isnan(values[-1]):
            study.tell(trial, state=TrialState.FAIL)
        else:
            study.tell(trial, values[-1])
            complete = True
        running[slot] = None
    return {
        "slots": "".join(map(str, slots)),
        "decisions": "".join(map(str, decisions)),
    }


def make(settings):
    if settings is None:
        return None
    kind, *arguments = settings
    return {
        "nop": NopPruner,
        "median": lambda a, b, c, d: MedianPruner(a, b, c, n_min_trials=d),
        "percentile": lambda p, a, b, c, d: PercentilePruner(p, a, b, c, n_min_trials=d),
        "halving": SuccessiveHalvingPruner,
        "hyperband": HyperbandPruner,
        "patient": lambda wrapped, *rest: PatientPruner(make(wrapped), *rest),
    }[kind](*arguments)


def case(name, *pruner, dense=False, alone=False, scale=1, coarse=1):
    flags = {"dense": dense, "alone": alone, "scale": scale, "coarse": coarse}
    return {"name": name, "pruner": pruner, **flags}


CASES = [
    case("none", "nop"),
    case("median", "median", 5, 0, 1, 1),
    case("median, later and rarer", "median", 3, 5, 4, 4),
    case("percentile 25 from the start", "percentile", 25.0, 0, 0, 1, 1),
    case("percentile 80.5, every third step", "percentile", 80.5, 4, 2, 3, 2),
    case("percentile 0", "percentile", 0.0, 2, 1, 2, 1),
    case("percentile 100", "percentile", 100.0, 2, 0, 1, 1),
    case("halving", "halving", 1, 4, 0, 0),
    case("halving, one rung later", "halving", 2, 3, 1, 0),
    case("halving in two", "halving", 3, 2, 0, 0),
    case("halving with a bootstrap", "halving", 1, 3, 0, 3, dense=True),
    case("halving, automatic", "halving", "auto", 4, 0, 0, dense=True, alone=True),
    case("halving, automatic, long", "halving", "auto", 4, 2, 0, dense=True, alone=True, scale=10),
    case("hyperband", "hyperband", 1, 27, 3, 0, dense=True),
    case("hyperband, from step 2 on", "hyperband", 2, 60, 3, 0),
    case("hyperband with a bootstrap", "hyperband", 1, 30, 2, 1, dense=True),
    case("hyperband, automatic", "hyperband", 1, "auto", 3, 0, dense=True, alone=True),
    case("hyperband of 243 steps", "hyperband", 1, 243, 3, 0, dense=True),
    case("patient alone", "patient", None, 3, 0.0),
    case("patient with the median", "patient", ("median", 5, 0, 1, 1), 2, 0.005),
    case("median of few values", "median", 5, 0, 1, 1, coarse=20),
    case("percentile 60 of few values", "percentile", 60.0, 5, 0, 1, 1, coarse=10),
]

# A trial a report, rungs at 1, 2, 4, ...; each ends after it.
JUMPS = [(4, 5.0), (4, 6.0), (4, 4.0), (4, 4.5), (4, 4.2), (2, 4.1)]


def jumps():
    study = optuna.create_study(pruner=SuccessiveHalvingPruner(1, 2))
    decisions = []
    for step, value in JUMPS:
        trial = study.ask()
        trial.report(value, step)
        prune = bool(trial.should_prune())
        decisions.append(int(prune))
        study.tell(trial, **({"state": TrialState.PRUNED} if prune else {"values": value}))
    return {"reports": JUMPS, "decisions": "".join(map(str, decisions))}


# At one step: of two complete trials, and of one that runs and has reported just their mean. NumPy's
# median is below it by the last bit.
TIE = [0.001, 0.013, 0.007]


def tie():
    study = optuna.create_study(pruner=MedianPruner(2))
    for value in TIE:
        trial = study.ask()
        trial.report(value, 1)
        prune = bool(trial.should_prune())
        if len(study.trials) < len(TIE):
            study.tell(trial, value)
    return {"values": TIE, "prune": prune}


def main():
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    warnings.simplefilter("ignore")  # of NumPy where all values are NaN
    rng = random.Random(SEED)
    curves = [
        drawn_curve(rng, DIRECTIONS[study % 2]) for study in range(STUDIES) for _ in range(TRIALS)
    ]
    results = []
    for each in CASES:
        studies = [run(each, index, curves, rng) for index in range(STUDIES)]
        results.append({**each, "studies": studies})
        bits = "".join(study["decisions"] for study in studies)
        print(f"{each['name']}: {len(bits)} reports, {bits.count('1')} trials pruned")
    golden = {
        "optuna": optuna.__version__,
        "directions": [DIRECTIONS[study % 2] for study in range(STUDIES)],
        "curves": curves,
        "cases": results,
        "jumps": jumps(),
        "tie": tie(),
    }
    text = io.BytesIO()
    # Without a time, so that the same golden is the same bytes.
    with gzip.GzipFile(fileobj=text, mode="wb", mtime=0) as file:
        file.write(json.dumps(golden, separators=(",", ":")).encode("ascii"))
    with open(OUTPUT, "wb") as file:
        file.write(text.getvalue())


main()
