"""By how much jobs/calibrate makes a model's probabilities better on rows that it has not seen.

For each seed a model is fine-tuned on the training rows without those (a tenth) that it is then calibrated by. Its test rows'
expected calibration error (ece) and log loss are those before and after; its accuracy must stay as it is. The exit code
is 1 where it does not, or where the mean ece falls by less than a third. The last line is JSON.
"""

import json
import statistics

import common

HELD_OUT = 0.1  # of the rows, unless --held-out says how many
LEAST_FALL = 1 / 3
# A row or two whose two best labels are equally probable but for rounding may change sides.
SAME_ACCURACY = 0.0015


def job(name, output, *options):
    """Runs a job of ours, and gives the folder of its output."""
    command = [common.ROOT / "jobs" / name, *options, "spark.driver.memory=3g", f"output={output}", "overwrite=true"]
    common.watch(command, output.parent / f"{output.name}.log", common.mavens_spark())
    return output


def measure(dataset, rows, held_out, epochs, seed, work):
    """The test metrics of one training, before and after its calibration, and the temperature."""
    split = dataset.write(work, rows[held_out:])
    texts, labels = {text for text, _ in rows[held_out:]}, {label for _, label in rows[held_out:]}
    held = [row for row in rows[:held_out] if row[0] not in texts and row[1] in labels]
    validation = common.write_rows(work / "validation.csv", held)
    options = common.fine_tune_arguments(split, dataset, epochs, seed, work / "model")
    before, _ = common.fine_tune(options, work / "model")
    calibrated = job("calibrate", work / "calibrated", f"model={work / 'model'}", f"data.validation={validation}")
    evaluated = job(
        "evaluate", work / "evaluated", f"model={calibrated}", f"data.test={split.test}", "evaluate.bootstrap=0"
    )
    saved = next(calibrated.glob("model/stages/*/huggingface/config.json"))
    config = json.loads(saved.read_text())
    after = json.loads((evaluated / "metrics.json").read_text())
    return before, after, config.get("calibration_temperature", 1.0)


def main():
    parser = common.arguments(__doc__, dataset="banking77")
    parser.add_argument(
        "--held-out", type=common.positive, metavar="N", help="so many of the rows calibrate; default: a tenth of them"
    )
    args = parser.parse_args()
    dataset = common.Dataset(args.dataset, args.data)
    epochs = args.epochs or dataset.epochs
    common.build()
    rows = dataset.first(args.rows)
    held_out = args.held_out or int(len(rows) * HELD_OUT)
    columns = ("test_ece", "test_loss", "test_brier", "test_accuracy")
    befores, afters, temperatures = [], [], []
    print(f"{dataset.name}: {len(rows)} rows, {held_out} of them held out, {epochs} epochs\n", flush=True)
    table = common.Table(args.pairs, [("seed", 4), ("temperature", 11), *((f"{c} before, after", 16) for c in columns)])
    for seed in range(common.FIRST_SEED, common.FIRST_SEED + args.pairs):
        table.begin(f"seed {seed}")
        before, after, temperature = measure(dataset, rows, held_out, epochs, seed, common.WORK / "calibration" / dataset.name)
        table.row(seed, f"{temperature:.3f}", *(f"{before[c]:.4f}, {after[c]:.4f}" for c in columns))
        befores.append(before)
        afters.append(after)
        temperatures.append(temperature)
    figures = {"dataset": dataset.name, "temperature": statistics.mean(temperatures)}
    for column in columns:
        figures[f"{column}_before"] = statistics.mean(metrics[column] for metrics in befores)
        figures[f"{column}_after"] = statistics.mean(metrics[column] for metrics in afters)
    figures["ece_fall"] = 1 - figures["test_ece_after"] / figures["test_ece_before"]
    common.print_json(figures)
    changed = max(abs(a["test_accuracy"] - b["test_accuracy"]) for a, b in zip(befores, afters))
    if changed > SAME_ACCURACY:
        raise common.RunFailed(f"a calibration has changed the accuracy by {changed:.4f}")
    if figures["ece_fall"] < LEAST_FALL:
        raise common.RunFailed(f"the ece has fallen by {figures['ece_fall']:.0%}, which is less than a third")


if __name__ == "__main__":
    common.main(main)
