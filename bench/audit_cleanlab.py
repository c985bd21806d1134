"""Prints the rows that cleanlab calls issues, by filter, as JSON: of an audit's folds, with its own ids.

    python bench/audit_cleanlab.py FOLDS

cleanlab leaves ties to numpy's quicksort. "stable" is with a sort that keeps the order of equal values, as the audit
does, "as_it_comes" without.
"""

import json
import pathlib
import sys
import warnings

import numpy as np
import pandas as pd
from cleanlab.filter import find_label_issues

FILTERS = ["prune_by_noise_rate", "prune_by_class", "both", "confident_learning", "predicted_neq_given"]


def issues(ids, labels, p):
    return {f: ids[find_label_issues(labels, p, filter_by=f, n_jobs=1)].tolist() for f in FILTERS}


warnings.simplefilter("ignore")
folds = [pd.read_parquet(f) for f in pathlib.Path(sys.argv[1]).glob("[0-9]*")]
rows = pd.concat(folds).sort_values("id")
names = sorted(rows["label"].unique())
labels = rows["label"].map({name: i for i, name in enumerate(names)}).to_numpy()
p = np.stack(rows["probabilities"].to_list())
ids = np.arange(len(rows))
figures = {"as_it_comes": issues(ids, labels, p)}
argsort = np.argsort
np.argsort = lambda values, *args, **kwargs: argsort(values, *args, **{**kwargs, "kind": "stable"})
figures["stable"] = issues(ids, labels, p)
print(json.dumps(figures))
