"""Writes the goldens of the tuner's samplers with Optuna: what its TPESampler makes of histories of many kinds, each
with the two estimators of every draw, their parameters and the log densities of the candidates; and SciPy's truncated
normal distribution.

    pip install -r tools/goldens/requirements.txt
    python tools/goldens/samplers.py src/test/resources/org/sparkfinetune/tune/tpe.json.gz

Optuna's random numbers are those of numpy's RandomState with the seed of the case, from its first on: who has a Mersenne
Twister can draw them too.
"""

import gzip
import json
import math
import pathlib
import random
import sys
import warnings

import numpy as np
import optuna
import scipy.special
import scipy.stats
from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution
from optuna.samplers._tpe import sampler as tpe
from optuna.trial import TrialState, create_trial

optuna.logging.set_verbosity(optuna.logging.ERROR)
warnings.simplefilter("ignore")

# numpy sorts equal numbers in an order that depends on the processor; of those orders the goldens have the stable one.
_argsort = np.argsort
np.argsort = lambda a, axis=-1, kind=None: _argsort(a, axis=axis, kind="stable")


def number(name, low, high, log=False, step=0, when=None):
    return {"name": name, "type": "float", "low": low, "high": high, "log": log, "step": step, "when": when}


def whole(name, low, high, log=False, step=1, when=None):
    return {"name": name, "type": "int", "low": low, "high": high, "log": log, "step": step, "when": when}


def choice(name, *choices, when=None):
    return {"name": name, "type": "categorical", "choices": list(choices), "when": when}


def distribution(parameter):
    if parameter["type"] == "categorical":
        return CategoricalDistribution(parameter["choices"])
    kind = FloatDistribution if parameter["type"] == "float" else IntDistribution
    return kind(parameter["low"], parameter["high"], log=parameter["log"], step=parameter["step"] or None)


def active(parameter, params):
    when = parameter["when"]
    return when is None or params.get(when["parameter"]) in when["values"]


def draw(space, rng, center=None):
    """Random parameters; near a share of the range, or of the choices, where that is given."""
    params = {}
    for parameter in space:
        if not active(parameter, params):
            continue
        u = rng.random() if center is None else min(max(rng.gauss(center, 1e-3), 0), 1 - 1e-9)
        if parameter["type"] == "categorical":
            params[parameter["name"]] = parameter["choices"][int(u * len(parameter["choices"]))]
            continue
        low, high, step = parameter["low"], parameter["high"], parameter["step"]
        if parameter["log"]:
            value = math.exp(math.log(low) + u * (math.log(high) - math.log(low)))
        else:
            value = low + u * (high - low)
        if step:
            value = low + round((value - low) / step) * step
        params[parameter["name"]] = int(value) if parameter["type"] == "int" else min(max(value, low), high)
    return params


def history(space, rng, n, states=("COMPLETE",), objectives=1, digits=None, constraints=False, center=None):
    trials = []
    for i in range(n):
        params = draw(space, rng, center)
        state = states[i % len(states)]
        values = [math.sin(3 * len(params)) + rng.gauss(0, 1) for _ in range(objectives)]
        if digits is not None:
            values = [round(v, digits) for v in values]
        steps = rng.sample(range(1, 9), rng.randrange(0, 4)) if state in ("PRUNED", "RUNNING") else []
        trials.append(
            {
                "number": i,
                "state": state,
                "params": params,
                "values": values if state == "COMPLETE" else [],
                "intermediate_values": {str(s): round(rng.gauss(0, 1), 1) for s in sorted(steps)},
                "constraints": [rng.gauss(0, 1), rng.gauss(-1, 1)]
                if constraints and state in ("COMPLETE", "PRUNED")
                else [],
            }
        )
    return trials


