"""Writes the golden file of comparisons of two classifiers, with SciPy, scikit-learn and NumPy.

    pip install -r tools/goldens/requirements.txt
    python tools/goldens/comparison.py src/test/resources/org/sparkfinetune/evaluate/comparison.json
"""

import json
import sys

import numpy as np
from scipy.stats import binomtest
from sklearn.metrics import accuracy_score, f1_score, hamming_loss, log_loss, matthews_corrcoef

REPLICATES = 40_000
SPLITS = [(0, 0), (0, 1), (1, 0), (5, 5), (3, 11), (40, 17), (0, 80), (1_000, 1_100), (50_000, 49_000)]


def p_values():
    """Of McNemar's exact test: the binomial test of the rows that one of the two gets right."""
    return [
        {
            "only_first": first,
            "only_second": second,
            "p_value": binomtest(first, first + second).pvalue if first + second else 1.0,
        }
        for first, second in SPLITS
    ]


def single(labels, probabilities):
    predicted = probabilities.argmax(axis=1)
    return {
        "accuracy": accuracy_score(labels, predicted),
        "f1": f1_score(labels, predicted, average="macro", zero_division=0),
        "mcc": matthews_corrcoef(labels, predicted),
        "loss": log_loss(labels, probabilities, labels=range(probabilities.shape[1])),
    }


def multi(labels, probabilities):
    predicted = probabilities >= 0.5
    return {
        "accuracy": accuracy_score(labels, predicted),
        "f1_micro": f1_score(labels, predicted, average="micro", zero_division=0),
        "f1_samples": f1_score(labels, predicted, average="samples", zero_division=0),
        "hamming_loss": hamming_loss(labels, predicted),
    }


def difference(metrics, labels, first, second):
    of_first = metrics(labels, first)
    of_second = metrics(labels, second)
    return {name: of_first[name] - of_second[name] for name in of_first}


def accuracy_interval(right_first, right_second, strata, rng):
    """Percentiles of the accuracies' difference, the same rows drawn for both, as many of each stratum."""
    drawn = np.zeros(REPLICATES)
    for stratum in np.unique(strata):
        of = np.flatnonzero(strata == stratum)
        rows = rng.choice(of, size=(REPLICATES, len(of)))
        drawn += (right_first[rows].astype(float) - right_second[rows]).sum(axis=1)
    return [float(end) for end in np.quantile(drawn / len(strata), [0.025, 0.975])]


def case(name, metrics, labels, first, second, right, strata, rng):
    right_first, right_second = right(labels, first), right(labels, second)
    return {
        "name": name,
        "labels": [np.flatnonzero(row).tolist() if labels.ndim == 2 else [int(row)] for row in labels],
        "first": first.tolist(),
        "second": second.tolist(),
        "rows": [
            int((right_first & right_second).sum()),
            int((right_first & ~right_second).sum()),
            int((~right_first & right_second).sum()),
            int((~right_first & ~right_second).sum()),
        ],
        "differences": difference(metrics, labels, first, second),
        "accuracy_interval": accuracy_interval(right_first, right_second, strata, rng),
    }


def main():
    rng = np.random.default_rng(17)
    labels = rng.integers(0, 4, 90)
    noise = [rng.normal(size=(90, 4)), rng.normal(size=(90, 4))]
    # What both see of a row makes their errors alike, as those of real models are.
    shared = rng.normal(size=(90, 4)) + 1.5 * np.eye(4)[labels]
    logits = [shared + 0.6 * noise[0], shared + 1.2 * noise[1]]
    first, second = [np.exp(one) / np.exp(one).sum(axis=1, keepdims=True) for one in logits]
    sets = (rng.random((70, 3)) < 0.4).astype(int)
    marks = rng.normal(size=(70, 3)) + 2 * sets - 1
    scores = [1 / (1 + np.exp(-(marks + s * rng.normal(size=(70, 3))))) for s in (0.3, 0.9)]
    golden = {
        "p_values": p_values(),
        "cases": [
            case(
                "single-label",
                single,
                labels,
                first,
                second,
                lambda y, p: p.argmax(axis=1) == y,
                labels,
                rng,
            ),
            case(
                "multi-label",
                multi,
                sets,
                *scores,
                lambda y, p: ((p >= 0.5) == y).all(axis=1),
                np.zeros(len(sets)),
                rng,
            ),
        ],
    }
    with open(sys.argv[1], "w") as file:
        json.dump(golden, file, indent=1)
        file.write("\n")


if __name__ == "__main__":
    main()
