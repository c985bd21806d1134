"""Writes the golden file of what probabilities are worth, with scikit-learn, netcal and NumPy.

    pip install -r tools/goldens/requirements.txt
    python tools/goldens/scores.py src/test/resources/org/sparkfinetune/evaluate/scores.json

Of 5,000 classes the file has no probabilities: row i gives label j the weight
(i * 7919 + j * 104729 + i * j * 31) % 1009, twenty times that if j is the row's label, and its
probability is the weight over the sum of the row's, which any language computes to the same bits.
"""

import json
import sys

import numpy as np
from netcal.metrics import ECE, MCE
from scipy.optimize import minimize_scalar
from scipy.special import logsumexp
from sklearn.metrics import (
    average_precision_score,
    balanced_accuracy_score,
    brier_score_loss,
    cohen_kappa_score,
    f1_score,
    log_loss,
    matthews_corrcoef,
    roc_auc_score,
    top_k_accuracy_score,
)

BINS = 15


def number(value):
    """None where a metric is not defined."""
    return None if np.isnan(value) else float(value)


def by_label(indicators, probabilities):
    """AUROC and average precision of each label against the others, and their means."""
    support = indicators.sum(axis=0)
    rows = len(indicators)
    auroc = np.array(
        [
            roc_auc_score(indicators[:, j], probabilities[:, j]) if 0 < support[j] < rows else np.nan
            for j in range(indicators.shape[1])
        ]
    )
    ap = np.array(
        [
            average_precision_score(indicators[:, j], probabilities[:, j]) if support[j] > 0 else np.nan
            for j in range(indicators.shape[1])
        ]
    )

    def mean(values, weights):
        there = ~np.isnan(values)
        return float(np.average(values[there], weights=weights[there])) if weights[there].sum() > 0 else 0.0

    ones = np.ones(len(support))
    return {
        "auroc_by_label": [number(v) for v in auroc],
        "average_precision_by_label": [number(v) for v in ap],
        "auroc": mean(auroc, ones),
        "auroc_weighted": mean(auroc, support),
        "average_precision": mean(ap, ones),
        "average_precision_weighted": mean(ap, support),
    }


def binary(error, confidences, hits):
    return float(error.measure(np.asarray(confidences, dtype=np.float64), np.asarray(hits, dtype=int)))


def equal_mass(confidences, hits):
    """netcal's, which refuses edges that coincide: there the bins between them are left out."""
    edges = np.quantile(confidences, np.linspace(0, 1, BINS + 1))
    bins = np.searchsorted(np.unique(edges[1:-1]), confidences, side="right")
    error = sum(
        abs(hits[bins == b].sum() - confidences[bins == b].sum()) for b in np.unique(bins)
    ) / len(confidences)
    if len(np.unique(edges)) == BINS + 1:
        reference = binary(ECE(BINS, equal_intervals=False), confidences, hits)
        assert abs(error - reference) < 1e-12, (error, reference)
    return float(error)


def classwise(indicators, probabilities):
    return float(np.mean([binary(ECE(BINS), p, y) for p, y in zip(probabilities.T, indicators.T)]))


def case(name, labels, probabilities, written=True):
    labels = np.asarray(labels)
    probabilities = np.asarray(probabilities, dtype=np.float64)
    classes = probabilities.shape[1]
    everything = list(range(classes))
    predicted = probabilities.argmax(axis=1)
    confidence = probabilities.max(axis=1)
    hit = predicted == labels
    indicators = (labels[:, None] == np.arange(classes)).astype(int)
    # kappa of one class alone is 0/0 in scikit-learn, and 0 here as every such ratio.
    kappa = cohen_kappa_score(labels, predicted, labels=everything)
    if classes == 2:
        brier = brier_score_loss(labels, probabilities[:, 1], pos_label=1)
    else:
        brier = brier_score_loss(labels, probabilities, labels=everything)
    top = {
        f"top_{k}_accuracy": float(top_k_accuracy_score(labels, probabilities, k=k, labels=everything))
        if classes > max(k, 2)
        else 1.0
        for k in (3, 5)
    }
    return {
        "name": name,
        "classes": classes,
        "labels": labels.tolist(),
        **({"probabilities": probabilities.tolist()} if written else {}),
        "metrics": {
            "loss": float(log_loss(labels, probabilities, labels=everything)),
            "accuracy": float(hit.mean()),
            "balanced_accuracy": float(balanced_accuracy_score(labels, predicted)),
            "f1": float(f1_score(labels, predicted, average="macro", zero_division=0)),
            "f1_micro": float(f1_score(labels, predicted, average="micro", zero_division=0)),
            "mcc": float(matthews_corrcoef(labels, predicted)),
            "cohen_kappa": 0.0 if np.isnan(kappa) else float(kappa),
            "brier": float(brier),
            **top,
            "ece": binary(ECE(BINS), confidence, hit),
            "ece_equal_mass": equal_mass(confidence, hit),
            "mce": binary(MCE(BINS), confidence, hit),
            "ece_classwise": classwise(indicators, probabilities),
            **by_label(indicators, probabilities),
        },
    }


