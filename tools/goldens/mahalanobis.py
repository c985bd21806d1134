"""Writes the golden file of Mahalanobis distances to class means, with scikit-learn.

    pip install -r tools/goldens/requirements.txt
    python tools/goldens/mahalanobis.py src/test/resources/org/sparkfinetune/pipeline/mahalanobis.json

The covariance is LedoitWolf's of the rows less their class means; a score is the least of its squared distances.
"""

import json
import sys

import numpy as np
from sklearn.covariance import LedoitWolf


def case(name, draw, rows, width, labels, spread):
    mixing = draw.normal(size=(width, width)) * spread
    means = draw.normal(size=(labels, width)) * 3
    # The last label has no rows.
    label = np.arange(rows) % (labels - 1)
    vectors = np.round(means[label] + draw.normal(size=(rows, width)) @ mixing, 6)
    found = [vectors[label == c].mean(axis=0) for c in range(labels - 1)]
    shared = LedoitWolf(assume_centered=True).fit(vectors - np.array(found)[label])
    points = np.round(np.vstack([vectors[:4], draw.normal(size=(6, width)) * 4]), 6)
    scores = np.min([shared.mahalanobis(points - mean) for mean in found], axis=0)
    return {
        "name": name,
        "labels": labels,
        "label": label.tolist(),
        "vectors": vectors.tolist(),
        "shrinkage": float(shared.shrinkage_),
        "covariance": shared.covariance_.tolist(),
        "points": points.tolist(),
        "scores": scores.tolist(),
    }


def main(path):
    draw = np.random.default_rng(11)
    cases = [
        case("more rows than dimensions", draw, 90, 5, 4, 1.0),
        case("fewer rows than dimensions", draw, 12, 20, 3, 0.3),
        case("one class", draw, 30, 3, 2, 2.0),
    ]
    with open(path, "w", encoding="utf-8") as file:
        json.dump(cases, file, separators=(",", ":"))
        file.write("\n")


if __name__ == "__main__":
    main(sys.argv[1])
