"""Recall of a rare class: plain cross-entropy, balanced class weights, focal loss, this project alone.

One class of agnews keeps 5 % of its training rows (drawn with a seed), the others and the test rows stay as they
are. The three losses take turns with the same rows and seeds. The last line is JSON: recalls are those of the rare
class on the test rows, accuracies those of all test rows, means over the seeds.
"""

import csv
import shutil
import statistics

import common

KEPT = 0.05
LOSSES = {
    "plain": [],
    "balanced": ["training.class_weights=balanced"],
    "focal": ["training.loss=focal"],
}


def recall(matrix, label):
    """Of a confusion matrix as jobs/fine-tune writes it: a row a label, a column a prediction."""
    with open(matrix, encoding="utf-8", newline="") as file:
        row = next(row for row in csv.DictReader(file) if row["label"] == label)
    counts = {name: int(count) for name, count in row.items() if name != "label"}
    return counts[label] / sum(counts.values())


def main():
    parser = common.arguments(__doc__, rows_help="draw from this many rows instead of all")
    parser.add_argument("--label", default="Business", help="the class that becomes rare; default: Business")
    args = parser.parse_args()
    dataset = common.Dataset("agnews", args.data)
    epochs = args.epochs or dataset.epochs
    rows = dataset.first(args.rows)
    rare = [row for row in rows if row[1] == args.label]
    if not rare:
        names = ", ".join(sorted({label for _, label in rows}))
        raise common.UsageError(f"--label {args.label} is no class: expected one of {names}")
    # They are in the order of the seeded shuffle.
    kept = set(rare[: max(1, round(KEPT * len(rare)))])
    work = common.WORK / "class-imbalance"
    split = dataset.write(work / "data", [row for row in rows if row[1] != args.label or row in kept])
    common.build()
    print(f"{dataset.name}: {split}; {args.label} has {len(kept)} of {len(rare)} rows; {epochs} epochs\n")

    table = common.Table(len(LOSSES) * args.pairs, [("loss", 8), ("seed", 4), ("recall", 7), ("accuracy", 8)])
    recalls, accuracies = ({loss: [] for loss in LOSSES} for _ in range(2))
    for seed in range(common.FIRST_SEED, common.FIRST_SEED + args.pairs):
        for loss, extra in LOSSES.items():
            table.begin(f"{loss}, seed {seed}")
            output = work / f"{loss}-{seed}"
            options = common.fine_tune_arguments(split, dataset, epochs, seed, output)
            metrics, _ = common.fine_tune([*options, *extra], output)
            shutil.rmtree(output / "model")
            recalls[loss].append(recall(output / "confusion_matrix.csv", args.label))
            accuracies[loss].append(metrics["test_accuracy"])
            table.row(loss, seed, f"{recalls[loss][-1]:.4f}", f"{accuracies[loss][-1]:.4f}")
    print("\nmedians (smallest-largest)")
    for loss in LOSSES:
        print(f"  {loss:<8} recall {common.spread(recalls[loss], 4)}; accuracy {common.spread(accuracies[loss], 4)}")
    summary = {"dataset": dataset.name, "label": args.label, "rare_rows": len(kept)}
    summary |= {"epochs": epochs, "pairs": args.pairs}
    summary |= {f"recall_{loss}": statistics.mean(values) for loss, values in recalls.items()}
    summary |= {f"accuracy_{loss}": statistics.mean(values) for loss, values in accuracies.items()}
    common.print_json(summary)


if __name__ == "__main__":
    common.main(main)
