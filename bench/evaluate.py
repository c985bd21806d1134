"""Every metric of `jobs/evaluate` with its intervals, of ROWS predicted rows, beside scikit-learn's metrics of the same array.

Each size in a JVM of its own that is driver and executor on all cores; the network is not run. The probabilities are
computed from a formula by both sides, to the same bits; what both have must agree within 1e-9. scikit-learn's side runs in
the Python of this command, which needs numpy and scikit-learn (PYTHON=.venv/bin/python has those of the goldens), and has no
intervals.
"""

import argparse
import json
import subprocess
import time

import common
import hpo

MAIN = "org.sparkfinetune.pipeline.MeasureRowsMain"


def array(rows, classes):
    import numpy as np

    labels = (np.arange(rows, dtype=np.int64) * 37) % classes
    probabilities = np.empty((rows, classes))
    j = np.arange(classes, dtype=np.int64)
    for start in range(0, rows, 10_000):
        i = np.arange(start, min(start + 10_000, rows), dtype=np.int64)[:, None]
        weights = (i * 7919 + j * 104729 + i * j * 31) % 1009
        weights = np.where(j == labels[i], weights * 20, weights)
        probabilities[start : start + 10_000] = weights / weights.sum(axis=1, keepdims=True)
    return labels, probabilities


def scikit_learn(labels, probabilities):
    import numpy as np
    from sklearn import metrics

    predicted = probabilities.argmax(axis=1)
    everything = np.arange(probabilities.shape[1])
    indicators = labels[:, None] == everything
    _, _, f1, _ = metrics.precision_recall_fscore_support(labels, predicted, average="macro", zero_division=0)
    metrics.precision_recall_fscore_support(labels, predicted, average="weighted", zero_division=0)
    return {
        "accuracy": metrics.accuracy_score(labels, predicted),
        "balanced_accuracy": metrics.balanced_accuracy_score(labels, predicted),
        "f1": f1,
        "mcc": metrics.matthews_corrcoef(labels, predicted),
        "cohen_kappa": metrics.cohen_kappa_score(labels, predicted),
        "top_3_accuracy": metrics.top_k_accuracy_score(labels, probabilities, k=3, labels=everything),
        "loss": metrics.log_loss(labels, probabilities, labels=everything),
        "brier": metrics.brier_score_loss(labels, probabilities, labels=everything),
        "auroc": metrics.roc_auc_score(indicators, probabilities, average="macro"),
        "average_precision": metrics.average_precision_score(indicators, probabilities, average="macro"),
    }


def ours(args, rows):
    options = [f"-Xmx{args.heap}", "-XX:+UseParallelGC", f"@{common.ROOT / 'conf' / 'java-options'}"]
    command = [*hpo.java_command(MAIN, options), rows, args.classes, args.bootstrap]
    log = common.WORK / "evaluate.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("w") as errors:
        run = subprocess.run([str(c) for c in command], cwd=common.ROOT, stdout=subprocess.PIPE, stderr=errors, text=True)
    if run.returncode != 0:
        raise RuntimeError(f"the Java side failed: see {log}")
    return json.loads(run.stdout.splitlines()[-1])


def main():
    parser = common.Parser(prog="bench/evaluate", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", default="100000,1000000", help="sizes, with commas between them (default: %(default)s)")
    parser.add_argument("--classes", type=common.positive, default=77)
    parser.add_argument("--bootstrap", type=int, default=1000, help="replicates; 0 for no intervals")
    parser.add_argument("--heap", default="1g", help="the most heap of the JVM (default: %(default)s)")
    args = parser.parse_args()
    figures = {}
    for rows in [int(size) for size in args.rows.split(",")]:
        measured = ours(args, rows)
        labels, probabilities = array(rows, args.classes)
        begun = time.perf_counter()
        reference = scikit_learn(labels, probabilities)
        seconds = time.perf_counter() - begun
        difference = max(abs(float(value) - measured["metrics"][name]) for name, value in reference.items())
        if difference > 1e-9:
            raise RuntimeError(f"the sides differ by {difference}")
        print(
            f"{rows:>9} rows: ours {measured['seconds']:.1f} s, {measured['old_heap_mb']:.0f} MB held; "
            f"scikit-learn {seconds:.1f} s; they differ by {difference:.1e}",
            flush=True,
        )
        figures[f"seconds_{rows}"] = measured["seconds"]
        figures[f"old_heap_mb_{rows}"] = measured["old_heap_mb"]
        figures[f"seconds_scikit_learn_{rows}"] = seconds
    common.print_json(figures)


if __name__ == "__main__":
    common.main(main)
