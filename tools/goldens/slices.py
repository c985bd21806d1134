"""Writes the golden file of slices: tests, corrections, bins and fairness gaps.

    pip install -r tools/goldens/requirements.txt
    python tools/goldens/slices.py src/test/resources/org/sparkfinetune/slice/slices.json

With SciPy, statsmodels, pandas and fairlearn.
"""

import json
import sys

import numpy as np
import pandas as pd
from fairlearn.metrics import (
    demographic_parity_difference,
    equal_opportunity_difference,
    equalized_odds_difference,
)
from scipy.stats import fisher_exact, ttest_ind
from statsmodels.stats.multitest import multipletests

# Rows, errors, rows of the slice, errors of these.
TABLES = [
    (10, 4, 3, 2),
    (100, 0, 10, 0),
    (100, 100, 10, 10),
    (60, 30, 30, 30),
    (60, 30, 30, 0),
    (3080, 270, 41, 11),
    (3080, 270, 41, 3),
    (3080, 270, 1500, 170),
    (3080, 270, 3050, 269),
    (100_000, 9_000, 800, 130),
    (1_000_000, 60_000, 50_000, 3_100),
    (1_000_000, 60_000, 50_000, 2_900),
    (1_000_000, 60_000, 400_000, 26_000),
]
P_VALUES = [[], [0.04], [0.01, 0.02, 0.03, 0.04], [0.5, 1.0, 1e-9, 0.2, 0.2, 0.013, 0.9, 1e-4], [0.4, 0.4, 0.4]]
BINS = [
    ([1, 2, 3, 4, 5, 6, 7, 8, 9, 10], 4),
    ([5, 1, 1, 1, 1, 1, 2, 9, 9, 9, 9, 4], 4),
    ([0.1 * i * i for i in range(37)], 5),
    ([-3.5, 2.25, 1e9, 0, 0, 0, 7, 7, 8, -1e-9, 3], 3),
]


def fisher():
    return [
        {
            "table": table,
            "p_value": float(
                fisher_exact([[k, n - k], [errors - k, rows - n - errors + k]], alternative="greater").pvalue
            ),
        }
        for table in TABLES
        for rows, errors, n, k in [table]
    ]


def welch(rng):
    cases = [
        (rng.exponential(1.0, 30), rng.exponential(0.8, 200)),
        (rng.exponential(0.3, 50), rng.exponential(0.8, 90)),
        (np.array([0.5, 0.75]), rng.exponential(0.1, 40)),
        (rng.normal(5, 0.01, 100), rng.normal(4.999, 0.01, 500)),
        (np.full(5, 2.0), rng.exponential(1.0, 12)),
    ]
    return [
        {
            "sample": one.tolist(),
            "others": other.tolist(),
            "p_value": float(ttest_ind(one, other, equal_var=False, alternative="greater").pvalue),
        }
        for one, other in cases
    ]


def bins():
    cases = []
    for values, count in BINS:
        codes, edges = pd.qcut(np.array(values, dtype=float), count, labels=False, retbins=True, duplicates="drop")
        cases.append({"values": values, "bins": count, "edges": edges.tolist(), "of": codes.tolist()})
    return cases


def fairness(rng):
    groups = rng.choice(["f", "m", "x"], 240, p=[0.5, 0.4, 0.1])
    labels = rng.integers(0, 3, 240)
    right = rng.random(240) < np.where(groups == "f", 0.9, 0.6)
    predicted = np.where(right, labels, rng.integers(0, 3, 240))
    gaps = []
    for label in range(3):
        of = {"y_true": labels == label, "y_pred": predicted == label, "sensitive_features": groups}
        of = {name: value if name == "sensitive_features" else value.astype(int) for name, value in of.items()}
        gaps.append(
            {
                "demographic_parity_difference": float(demographic_parity_difference(**of)),
                "equal_opportunity_difference": float(equal_opportunity_difference(**of)),
                "equalized_odds_difference": float(equalized_odds_difference(**of)),
            }
        )
    return {"groups": groups.tolist(), "labels": labels.tolist(), "predicted": predicted.tolist(), "gaps": gaps}


def main():
    rng = np.random.default_rng(17)
    golden = {
        "fisher": fisher(),
        "holm": [
            {"p_values": p, "adjusted": multipletests(p, method="holm")[1].tolist() if p else []} for p in P_VALUES
        ],
        "welch": welch(rng),
        "bins": bins(),
        "fairness": fairness(rng),
    }
    with open(sys.argv[1], "w") as file:
        # A case a line.
        parts = [f'"{name}": ' + json.dumps(part).replace("}, {", "},\n{") for name, part in golden.items()]
        file.write("{\n" + ",\n".join(parts) + "\n}\n")


if __name__ == "__main__":
    main()
