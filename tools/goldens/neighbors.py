"""Writes the golden file of nearest rows by cosine, and of the products of the last layer's gradients.

    pip install -r tools/goldens/requirements.txt
    python tools/goldens/neighbors.py src/test/resources/org/sparkfinetune/pipeline/neighbors.json

Neighbors are scikit-learn's NearestNeighbors (brute force); gradients are autograd's, of a linear layer and its loss.
"""

import json
import sys

import numpy as np
import torch
from sklearn.neighbors import NearestNeighbors


def gradient(layer, loss, vector, target):
    layer.zero_grad()
    loss(layer(vector[None]), target[None]).backward()
    return torch.cat([layer.weight.grad.flatten(), layer.bias.grad])


def case(name, draw, rows, queries, width, labels, neighbors, sets):
    known = np.round(draw.normal(size=(rows, width)), 6)
    asked = np.round(draw.normal(size=(queries, width)), 6)
    found = NearestNeighbors(n_neighbors=neighbors, metric="cosine", algorithm="brute").fit(known)
    distances, indices = found.kneighbors(asked)
    torch.manual_seed(5)
    layer = torch.nn.Linear(width, labels).double()
    vectors = torch.tensor(np.vstack([asked, known]))
    logits = layer(vectors).detach()
    if sets:
        loss = torch.nn.BCEWithLogitsLoss()
        targets = torch.tensor(draw.integers(0, 2, size=(queries + rows, labels))).double()
        probabilities = torch.sigmoid(logits)
        of_rows = [torch.nonzero(row).flatten().tolist() for row in targets]
    else:
        loss = torch.nn.CrossEntropyLoss()
        targets = torch.tensor(draw.integers(0, labels, size=queries + rows))
        probabilities = torch.softmax(logits, dim=1)
        of_rows = [[int(label)] for label in targets]
    gradients = torch.stack([gradient(layer, loss, v, t) for v, t in zip(vectors, targets)])
    products = gradients[:queries] @ gradients[queries:].T
    return {
        "name": name,
        "sets": sets,
        "labels": labels,
        "known": known.tolist(),
        "asked": asked.tolist(),
        "label": of_rows,
        "probabilities": probabilities.tolist(),
        "similarities": (1 - distances).tolist(),
        "indices": indices.tolist(),
        "influences": [[float(products[q, i]) for i in row] for q, row in enumerate(indices)],
    }


def main(path):
    draw = np.random.default_rng(17)
    cases = [
        case("single-label", draw, 40, 6, 5, 3, 4, False),
        case("multi-label", draw, 30, 5, 8, 4, 5, True),
        case("fewer rows than asked for", draw, 3, 2, 4, 2, 3, False),
    ]
    with open(path, "w", encoding="utf-8") as file:
        json.dump(cases, file, separators=(",", ":"))
        file.write("\n")


if __name__ == "__main__":
    main(sys.argv[1])