def multi_label_case(name, indicators, probabilities):
    indicators = np.asarray(indicators)
    probabilities = np.asarray(probabilities, dtype=np.float64)
    return {
        "name": name,
        "sets": [np.flatnonzero(row).tolist() for row in indicators],
        "probabilities": probabilities.tolist(),
        "metrics": {
            "brier": float(np.mean([brier_score_loss(y, p, pos_label=1) for y, p in zip(indicators.T, probabilities.T)])),
            "ece": binary(ECE(BINS), probabilities.ravel(), indicators.ravel()),
            "mce": binary(MCE(BINS), probabilities.ravel(), indicators.ravel()),
            "ece_classwise": classwise(indicators, probabilities),
            **by_label(indicators, probabilities),
        },
    }


def percentiles(values):
    return [float(v) for v in np.percentile(values, [2.5, 97.5])]


def intervals(golden, replicates=40_000, seed=0):
    """Percentile intervals of 95 % by drawing rows, label by label; of sets of labels all rows."""
    random = np.random.default_rng(seed)
    p = np.asarray(golden["probabilities"])
    rows = np.arange(len(p))
    if "sets" in golden:
        y = np.array([[int(j in s) for j in range(p.shape[1])] for s in golden["sets"]])
        drawn = random.choice(rows, (replicates, len(rows)))
        of_row = {
            "accuracy": ((p >= 0.5) == y).all(axis=1).astype(float),
            "hamming_loss": ((p >= 0.5) != y).mean(axis=1),
            "brier": ((p - y) ** 2).mean(axis=1),
        }
        hits, predicted, support = ((p >= 0.5) & (y == 1)).sum(axis=1), (p >= 0.5).sum(axis=1), y.sum(axis=1)
        micro = 2 * hits[drawn].sum(axis=1) / (predicted + support)[drawn].sum(axis=1)
        return {"f1_micro": percentiles(micro), **{n: percentiles(v[drawn].mean(axis=1)) for n, v in of_row.items()}}
    y = np.asarray(golden["labels"])
    drawn = np.concatenate(
        [random.choice(rows[y == c], (replicates, (y == c).sum())) for c in np.unique(y)], axis=1
    )
    predicted, confidence = p.argmax(axis=1), p.max(axis=1)
    hit = predicted == y
    indicators = y[:, None] == np.arange(p.shape[1])
    of_row = {
        "accuracy": hit.astype(float),
        "loss": -np.log(p[rows, y]),
        "brier": ((p - indicators) ** 2).sum(axis=1),
    }
    bins = np.minimum((confidence * BINS).astype(int), BINS - 1)
    distance = (hit - confidence)[drawn]
    ece = sum(np.abs(np.where(bins[drawn] == b, distance, 0).sum(axis=1)) for b in range(BINS)) / len(y)
    n = len(y)
    support = indicators.sum(axis=0)
    counts = np.stack([(predicted[drawn] == c).sum(axis=1) for c in range(p.shape[1])], axis=1)
    covariance = hit[drawn].sum(axis=1) * n - counts @ support
    mcc = covariance / np.sqrt((n * n - (support**2).sum()) * (n * n - (counts**2).sum(axis=1)))
    return {
        "ece": percentiles(ece),
        "mcc": percentiles(mcc),
        **{name: percentiles(values[drawn].mean(axis=1)) for name, values in of_row.items()},
    }


