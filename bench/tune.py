"""What a study costs, and what pruning saves.

  shared    ten trials of one setting, one after the other, against a study of one: what start-up, reading, tokenizing and
            loading cost once. `trials_ratio` is the time of the ten over the time of the one.
  pruning   the same random settings with and without ASHA, on executors that are processes, with spark.authenticate=true.
            `compute_ratio` is the trials' time with it over that without; `best_difference` the best accuracy with it
            minus that without, in points; `stop_seconds_max` the longest that a trial went on after the evaluation that
            it was stopped for.
  slots     24 trials of a few seconds on local-cluster[4,1,4096]: `busy_share` is the trials' time over slots times the
            time from the first start to the last end.

Times are those of study.json. Each ends with one line of JSON.
"""

import datetime
import json
import shutil

import common

SHARED_TRIALS = 10
SHARED_ROWS = 1000
PRUNING_TRIALS = 16
SLOTS = 4
SLOT_TRIALS = 24
SLOT_ROWS = 300
SPACE = [
    "tune.space.training.learning_rate={low=1e-5, high=2e-3, log=true}",
    "tune.space.training.per_device_train_batch_size=[16, 32, 64]",
]


def tune(options, output, command=(common.ROOT / "jobs" / "tune",), environment=None):
    """Runs a study; returns its finished trials."""
    shutil.rmtree(output, ignore_errors=True)
    common.watch([*command, *options], output.parent / f"{output.name}.log", environment or common.mavens_spark())
    trials = json.loads((output / "study.json").read_text())["trials"]
    shutil.rmtree(output / "model", ignore_errors=True)
    return trials


def seconds(trial):
    """How long a trial took."""
    start, end = (datetime.datetime.fromisoformat(trial[name]) for name in ("start", "end"))
    return (end - start).total_seconds()


def stop_seconds(output, trials):
    """From the evaluation that a trial was stopped for, on its executor, to its end: the longest of all."""
    numbers, evaluated = {}, {}
    for line in (output / "tracking" / "journal.jsonl").read_text().splitlines():
        event = json.loads(line)
        if event["event"] == "run_started":
            numbers[event["run"]] = int(event["tags"].get("spark-finetune.trial", -1))
        elif event["event"] == "metrics" and "eval_loss" in event["values"]:
            evaluated[numbers[event["run"]]] = event["time"] / 1000
    ends = {t["number"]: datetime.datetime.fromisoformat(t["end"]).timestamp() for t in trials if t["state"] == "PRUNED"}
    return max(end - evaluated[number] for number, end in ends.items())


def options(split, dataset, output, epochs, trials):
    """A study of the dataset; evaluated after each epoch, on a tenth of the rows."""
    without = ("data.validation_split", "training.eval_strategy", "training.load_best", "training.learning_rate", "training.seed")
    settings = common.fine_tune_arguments(split, dataset, epochs, common.FIRST_SEED, output, test=False)
    settings = [setting for setting in settings if not setting.startswith(without)]
    return [*settings, f"tune.n_trials={trials}", "tracking.system_metrics_interval=0"]


def shared(dataset, rows, work):
    split = dataset.write(work / "data", dataset.first(rows or SHARED_ROWS))
    print(f"{dataset.name}: {split.train_rows} rows, 1 epoch, {SHARED_TRIALS} trials against one\n")
    table = common.Table(2, [("trials", 6), ("seconds", 8)])
    times = {}
    for trials in (1, SHARED_TRIALS):
        output = work / f"shared-{trials}"
        grid = ",".join(str(common.FIRST_SEED + i) for i in range(trials))
        found = tune(
            [
                *options(split, dataset, output, 1, trials),
                f"training.learning_rate={common.LEARNING_RATE}",
                "tune.sampler=grid",
                "tune.parallelism=1",
                f"tune.space.training.seed=[{grid}]",
            ],
            output,
        )
        times[trials] = sum(seconds(trial) for trial in found)
        table.row(str(trials), f"{times[trials]:.1f}")
    return {
        "rows": split.train_rows,
        "trials": SHARED_TRIALS,
        "seconds_1": times[1],
        "seconds_n": times[SHARED_TRIALS],
        "trials_ratio": times[SHARED_TRIALS] / times[1],
    }


