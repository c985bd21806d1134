"""Writes the golden file of what is computed of explanations: exact intervals of shares, and rank correlations.

    pip install -r tools/goldens/requirements.txt
    python tools/goldens/explanation_statistics.py src/test/resources/org/sparkfinetune/evaluate/explanation_statistics.json

Intervals are SciPy's binomtest(...).proportion_ci(method="exact"), correlations its spearmanr.
"""

import json
import sys

import numpy as np
from scipy.stats import binomtest, spearmanr


def interval(successes, trials):
    found = binomtest(successes, trials).proportion_ci(confidence_level=0.95, method="exact")
    return {"successes": successes, "trials": trials, "low": found.low, "high": found.high}


def correlation(first, second):
    return {
        "first": first.tolist(),
        "second": second.tolist(),
        "correlation": float(spearmanr(first, second).statistic),
    }


def main(path):
    draw = np.random.default_rng(23)
    counts = [(0, 1), (1, 1), (0, 3), (3, 3), (1, 40), (17, 40), (40, 40), (3, 1_000_000), (499_999, 1_000_000)]
    first = draw.normal(size=30)
    result = {
        "intervals": [interval(*pair) for pair in counts],
        "correlations": [
            correlation(first, first + draw.normal(size=30)),
            correlation(first, np.exp(first)),
            correlation(first, -first),
            # Ties in one and in both.
            correlation(first, np.round(first)),
            correlation(draw.integers(0, 4, size=50).astype(float), draw.integers(0, 3, size=50).astype(float)),
            correlation(np.array([1.0, 2.0]), np.array([5.0, 3.0])),
        ],
    }
    with open(path, "w", encoding="utf-8") as file:
        json.dump(result, file, separators=(",", ":"))
        file.write("\n")


if __name__ == "__main__":
    main(sys.argv[1])
