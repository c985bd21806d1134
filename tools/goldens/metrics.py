"""Writes the golden file of the metrics tests with scikit-learn.

    pip install -r tools/goldens/requirements.txt
    python tools/goldens/metrics.py src/test/resources/org/sparkfinetune/evaluate/metrics.json
"""

import json
import sys

import numpy as np
from sklearn.metrics import (
    accuracy_score,
    classification_report,
    confusion_matrix,
    f1_score,
    hamming_loss,
    log_loss,
    precision_recall_fscore_support,
)


def case(name, labels, classes, probabilities, predicted=None):
    labels = np.asarray(labels)
    probabilities = np.asarray(probabilities, dtype=np.float64)
    predicted = probabilities.argmax(axis=1) if predicted is None else np.asarray(predicted)
    names = [f"class_{i}" for i in range(classes)]
    everything = list(range(classes))

    def scores(average, over=None):
        p, r, f, s = precision_recall_fscore_support(
            labels, predicted, labels=over, average=average, zero_division=0
        )
        if average is None:
            return [
                {"precision": float(a), "recall": float(b), "f1": float(c), "support": int(d)}
                for a, b, c, d in zip(p, r, f, s)
            ]
        return {"precision": float(p), "recall": float(r), "f1": float(f)}

    # scikit-learn's own default: the classes that occur, as a label or as a prediction.
    present = sorted(set(labels.tolist()) | set(predicted.tolist()))
    return {
        "name": name,
        "classes": classes,
        "labels": labels.tolist(),
        "predicted": predicted.tolist(),
        "probability_of_label": [float(p[y]) for p, y in zip(probabilities, labels)],
        "accuracy": float(accuracy_score(labels, predicted)),
        "loss": float(log_loss(labels, probabilities, labels=everything)),
        "macro": scores("macro"),
        "weighted": scores("weighted"),
        "per_class": scores(None, everything),
        "confusion_matrix": confusion_matrix(labels, predicted, labels=everything).tolist(),
        "report": classification_report(
            labels,
            predicted,
            target_names=[names[i] for i in present],
            digits=4,
            zero_division=0,
        ),
    }


def softmax(x):
    e = np.exp(x - x.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


def drawn(name, rows, classes, signal, seed, occurring=None):
    random = np.random.default_rng(seed)
    labels = random.integers(0, occurring or classes, rows)
    logits = random.normal(size=(rows, classes))
    logits[np.arange(rows), labels] += signal
    return case(name, labels, classes, softmax(logits))


cases = [
    drawn("two classes", 50, 2, 1.0, 1),
    drawn("five classes", 200, 5, 1.5, 2),
    drawn("thirty classes, sure of itself", 600, 30, 6.0, 3),
    drawn("four classes of which the last is never a label", 80, 4, 1.0, 4, occurring=3),
    case(
        "a class never predicted, and one that does not occur at all",
        [0, 0, 1, 1, 2, 2],
        4,
        softmax(np.array([[3.0, 0, 0, -9]] * 3 + [[0, 3.0, 0, -9]] * 3)),
    ),
    case("probabilities of 0 and 1", [0, 1, 1, 0], 2, [[1, 0], [0, 1], [1, 0], [0.5, 0.5]]),
    case("nearly all wrong", [0, 0, 1, 1], 2, [[0.1, 0.9], [0.2, 0.8], [0.7, 0.3], [0.4, 0.6]]),
]

def multi_label_case(name, labels, probabilities, threshold):
    labels = np.asarray(labels)
    probabilities = np.asarray(probabilities, dtype=np.float64)
    predicted = (probabilities >= threshold).astype(int)

    def scores(average):
        p, r, f, s = precision_recall_fscore_support(labels, predicted, average=average, zero_division=0)
        if average is None:
            return [
                {"precision": float(a), "recall": float(b), "f1": float(c), "support": int(d)}
                for a, b, c, d in zip(p, r, f, s)
            ]
        return {"precision": float(p), "recall": float(r), "f1": float(f)}

    columns = range(labels.shape[1])
    # Every threshold above 0 that tells two probabilities apart, and scikit-learn's micro-F1 of the best.
    thresholds = [0.5, *(t for t in np.unique(probabilities) if t > 0)]
    best = max(f1_score(labels, probabilities >= t, average="micro", zero_division=0) for t in thresholds)
    return {
        "name": name,
        "labels": labels.tolist(),
        "probabilities": probabilities.tolist(),
        "threshold": threshold,
        "accuracy": float(accuracy_score(labels, predicted)),
        "hamming_loss": float(hamming_loss(labels, predicted)),
        "loss": float(np.mean([log_loss(labels[:, j], probabilities[:, j], labels=[0, 1]) for j in columns])),
        **{average: scores(average) for average in ("micro", "macro", "weighted", "samples")},
        "per_label": scores(None),
        "best_micro_f1": float(best),
        "report": classification_report(
            labels, predicted, target_names=[f"class_{j}" for j in columns], digits=4, zero_division=0
        ),
    }


def drawn_sets(name, rows, labels, frequency, signal, seed, threshold=0.5, digits=12):
    random = np.random.default_rng(seed)
    sets = (random.random((rows, labels)) < frequency).astype(int)
    logits = random.normal(size=(rows, labels)) + signal * (2 * sets - 1)
    return multi_label_case(name, sets, np.round(1 / (1 + np.exp(-logits)), digits), threshold)


multi_label_cases = [
    drawn_sets("four labels", 60, 4, 0.4, 1.0, 11),
    drawn_sets("twelve rare labels, a low threshold", 80, 12, 0.08, 1.5, 12, threshold=0.3),
    drawn_sets("many equal probabilities", 50, 5, 0.3, 0.7, 13, digits=1),
    multi_label_case("rows and labels without anything", [[0, 0, 1], [0, 0, 0], [1, 0, 0]], [[0.2, 0.1, 0.9], [0.1, 0.3, 0.2], [0.4, 0.2, 0.6]], 0.5),
    multi_label_case("probabilities of 0 and 1", [[1, 0], [0, 1]], [[1.0, 0.0], [1.0, 0.0]], 0.5),
    multi_label_case("no label at all", [[0, 0], [0, 0]], [[0.7, 0.2], [0.1, 0.3]], 0.5),
]

with open(sys.argv[1], "w", encoding="utf-8") as file:
    json.dump({"cases": cases, "multi_label_cases": multi_label_cases}, file, separators=(",", ":"))
    file.write("\n")