def temperature(golden):
    """The best temperature of the logits, from 0.05 to 20, and the log loss with it, by SciPy's bounded search."""
    p = np.maximum(np.asarray(golden["probabilities"]), np.finfo(np.float64).tiny)
    if "sets" in golden:
        y = np.array([[int(j in s) for j in range(p.shape[1])] for s in golden["sets"]])
        logits = np.log(p) - np.log(np.maximum(1 - p, np.finfo(np.float64).tiny))

        def loss(inverse):
            return np.logaddexp(0, -inverse * np.where(y == 1, logits, -logits)).mean()
    else:
        y, logits = np.asarray(golden["labels"]), np.log(p)

        def loss(inverse):
            return (logsumexp(inverse * logits, axis=1) - inverse * logits[np.arange(len(y)), y]).mean()

    found = minimize_scalar(loss, bounds=(1 / 20, 1 / 0.05), method="bounded", options={"xatol": 1e-12})
    return {"temperature": float(1 / found.x), "loss": float(found.fun), "loss_before": float(loss(1.0))}


def softmax(x):
    e = np.exp(x - x.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


def drawn(name, rows, classes, signal, seed, occurring=None, steps=None):
    """With `steps`, probabilities are multiples of 1 / steps: many are equal, many 0 or on an edge."""
    random = np.random.default_rng(seed)
    labels = random.integers(0, occurring or classes, rows)
    logits = random.normal(size=(rows, classes))
    logits[np.arange(rows), labels] += signal
    probabilities = softmax(logits)
    if steps:
        whole = np.floor(probabilities * steps).astype(int)
        whole[np.arange(rows), probabilities.argmax(axis=1)] += steps - whole.sum(axis=1)
        probabilities = whole / steps
    return case(name, labels, probabilities)


def many_classes(rows, classes):
    i = np.arange(rows)[:, None]
    j = np.arange(classes)[None, :]
    labels = (np.arange(rows) * 37) % classes
    weights = (i * 7919 + j * 104729 + i * j * 31) % 1009
    weights = np.where(j == labels[:, None], weights * 20, weights)
    return case("5,000 classes", labels, weights / weights.sum(axis=1, keepdims=True), written=False)


cases = [
    drawn("two classes", 60, 2, 1.0, 1),
    drawn("two classes, many ties", 80, 2, 1.0, 2, steps=10),
    drawn("five classes", 150, 5, 1.5, 3),
    drawn("seven classes, many ties, bins' edges", 120, 7, 1.5, 4, steps=15),
    drawn("six classes of which two are never a label", 70, 6, 1.0, 5, occurring=4),
    drawn("twenty classes, sure of itself", 100, 20, 7.0, 6),
    case("one class alone, always predicted", [1, 1, 1], [[0.1, 0.8, 0.1], [0.2, 0.7, 0.1], [0.0, 1.0, 0.0]]),
    case("one class alone, of two", [0, 0], [[0.9, 0.1], [0.2, 0.8]]),
    case("probabilities of 0 and 1", [0, 1, 2, 1], [[1, 0, 0], [0, 1, 0], [0, 1, 0], [0, 0.5, 0.5]]),
    case("all rows the same", [0, 1, 2, 0], [[0.25, 0.5, 0.25]] * 4),
    case("one row", [2], [[0.2, 0.3, 0.5]]),
    many_classes(40, 5000),
]


def drawn_sets(name, rows, labels, frequency, signal, seed, digits):
    random = np.random.default_rng(seed)
    sets = (random.random((rows, labels)) < frequency).astype(int)
    logits = random.normal(size=(rows, labels)) + signal * (2 * sets - 1)
    return multi_label_case(name, sets, np.round(1 / (1 + np.exp(-logits)), digits))


multi_label_cases = [
    drawn_sets("four labels", 60, 4, 0.4, 1.0, 11, 12),
    drawn_sets("nine rare labels", 70, 9, 0.05, 1.5, 12, 12),
    drawn_sets("many equal probabilities", 50, 5, 0.3, 0.7, 13, 1),
    multi_label_case("no label at all, one in every row", [[0, 1], [0, 1]], [[0.7, 0.2], [0.1, 1.0]]),
]

for golden in (cases[2], multi_label_cases[0]):
    golden["intervals"] = intervals(golden)

for golden in [*cases[:-1], *multi_label_cases]:
    golden["scaled"] = temperature(golden)

with open(sys.argv[1], "w", encoding="utf-8") as file:
    json.dump({"cases": cases, "multi_label_cases": multi_label_cases}, file, separators=(",", ":"))
    file.write("\n")