class Estimator(tpe._ParzenEstimator):
    """Keeps what it was made of and what it was asked."""

    made = []

    def __init__(self, observations, search_space, parameters, predetermined_weights=None):
        super().__init__(observations, search_space, parameters, predetermined_weights)
        names = list(search_space)
        self.record = {
            "parameters": names,
            "observations": np.array([observations[n] for n in names], dtype=float).T.tolist(),
            "uniform": predetermined_weights is not None,
            "weights": self._mixture_distribution.weights.tolist(),
            "kernels": [
                {"probabilities": d.weights.tolist()}
                if hasattr(d, "weights")
                else {"means": np.asarray(d.mu).tolist(), "deviations": np.asarray(d.sigma).tolist()}
                for d in self._mixture_distribution.distributions
            ],
        }
        Estimator.made.append(self.record)

    def log_pdf(self, samples):
        logs = super().log_pdf(samples)
        self.record["points"] = np.array([samples[n] for n in self.record["parameters"]], dtype=float).T.tolist()
        self.record["log_densities"] = logs.tolist()
        return logs


def suggestion(name, space, trials, seed, directions=("minimize",), multivariate=False, liar=True, past=None):
    """past: the space of the trials, where it is another one."""
    sampler = optuna.samplers.TPESampler(seed=seed, multivariate=multivariate, constant_liar=liar)
    sampler._parzen_estimator_cls = Estimator
    study = optuna.create_study(directions=list(directions), sampler=sampler)
    distributions = {p["name"]: distribution(p) for p in past or space}
    for t in trials:
        study.add_trial(
            create_trial(
                state=TrialState[t["state"]],
                values=t["values"] or None,
                params=t["params"],
                distributions={k: distributions[k] for k in t["params"]},
                intermediate_values={int(k): v for k, v in t["intermediate_values"].items()},
                constraints={str(i): c for i, c in enumerate(t["constraints"])} or None,
            )
        )
    states = (TrialState.COMPLETE, TrialState.PRUNED) + ((TrialState.RUNNING,) if liar else ())
    known = study.get_trials(deepcopy=False, states=states)
    gamma = tpe.default_gamma if len(directions) == 1 else tpe.default_gamma_multiobjective
    n = gamma(sum(t.state != TrialState.RUNNING for t in known))
    good, others = tpe._split_trials(study, known, n)

    Estimator.made.clear()
    trial = study.ask()
    params = {}
    for p in space:
        if active(p, params):
            params[p["name"]] = trial._suggest(p["name"], distribution(p))
    return {
        "name": name,
        "seed": seed,
        "directions": list(directions),
        "multivariate": multivariate,
        "constant_liar": liar,
        "space": space,
        "past": past or space,
        "trials": trials,
        "good": [t.number for t in good],
        "others": [t.number for t in others],
        "params": params,
        "draws": [{"good": g, "others": o} for g, o in zip(Estimator.made[::2], Estimator.made[1::2])],
    }


KINDS = [
    number("float", -2.0, 3.0),
    number("log", 1e-6, 1e-1, log=True),
    number("step", 0.0, 0.7, step=0.1),
    whole("int", 1, 12),
    whole("int step", 4, 64, step=12),
    whole("int log", 1, 300, log=True),
    choice("choice", "a", "b", "c"),
]
MIXED = [KINDS[i] for i in (1, 0, 6, 4, 5, 2)] + [number("one", 1.5, 1.5)]
CONDITIONAL = [
    choice("optimizer", "adamw", "sgd", "lion"),
    number("rate", 1e-5, 1e-1, log=True),
    choice("nesterov", True, False, when={"parameter": "optimizer", "values": ["sgd"]}),
    number("momentum", 0.0, 1.0, when={"parameter": "nesterov", "values": [True]}),
    whole("layers", 2, 12, step=2, when={"parameter": "optimizer", "values": ["adamw", "lion"]}),
]
ENDED = ("COMPLETE", "PRUNED", "COMPLETE", "FAIL", "RUNNING", "PRUNED", "RUNNING", "COMPLETE")


