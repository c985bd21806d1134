"""How often prediction sets have the right label, over random calibration splits, and what tells out-of-scope rows.

A model is fine-tuned, and predicts the test rows. These are split at random into two halves: sets are calibrated by one and
counted on the other, for each method and coverage. The coverage that is promised is that of the mean over splits: the exit
code is 1 where it is more than a point away.

Then a model is fine-tuned on the rows of all labels but some, drawn with a seed: the test rows of those are out of its scope.
The AUROC says how well predict.out_of_scope_score tells them from the others. The last line is JSON.
"""

import json
import random
import subprocess

import common
import hpo

MAIN = "org.sparkfinetune.pipeline.MeasureSetsMain"
ALLOWED = 0.01


def java(*arguments):
    options = ["-Xmx2g", f"@{common.ROOT / 'conf' / 'java-options'}"]
    log = common.WORK / "conformal" / "measure.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    command = [str(c) for c in (*hpo.java_command(MAIN, options), *arguments)]
    with log.open("w") as errors:
        run = subprocess.run(command, cwd=common.ROOT, stdout=subprocess.PIPE, stderr=errors, text=True)
    if run.returncode != 0:
        raise common.RunFailed(f"the Java side ended with {run.returncode}: see {log}")
    return json.loads(run.stdout.splitlines()[-1])


def train(dataset, rows, folder, epochs):
    split = dataset.write(folder, rows)
    options = common.fine_tune_arguments(split, dataset, epochs, common.FIRST_SEED, folder / "model")
    options = [o for o in options if not o.startswith("spark.driver.memory")] + ["spark.driver.memory=3g"]
    metrics, _ = common.fine_tune(options, folder / "model")
    return split, metrics["test_accuracy"]


def main():
    parser = common.arguments(__doc__, dataset="banking77", rows=5000)
    parser.add_argument("--splits", type=common.positive, default=20, metavar="N", help="default: 20")
    parser.add_argument("--withheld", type=int, default=17, metavar="N", help="labels out of scope, 0 for none; default: 17")
    args = parser.parse_args()
    dataset = common.Dataset(args.dataset, args.data)
    epochs = args.epochs or dataset.epochs
    common.build()
    work = common.WORK / "conformal"
    rows = dataset.first(args.rows)
    split, accuracy = train(dataset, rows, work / "all", epochs)
    print(f"{dataset.name}: {split}, {epochs} epochs, accuracy {accuracy:.4f}; {args.splits} splits\n", flush=True)
    measured = java("sets", work / "all" / "model", split.test, args.splits)
    figures, worst = {"dataset": dataset.name, "accuracy": accuracy}, 0
    print("method  coverage      mean  (lowest-highest)  labels a set  empty sets")
    for figure in measured:
        name = f"{figure['method']}_{figure['coverage']}"
        print(
            f"{figure['method']:6}  {figure['coverage']:8}  {figure['mean']:.4f}  ({figure['lowest']:.4f}-{figure['highest']:.4f})"
            f"  {figure['size']:12.2f}  {figure['empty']:10.4f}"
        )
        figures |= {f"coverage_{name}": figure["mean"], f"size_{name}": figure["size"], f"empty_{name}": figure["empty"]}
        worst = max(worst, abs(figure["mean"] - figure["coverage"]))
    if args.withheld:
        names = sorted({label for _, label in dataset.train})
        out = set(random.Random(common.FIRST_SEED).sample(names, args.withheld))
        split, accuracy = train(dataset, [row for row in rows if row[1] not in out], work / "scope", epochs)
        others = common.write_rows(work / "scope" / "out.csv", [row for row in dataset.test if row[1] in out])
        scopes = java("scope", work / "scope" / "model", split.test, others, split.train)
        print(f"\nout of scope: {args.withheld} labels of which the model has no rows; accuracy of the others {accuracy:.4f}")
        for score, auroc in scopes.items():
            print(f"{score:12} AUROC {auroc:.4f}")
            figures[f"auroc_{score}"] = auroc
    common.print_json(figures)
    if worst > ALLOWED:
        raise common.RunFailed(f"a mean coverage is {worst:.4f} away from what was promised")


if __name__ == "__main__":
    common.main(main)
