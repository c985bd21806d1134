"""Writes the golden file of the audit's tests with cleanlab.

    python tools/goldens/confident_learning.py

Where cleanlab sorts, equal values keep the order of their rows here: it leaves that to numpy's quicksort, which
does it in one way on one processor and in another way on the next.
"""

import gzip
import json
import warnings

import numpy as np

argsort = np.argsort
np.argsort = lambda values, *args, **kwargs: argsort(values, *args, **{**kwargs, "kind": "stable"})

from cleanlab.count import (  # noqa: E402
    compute_confident_joint,
    estimate_joint,
    estimate_latent,
    get_confident_thresholds,
)
from cleanlab.datalab.internal.issue_manager.outlier import OutlierIssueManager  # noqa: E402
from cleanlab.dataset import find_overlapping_classes  # noqa: E402
from cleanlab.filter import find_label_issues  # noqa: E402
from cleanlab.multilabel_classification import filter as of_sets  # noqa: E402
from cleanlab.multilabel_classification.rank import get_label_quality_scores as quality_of_sets  # noqa: E402
from cleanlab.outlier import OutOfDistribution  # noqa: E402
from cleanlab.rank import get_label_quality_scores  # noqa: E402

FILTERS = ["prune_by_noise_rate", "prune_by_class", "both", "confident_learning", "predicted_neq_given"]
SCORES = ["self_confidence", "normalized_margin", "confidence_weighted_entropy"]


def case(name, labels, probabilities):
    labels = np.asarray(labels)
    p = np.asarray(probabilities, dtype=np.float64)
    joint = compute_confident_joint(labels, p)
    outlier_scores = OutOfDistribution().fit_score(pred_probs=p, labels=labels, verbose=False)
    overlapping = find_overlapping_classes(labels, p, confident_joint=joint)
    # Of equal shares pandas' sort keeps no order.
    by = ["Joint Probability", "Class Index A", "Class Index B"]
    overlapping = overlapping[overlapping["Joint Probability"] > 0].sort_values(by, ascending=[False, True, True])
    prior, noise, inverse = estimate_latent(joint, labels)
    matrices = (
        {"noise": noise.tolist(), "inverse": inverse.tolist(), "share": estimate_joint(labels, p).tolist()}
        if p.shape[1] < 50
        else {}
    )
    return {
        "name": name,
        "labels": labels.tolist(),
        "probabilities": p.tolist(),
        "thresholds": get_confident_thresholds(labels, p).tolist(),
        "joint": joint.tolist(),
        "prior": prior.tolist(),
        **matrices,
        "outlier_scores": outlier_scores.tolist(),
        "outlier_limit": OutlierIssueManager.DEFAULT_THRESHOLDS["pred_probs"] * float(np.median(outlier_scores)),
        "overlapping": [
            [int(a), int(b), int(rows), share] for a, b, rows, share in overlapping.itertuples(index=False)
        ],
        "issues": {
            f: np.flatnonzero(find_label_issues(labels, p, filter_by=f, n_jobs=1)).tolist() for f in FILTERS
        },
        "quality": {s: get_label_quality_scores(labels, p, method=s).tolist() for s in SCORES},
    }


def drawn(name, rows, classes, signal, flipped, seed, occurring=None, digits=4, unequal=False):
    """Labels of which a share is wrong, and probabilities that mostly know better."""
    random = np.random.default_rng(seed)
    occurring = occurring or classes
    shares = np.arange(1, occurring + 1) if unequal else np.ones(occurring)
    true = random.choice(occurring, rows, p=shares / shares.sum())
    logits = random.normal(size=(rows, classes))
    logits[np.arange(rows), true] += signal
    e = np.exp(logits - logits.max(axis=1, keepdims=True))
    p = np.round(e / e.sum(axis=1, keepdims=True), digits)
    wrong = random.random(rows) < flipped
    labels = np.where(wrong, (true + random.integers(1, occurring, rows)) % occurring, true)
    return case(name, labels, p)


def sets(name, rows, classes, signal, flipped, seed, digits):
    random = np.random.default_rng(seed)
    true = (random.random((rows, classes)) < 0.3).astype(int)
    p = 1 / (1 + np.exp(-(random.normal(size=(rows, classes)) + signal * (2 * true - 1))))
    p = np.round(p, digits)
    given = np.where(random.random((rows, classes)) < flipped, 1 - true, true)
    labels = [np.flatnonzero(row).tolist() for row in given]
    return {
        "name": name,
        "labels": labels,
        "probabilities": p.tolist(),
        "issues": {
            f: np.flatnonzero(of_sets.find_label_issues(labels, p, filter_by=f, n_jobs=1)).tolist()
            for f in FILTERS
        },
        "quality": {s: quality_of_sets(labels, p, method=s).tolist() for s in SCORES},
    }


warnings.simplefilter("ignore")
golden = {
    "cases": [
        drawn("two classes", 200, 2, 1.5, 0.15, 1),
        drawn("five classes", 400, 5, 2.0, 0.1, 2),
        drawn("five classes of unequal size", 400, 5, 2.0, 0.1, 3, unequal=True),
        drawn("ties: probabilities of one digit", 300, 4, 1.5, 0.2, 4, digits=1),
        drawn("six classes of which the last two are never a label", 240, 6, 2.0, 0.1, 5, occurring=4),
        drawn("150 classes, three rows each", 450, 150, 5.0, 0.1, 6, digits=3),
        drawn("all right and sure", 60, 3, 20.0, 0.0, 7),
        case(
            "a class of one row, probabilities of 0 and 1",
            [0, 0, 0, 1, 1, 1, 2, 0],
            [[1, 0, 0], [0, 1, 0], [1, 0, 0], [0, 1, 0], [1, 0, 0], [0, 1, 0], [1, 0, 0], [0.5, 0.5, 0]],
        ),
        case("uniform probabilities", [0, 1, 2, 0, 1, 2], [[1 / 3] * 3] * 6),
        case("nearly all wrong", [0, 0, 1, 1, 0, 1], [[0.1, 0.9], [0.2, 0.8], [0.7, 0.3], [0.4, 0.6], [0.3, 0.7], [0.9, 0.1]]),
    ],
    "sets": [
        sets("four labels", 200, 4, 1.5, 0.1, 11, 4),
        sets("ties: probabilities of one digit", 150, 3, 1.5, 0.1, 12, 1),
    ],
}
path = "src/test/resources/org/sparkfinetune/audit/confident_learning.json.gz"
with gzip.GzipFile(path, "wb", mtime=0) as out:
    out.write(json.dumps(golden).encode())