def suggestions():
    rng = random.Random(7)
    seeds = iter(range(1, 1000))

    def case(name, space, n, directions=("minimize",), multivariate=False, liar=True, past=None, **kept):
        trials = history(past or space, rng, n, objectives=len(directions), **kept)
        return suggestion(name, space, trials, next(seeds), directions, multivariate, liar, past)

    for kind in KINDS:
        yield case(kind["name"], [kind], 40)
        yield case(f"{kind['name']}, maximized, pruned and running", [kind], 40, ("maximize",), states=ENDED)
        yield case(f"{kind['name']}, all in one place", [kind], 30, center=0.999)
    for multivariate in (False, True):
        how = {"multivariate": multivariate}
        of = "multivariate" if multivariate else "univariate"
        yield case(f"mixed, {of}", MIXED, 50, **how)
        yield case(f"mixed, {of}, pruned and running", MIXED, 60, states=ENDED, **how)
        yield case(f"mixed, {of}, pruned and running, no liar", MIXED, 60, liar=False, states=ENDED, **how)
        yield case(f"mixed, {of}, most pruned", MIXED, 40, states=("PRUNED",) * 9 + ("COMPLETE",), **how)
        yield case(f"mixed, {of}, none complete", MIXED, 30, ("maximize",), states=("PRUNED", "RUNNING"), **how)
        yield case(f"mixed, {of}, equal values", MIXED, 45, ("maximize",), digits=0, **how)
        yield case(f"mixed, {of}, just enough", MIXED, 10, **how)
        yield case(f"mixed, {of}, old ones weigh less", MIXED[:3], 290, **how)
        yield case(f"mixed, {of}, constraints", MIXED, 40, states=("COMPLETE", "PRUNED"), constraints=True, **how)
        yield case(f"conditional, {of}", CONDITIONAL, 50, states=ENDED, **how)
        two, three = ("minimize", "maximize"), ("minimize", "maximize", "minimize")
        yield case(f"two objectives, {of}", MIXED[:3], 60, two, **how)
        yield case(f"three objectives, {of}", MIXED[:3], 120, three, **how)
        yield case(f"two objectives, {of}, equal values", MIXED[:2], 60, two, digits=0, states=("COMPLETE",) * 5 + ("RUNNING",), **how)
        yield case(f"three objectives, {of}, constraints", MIXED[:2], 100, three, constraints=True, digits=1, **how)
    past = [number("float", -4.0, 9.0), number("log", 1e-7, 1.0, log=True), whole("int", -20, 40)]
    yield case("other ranges than the past's", [KINDS[0], KINDS[1], KINDS[3]], 40, past=past)
    yield case("far more whole numbers than trials", [whole("int", 0, 10**9)], 40)
    yield case("a narrow range far from 0", [number("float", 1e6, 1e6 + 1e-3)], 40)


def normal():
    """SciPy's, at points far out too."""
    points = [0.0] + [s * x for x in (1e-9, 1e-3, 0.3, 1.0, 2.5, 6.5, 15.0, 25.0, 60.0, 1e3, 1e5) for s in (-1, 1)]
    bounds = [(-1, 2), (-30, -20), (25, 40), (-1e-3, 1e-3), (3, 3.001), (-50, 0.5), (-0.5, 50), (0, 1), (-2, 0), (5, 300), (-1e4, -1e3)]
    shares = (1e-12, 1e-5, 0.1, 0.5, 0.9, 1 - 1e-9)
    return {
        "log_below": [[x, float(scipy.special.log_ndtr(x))] for x in points],
        "inverse": [[y, float(scipy.special.ndtri_exp(y))] for y in (-1e-9, -1e-3, -0.02, -0.5, -2.0, -4.9, -5.1, -50.0, -1e4, -1e9)],
        "quantile": [[q, a, b, float(scipy.stats.truncnorm.ppf(q, a, b))] for a, b in bounds for q in shares],
        "log_density": [
            [x, a, b, float(scipy.stats.truncnorm.logpdf(x, a, b))] for a, b in bounds for x in (a, (a + b) / 2, b)
        ],
    }


def main():
    golden = {"optuna": optuna.__version__, "normal": normal(), "suggestions": list(suggestions())}
    text = json.dumps(golden, separators=(",", ":")) + "\n"
    # Without the time, so that the same goldens are the same bytes.
    pathlib.Path(sys.argv[1]).write_bytes(gzip.compress(text.encode(), mtime=0))


if __name__ == "__main__":
    main()
