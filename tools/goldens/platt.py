"""Writes the golden file of Platt scaling, label by label.

    pip install -r tools/goldens/requirements.txt
    python tools/goldens/platt.py src/test/resources/org/sparkfinetune/evaluate/platt.json

Slopes and intercepts are those of the least log loss of Platt's smoothed targets, by SciPy's Newton method with exact
derivatives. scikit-learn's `_sigmoid_calibration`, which CalibratedClassifierCV(method="sigmoid") fits by, minimizes the same
by L-BFGS, which stops earlier: the script checks that it comes near. Slopes are at least
0.001, with the intercept that is best for that.
"""

import json
import sys

import numpy as np
from scipy.optimize import minimize
from scipy.special import expit
from sklearn.calibration import _sigmoid_calibration


# Of a label whose logit says nothing of it, or the opposite.
LEAST_SLOPE = 1e-3


def fit(logits, has):
    """The slope, the intercept, and the smoothed targets' mean log loss with them."""
    positives, others = int(has.sum()), int((~has).sum())
    target = np.where(has, (positives + 1) / (positives + 2), 1 / (others + 2))

    def loss(parameters):
        scaled = parameters[0] * logits + parameters[1]
        return np.mean(np.logaddexp(0, scaled) - target * scaled)

    def gradient(parameters):
        error = expit(parameters[0] * logits + parameters[1]) - target
        return np.array([np.mean(error * logits), np.mean(error)])

    def hessian(parameters):
        p = expit(parameters[0] * logits + parameters[1])
        w = p * (1 - p)
        return np.array([[np.mean(w * logits**2), np.mean(w * logits)], [np.mean(w * logits), np.mean(w)]])

    found = minimize(loss, [0.1, 0.0], jac=gradient, hess=hessian, method="trust-exact", options={"gtol": 1e-14})
    assert np.abs(gradient(found.x)).max() < 1e-8, found
    a, b = _sigmoid_calibration(logits, has.astype(float))
    assert loss([-a, -b]) - found.fun < 1e-7, (a, b, found.x)
    if found.x[0] < LEAST_SLOPE:
        alone = minimize(
            lambda b: loss([LEAST_SLOPE, b[0]]),
            [0.0],
            jac=lambda b: gradient([LEAST_SLOPE, b[0]])[1:],
            hess=lambda b: hessian([LEAST_SLOPE, b[0]])[1:, 1:],
            method="trust-exact",
            options={"gtol": 1e-14},
        )
        return {"slope": LEAST_SLOPE, "intercept": float(alone.x[0]), "loss": float(alone.fun)}
    return {"slope": float(found.x[0]), "intercept": float(found.x[1]), "loss": float(found.fun)}


def case(name, logits, has):
    labels = [
        None if not column.any() or column.all() else fit(values, column) for values, column in zip(logits.T, has.T)
    ]
    rows = [[int(i) for i in np.flatnonzero(row)] for row in has]
    return {"name": name, "logits": logits.tolist(), "labels": rows, "fits": labels}


def main(path):
    draw = np.random.default_rng(5)
    cases = []
    for name, rows, labels, sure, shift in [
        ("too sure, 400 rows", 400, 4, 3.0, 0.5),
        ("not sure enough, 300 rows", 300, 3, 0.2, -0.1),
        ("seven rows", 7, 2, 2.0, 0.0),
    ]:
        real = draw.normal(-1, 1.5, (rows, labels))
        has = draw.random((rows, labels)) < expit(real)
        cases.append(case(name, np.round(sure * real + shift, 6), has))
    logits = np.round(draw.normal(0, 2, (60, 6)), 6)
    has = draw.random((60, 6)) < expit(logits)
    has[:, 0] = logits[:, 0] > 0.3  # told apart without an error
    has[:, 1] = False
    has[:, 2] = True
    has[:, 3] = draw.random(60) < expit(-logits[:, 3])  # the wrong way round
    has[:, 4] = np.arange(60) == 17  # one row
    logits[::2, 5] *= 25  # beyond what a probability of float64 tells from 1
    cases.append(case("apart, none, all, reversed, one row, extreme", logits, has))
    with open(path, "w", encoding="utf-8") as file:
        json.dump(cases, file, separators=(",", ":"))
        file.write("\n")


if __name__ == "__main__":
    main(sys.argv[1])
