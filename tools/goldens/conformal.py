"""Writes the golden file of conformal prediction sets, with MAPIE.

    pip install -r tools/goldens/requirements.txt
    python tools/goldens/conformal.py src/test/resources/org/sparkfinetune/conformal/conformal.json

MAPIE's own classes score the calibration rows, choose lambda and k_reg of RAPS, take the quantiles and make the sets
(`include_last_label="randomized"`). Beside them stand the numbers u that it has drawn, so that another program can repeat
both. LAC's and APS's sets are MAPIE's. Of RAPS, MAPIE's random step is not that of its own scores for labels two and more
places behind k_reg; there the sets are those of the labels whose score, by MAPIE's functions, is at most MAPIE's quantile, and
`mapie_differs` counts the rows where MAPIE's sets are others.
"""

import json
import sys

import numpy as np
from mapie.classification import SplitConformalClassifier
from mapie.conformity_scores import APSConformityScore, LACConformityScore, RAPSConformityScore
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.model_selection import StratifiedShuffleSplit
from sklearn.utils import check_random_state

LEVELS = [0.8, 0.9, 0.95]
SEED = 7


class Given(ClassifierMixin, BaseEstimator):
    """Its features are the probabilities."""

    def __init__(self, classes=2):
        self.classes = classes

    def fit(self, x, y):
        self.classes_ = np.arange(self.classes)
        return self

    def predict_proba(self, x):
        return np.asarray(x)

    def predict(self, x):
        return np.asarray(x).argmax(axis=1)


def softmax(x):
    e = np.exp(x - x.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


def rows(random, count, classes, signal):
    labels = np.concatenate([np.arange(classes), random.integers(0, classes, count - classes)])
    logits = random.normal(size=(count, classes))
    logits[np.arange(count), labels] += signal
    return labels, softmax(logits)


def uniform(count):
    """What MAPIE draws from its seed, whenever it draws."""
    return check_random_state(SEED).uniform(size=(count, 1)).ravel()


def sets(member):
    """Label indices by row and level."""
    return [[np.flatnonzero(member[i, :, k]).tolist() for k in range(member.shape[2])] for i in range(len(member))]


def conformal(method, classes, labels, probabilities, test):
    score = {"lac": LACConformityScore, "aps": APSConformityScore, "raps": RAPSConformityScore}[method]()
    model = Given(classes).fit(None, None)
    mapie = SplitConformalClassifier(
        model, confidence_level=LEVELS, conformity_score=score, prefit=True, random_state=SEED
    )
    mapie.conformalize(probabilities, labels)
    _, member = mapie.predict_set(test, conformity_score_params={"include_last_label": "randomized"} if method != "lac" else None)
    scores = mapie.conformity_scores.ravel()
    quantiles = np.asarray(score.quantiles_, dtype=float).ravel()
    result = {"quantiles": quantiles.tolist(), "rows": len(scores)}
    if method != "raps":
        result["scores"] = scores.tolist()
        if method == "aps":
            result["uniform"] = uniform(len(scores)).tolist()
        result["sets"] = sets(member)
        return result
    split = StratifiedShuffleSplit(n_splits=1, test_size=score.size_raps, random_state=SEED)
    kept, _ = next(split.split(probabilities, labels))
    shuffled = kept.tolist()
    result["used"] = shuffled
    result["uniform"] = uniform(len(shuffled)).tolist()
    result["penalty"] = np.broadcast_to(np.asarray(score.lambda_star, dtype=float), len(LEVELS)).tolist()
    result["unpenalized"] = np.asarray(score.k_star).astype(int).tolist()
    regularized = RAPSConformityScore._regularize_conformity_score(
        score.k_star, score.lambda_star, mapie.conformity_scores.reshape(-1, 1), score.cutoff
    )
    result["scores"] = regularized[:, 0, :].tolist()
    plain = np.zeros_like(member)
    u = uniform(len(test))
    for label in range(classes):
        ofall, cutoff = APSConformityScore.get_true_label_cumsum_proba(
            np.full(len(test), label), test, np.arange(classes)
        )
        ofall = ofall - (u * test[:, label]).reshape(-1, 1)
        s = RAPSConformityScore._regularize_conformity_score(score.k_star, score.lambda_star, ofall, cutoff)
        plain[:, label, :] = s[:, 0, :] <= quantiles
    result["sets"] = sets(plain)
    result["mapie_differs"] = [int((plain[:, :, k] != member[:, :, k]).any(axis=1).sum()) for k in range(len(LEVELS))]
    return result


def case(name, seed, count, classes, signal, tested):
    random = np.random.default_rng(seed)
    labels, probabilities = rows(random, count, classes, signal)
    _, test = rows(random, tested, classes, signal)
    methods = ["lac", "aps"] if classes > 2 else ["lac"]
    if classes > 2 and count >= 200:  # a tenth of them finds lambda and k_reg
        methods.append("raps")
    return {
        "name": name,
        "labels": labels.tolist(),
        "probabilities": probabilities.tolist(),
        "test": test.tolist(),
        "test_uniform": uniform(tested).tolist(),
        **{method: conformal(method, classes, labels, probabilities, test) for method in methods},
    }


cases = [
    case("two classes", 1, 60, 2, 1.0, 20),
    case("five classes", 2, 260, 5, 1.5, 40),
    case("twelve classes, 99 rows", 3, 99, 12, 2.0, 30),
    case("twenty classes, unsure", 4, 320, 20, 0.8, 20),
    case("four classes, sure of itself", 5, 250, 4, 6.0, 40),
]


def areas():
    """AURC by its definition (Geifman and El-Yaniv, 2017): the mean, over the rows, of the share of errors among the rows
    that are at least as confident; equal ones count together."""
    random = np.random.default_rng(9)
    result = []
    for count, steps in ((50, None), (80, 10), (1, None), (40, 1)):
        confidence = random.uniform(0.2, 1, count)
        if steps:
            confidence = np.round(confidence * steps) / steps
        hit = random.uniform(size=count) < confidence
        at_least = confidence[None, :] >= confidence[:, None]
        risk = (at_least & ~hit[None, :]).sum(axis=1) / at_least.sum(axis=1)
        result.append({"confidence": confidence.tolist(), "hit": hit.tolist(), "aurc": float(risk.mean())})
    return result


with open(sys.argv[1], "w", encoding="utf-8") as file:
    json.dump({"levels": LEVELS, "cases": cases, "risk_coverage": areas()}, file, separators=(",", ":"))
    file.write("\n")
