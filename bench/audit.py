"""Issues that jobs/audit finds among flipped labels, beside cleanlab's on the same out-of-fold probabilities.

5 % of the training labels are flipped (by a seed): to any other label, and to the one that an audit of the unchanged
rows says the label is most often taken for. Precision and recall are those of the flipped rows among the issues. The
rows found must be cleanlab's: the exit code is 1 where they are not. Then models are trained on the flipped rows, on
those that the first filter leaves, and on the unchanged ones, each for --pairs seeds: what an audit does to the
accuracy on the test rows. The last line is JSON.
"""

import csv
import json
import pathlib
import random
import shutil
import subprocess

import common

FLIPPED = 0.05
WAYS = ["uniform", "most_confused"]
FILTERS = ["prune_by_noise_rate", "prune_by_class", "both", "confident_learning", "predicted_neq_given"]


def audit(rows, work, dataset, epochs, extra=()):
    """Runs the job, and gives its figures and the numbers of the rows that are issues."""
    work.mkdir(parents=True, exist_ok=True)
    with open(work / "train.csv", "w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([("number", "text", "label"), *((i, *row) for i, row in enumerate(rows))])
    output = work / "audit"
    split = common.Split(work / "train.csv", work / "train.csv", len(rows), 0, 0)
    options = [
        option
        for option in common.fine_tune_arguments(split, dataset, epochs, common.FIRST_SEED, output)
        if not option.startswith(("data.validation_split", "data.test", "spark.driver.memory"))
    ]
    command = [common.ROOT / "jobs" / "audit", *options, "spark.driver.memory=3g", "audit.similarity=1", *extra]
    common.watch(command, work / "audit.log", common.mavens_spark())
    issues = []
    for part in sorted((output / "issues").glob("*.csv")):
        with open(part, encoding="utf-8", newline="") as file:
            issues += [int(row["number"]) for row in csv.DictReader(file) if row["label_issue"] == "true"]
    return json.loads((output / "audit.json").read_text()), sorted(issues)


def test_accuracy(train, test, dataset, epochs, pairs, output, extra=()):
    """The accuracies on the test rows of models that are trained on these, by seed."""
    split = common.Split(train, test, 0, 0, 0)
    accuracies = []
    for seed in range(common.FIRST_SEED, common.FIRST_SEED + pairs):
        shutil.rmtree(output, ignore_errors=True)
        options = common.fine_tune_arguments(split, dataset, epochs, seed, output)
        log = output.parent / f"{output.name}.log"
        common.watch([common.ROOT / "jobs" / "fine-tune", *options, *extra], log, common.mavens_spark())
        accuracies.append(json.loads((output / "metrics.json").read_text())["test_accuracy"])
    return accuracies


def flip(rows, to, seed):
    """Rows of which a share has another label, and the numbers of those."""
    draw = random.Random(seed)
    flipped = sorted(draw.sample(range(len(rows)), round(FLIPPED * len(rows))))
    changed = list(rows)
    for i in flipped:
        text, label = rows[i]
        changed[i] = (text, to(label, draw))
    return changed, flipped


def main():
    parser = common.arguments(__doc__, dataset="banking77", rows_help="audit this many rows, drawn with a seed")
    parser.add_argument("--folds", type=common.positive, default=5, metavar="N", help="default: 5")
    parser.add_argument("--way", action="append", choices=WAYS, help="may be repeated; default: all of them")
    parser.add_argument("--filter", action="append", choices=FILTERS, help="may be repeated; default: all of them")
    parser.add_argument(
        "--clean", type=pathlib.Path, metavar="DIR", help="output of an audit of unchanged rows; by default one is made"
    )
    args = parser.parse_args()
    dataset = common.Dataset(args.dataset, args.data)
    epochs = args.epochs or dataset.epochs
    texts = {}
    # No text twice: a flipped copy of a row could not be told from it.
    for text, label in dataset.first(args.rows):
        texts.setdefault(text, label)
    counts = {}
    for label in texts.values():
        counts[label] = counts.get(label, 0) + 1
    few = 2 * args.folds
    rows = [(text, label) for text, label in texts.items() if counts[label] >= few]
    names = sorted({label for _, label in rows})
    if len(names) < 2:
        raise common.UsageError(f"{args.rows} rows have not two labels of {few} texts: name more --rows")
    python = common.environment("audit")
    common.build()
    work = common.WORK / "audit"
    folds = f"audit.folds={args.folds}"
    print(f"{dataset.name}: {len(rows)} rows, {len(names)} labels, {args.folds} folds, {epochs} epochs\n")
    if args.clean:
        clean = json.loads((args.clean / "audit.json").read_text())
    else:
        clean, _ = audit(rows, work / "clean", dataset, epochs, [folds])
    taken = {}
    for pair in clean["overlaps"]:
        taken.setdefault(pair["label"], pair["suggested_label"])
    print(f"unchanged: accuracy {clean['accuracy']:.4f}, {clean['issues']} issues, noise {clean['noise']:.4f}\n")

    def other(label, draw):
        return draw.choice([name for name in names if name != label])

    ways = {"uniform": other, "most_confused": lambda label, draw: taken.get(label) or other(label, draw)}
    ways = {way: to for way, to in ways.items() if way in (args.way or WAYS)}
    columns = [("flipped", 13), ("filter", 19), ("issues", 6), ("precision", 9), ("recall", 6), ("cleanlab", 8)]
    figures, equal, trainings = {}, True, {}
    kept = dataset.write(work / "test", rows)
    trainings["unchanged"] = (kept.train, [])
    table = common.Table(len(ways) * len(args.filter or FILTERS), columns)
    for way, to in ways.items():
        changed, flipped = flip(rows, to, common.FIRST_SEED)
        place = work / way
        trainings[way] = (place / "train.csv", [])
        trainings[f"{way}, issues dropped"] = (work / f"{place.name}-issues", ["data.drop_issues=true"])
        trainings[f"{way}, weighted by quality"] = (work / f"{place.name}-issues", ["data.weight_column=quality"])
        for number, name in enumerate(args.filter or FILTERS):
            table.begin(f"{way}, {name}")
            extra = [folds, f"audit.filter={name}", *(["resume=true"] if number else [])]
            _, issues = audit(changed, place, dataset, epochs, extra)
            if number == 0:
                done = subprocess.run(
                    [str(python), str(common.ROOT / "bench" / "audit_cleanlab.py"), str(place / "audit" / "folds")],
                    capture_output=True, text=True,
                )
                if done.returncode:
                    raise common.RunFailed(done.stderr.strip().replace("\n", " | "))
                cleanlab = json.loads(done.stdout)
                # The next filter writes issues of its own there.
                shutil.rmtree(work / f"{place.name}-issues", ignore_errors=True)
                shutil.copytree(place / "audit" / "issues", work / f"{place.name}-issues")
            same = issues == cleanlab["stable"][name]
            equal = equal and same
            right = len(set(issues) & set(flipped))
            precision, recall = right / max(1, len(issues)), right / len(flipped)
            differing = len(set(issues) ^ set(cleanlab["as_it_comes"][name]))
            table.row(way, name, len(issues), f"{precision:.4f}", f"{recall:.4f}", "equal" if same else "OTHER")
            key = f"{way}_{name}"
            figures[f"precision_{key}"], figures[f"recall_{key}"] = precision, recall
            figures[f"rows_differing_by_ties_{key}"] = differing
    if not args.clean:
        clean_issues = work / "clean" / "audit" / "issues"
        trainings["unchanged, issues dropped"] = (clean_issues, ["data.drop_issues=true"])
        trainings["unchanged, weighted by quality"] = (clean_issues, ["data.weight_column=quality"])
    print()
    table = common.Table(len(trainings), [("trained on", 34), ("test accuracy", 22)])
    for name, (train, extra) in trainings.items():
        table.begin(name)
        accuracies = test_accuracy(train, kept.test, dataset, epochs, args.pairs, work / "fine-tune", extra)
        table.row(name, common.spread(accuracies, 4))
        key = name.replace(", ", "_").replace(" ", "_")
        figures[f"test_accuracy_{key}"] = sum(accuracies) / len(accuracies)
    common.print_json({"dataset": dataset.name, "rows": len(rows), "accuracy": clean["accuracy"], **figures, "equal": equal})
    if not equal:
        raise common.RunFailed("the issues are not cleanlab's")


if __name__ == "__main__":
    common.main(main)
