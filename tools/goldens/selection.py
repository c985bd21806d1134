"""Writes the golden file of the utilities of unlabeled rows with numpy and SciPy.

    python tools/goldens/selection.py
"""

import json

import numpy as np
from scipy.stats import entropy


def of_rows(p):
    descending = -np.sort(-p, axis=1)
    return {
        "least_confidence": 1 - p.max(axis=1),
        "margin": 1 - (descending[:, 0] - descending[:, 1]),
        "entropy": entropy(p, axis=1),
    }


def case(name, p):
    return {"name": name, "probabilities": p.tolist(), "utility": {k: v.tolist() for k, v in of_rows(p).items()}}


def sets(name, p):
    """Each label is a question of two answers; the mean over the labels."""
    by_label = [of_rows(np.stack([p[:, k], 1 - p[:, k]], axis=1)) for k in range(p.shape[1])]
    utility = {k: np.mean([of[k] for of in by_label], axis=0).tolist() for k in by_label[0]}
    return {"name": name, "probabilities": p.tolist(), "utility": utility}


MASK = (1 << 64) - 1


def uniform(draw, row):
    """Each row's own number, as DiverseRows draws it."""
    z = (row + draw * 0x9E3779B97F4A7C15) & MASK
    z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & MASK
    z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & MASK
    z ^= z >> 31
    return ((z >> 11) + 0.5) * 2.0**-53


def core_set(features, budget, seed):
    """k-center greedy: the farthest from all that are chosen."""
    chosen = [int(np.argmax([uniform(seed, i) for i in range(len(features))]))]
    distances = [None]
    while len(chosen) < budget:
        nearest = np.linalg.norm(features[:, None] - features[chosen], axis=2).min(axis=1)
        nearest[chosen] = -1
        distances.append(float(nearest.max()))
        chosen.append(int(np.argmax(nearest)))
    return {"chosen": chosen, "distances": distances}


def badge(features, p, budget, seed, sets=False):
    """k-means++ on gradient embeddings, written out whole; the draw by Gumbel's trick."""
    predicted = (p >= 0.5).astype(float) if sets else np.eye(p.shape[1])[p.argmax(axis=1)]
    embeddings = np.einsum("nk,nh->nkh", p - predicted, features).reshape(len(p), -1)
    lengths = np.linalg.norm(embeddings, axis=1)
    chosen, distances = [int(np.argmax(lengths))], [float(lengths.max())]
    while len(chosen) < budget:
        nearest = (((embeddings[:, None] - embeddings[chosen]) ** 2).sum(axis=2)).min(axis=1)
        gumbel = -np.log(-np.log([uniform(seed + len(chosen), i) for i in range(len(p))]))
        keys = np.log(np.maximum(nearest, 1e-300)) + gumbel
        keys[chosen] = -np.inf
        chosen.append(int(np.argmax(keys)))
        distances.append(float(np.sqrt(nearest[chosen[-1]])))
    return {"chosen": chosen, "distances": distances}


def diverse(name, rows, labels, hidden, seed, sets=False):
    random = np.random.default_rng(seed)
    features = random.normal(size=(rows, hidden)).astype(np.float32)
    p = random.random((rows, labels)) if sets else random.dirichlet(np.full(labels, 0.3), rows)
    return {
        "name": name,
        "sets": sets,
        "seed": seed,
        "features": features.tolist(),
        "probabilities": p.tolist(),
        "core_set": core_set(features.astype(np.float64), 25, seed),
        "badge": badge(features.astype(np.float64), p, 25, seed, sets),
    }


random = np.random.default_rng(5)
golden = {
    "cases": [
        case("two labels", random.dirichlet([1, 1], 40)),
        case("77 labels", random.dirichlet(np.full(77, 0.1), 40)),
        case("probabilities of 0 and 1, ties", np.array([[1, 0, 0], [0.5, 0.5, 0], [0.25, 0.5, 0.25], [1 / 3] * 3])),
    ],
    "sets": [
        sets("four labels", random.random((40, 4))),
        sets("probabilities of 0 and 1", np.array([[0, 1, 0.5], [1, 1, 1], [0, 0, 0]], dtype=float)),
    ],
    "diverse": [
        diverse("five labels", 60, 5, 8, 42),
        diverse("sets of four labels", 50, 4, 6, 7, sets=True),
    ],
}
with open("src/test/resources/org/sparkfinetune/finetune/selection.json", "w", encoding="utf-8") as out:
    json.dump(golden, out)
    out.write("\n")