def pruning(dataset, rows, work):
    split = dataset.write(work / "data", dataset.first(rows))
    cluster = common.LocalCluster(work, common.cores(), 1)
    print(f"{dataset.name}: {split.train_rows} rows, {dataset.epochs} epochs, {PRUNING_TRIALS} trials, on {cluster}\n")
    table = common.Table(2, [("pruner", 6), ("seconds", 8), ("pruned", 6), ("best", 6)])
    compute, best, stop = {}, {}, 0.0
    for pruner in ("none", "asha"):
        output = work / f"pruning-{pruner}"
        try:
            found = tune(
                [
                    *options(split, dataset, output, dataset.epochs, PRUNING_TRIALS),
                    *SPACE,
                    *cluster.options,
                    "tune.sampler=random",
                    f"tune.pruner={pruner}",
                    "tune.reduction_factor=2",
                    "spark.authenticate=true",
                    "spark.authenticate.secret=of-this-benchmark",
                ],
                output,
                cluster.command("tune", output),
                cluster.environment(),
            )
        finally:
            cluster.clean()
        compute[pruner] = sum(seconds(trial) for trial in found)
        best[pruner] = max(trial["value"] for trial in found if trial["state"] == "COMPLETE")
        pruned = sum(trial["state"] == "PRUNED" for trial in found)
        stop = stop_seconds(output, found) if pruned else stop
        table.row(pruner, f"{compute[pruner]:.1f}", pruned, f"{best[pruner]:.4f}")
    return {
        "rows": split.train_rows,
        "trials": PRUNING_TRIALS,
        "best_without": best["none"],
        "best_with": best["asha"],
        "best_difference": 100 * (best["asha"] - best["none"]),
        "compute_ratio": compute["asha"] / compute["none"],
        "stop_seconds_max": stop,
    }


def slots(dataset, rows, work):
    split = dataset.write(work / "data", dataset.first(rows or SLOT_ROWS))
    cluster = common.LocalCluster(work, SLOTS, 1)
    print(f"{dataset.name}: {split.train_rows} rows, 1 epoch, {SLOT_TRIALS} trials, on {cluster}\n")
    output = work / "slots"
    try:
        found = tune(
            [
                *options(split, dataset, output, 1, SLOT_TRIALS),
                *SPACE,
                *cluster.options,
                "tune.sampler=random",
            ],
            output,
            cluster.command("tune", output),
            cluster.environment(),
        )
    finally:
        cluster.clean()
    first = min(datetime.datetime.fromisoformat(trial["start"]) for trial in found)
    last = max(datetime.datetime.fromisoformat(trial["end"]) for trial in found)
    busy = sum(seconds(trial) for trial in found)
    span = (last - first).total_seconds()
    used = len({trial["slot"] for trial in found})
    print(f"{len(found)} trials of {busy / len(found):.1f} s in {used} slots, {span:.1f} s from the first to the last")
    return {"rows": split.train_rows, "trials": len(found), "slots": used, "busy_share": busy / span / used}


def main():
    kinds = {"shared": shared, "pruning": pruning, "slots": slots}
    parser = common.arguments(__doc__, dataset="banking77", epochs=False)
    parser.add_argument("--only", choices=kinds, help="one of the three; default: all")
    args = parser.parse_args()
    dataset = common.Dataset(args.dataset, args.data)
    common.build()
    for name, kind in kinds.items():
        if args.only in (None, name):
            common.print_json({"kind": name, "dataset": dataset.name} | kind(dataset, args.rows, common.WORK / "tune"))


if __name__ == "__main__":
    common.main(main)
