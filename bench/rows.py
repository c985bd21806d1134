"""Ten times the rows: what they cost in training time and in the driver's memory, this project alone.

N rows and 10 N rows, one epoch each, on local-cluster: the driver is a process of its own, and what it holds is
not what training takes. Where a dataset has too few rows they are repeated, each time with another marker word, so
that no text is there twice. The last line is JSON; time_ratio is that of the training loop, start-up apart.
"""

import re
import shutil
import statistics

import common

FACTOR = 10
EPOCHS = 1
PAUSE = re.compile(r"Pause.* (\d+)([KMG])->(\d+)([KMG])\(")
AT_EXIT = re.compile(r"\[gc,heap,exit\s*\].*(?:heap|generation)\s+total (\d+)K, used (\d+)K")
MEBIBYTES = {"K": 1 / 1024, "M": 1, "G": 1024}


def repeated(rows, count):
    """The first of the rows; beyond them, rows again with a marker word in front of the text."""
    found = []
    while len(found) < count:
        pass_number = len(found) // len(rows)
        marker = f"copy{pass_number} " if pass_number else ""
        found += [(marker + text, label) for text, label in rows[: count - len(found)]]
    return found


def heap(log):
    """The most heap in use, and the most that a collection left, in MiB, of a log of -Xlog:gc,gc+heap+exit."""
    text = log.read_text()
    pauses = [
        (int(before) * MEBIBYTES[of_before], int(after) * MEBIBYTES[of_after])
        for before, of_before, after, of_after in PAUSE.findall(text)
    ]
    at_exit = sum(int(used) for _, used in AT_EXIT.findall(text)) / 1024
    return max([before for before, _ in pauses] + [at_exit]), max((after for _, after in pauses), default=at_exit)


def main():
    rows_help = f"compare this many rows with {FACTOR} times as many"
    args = common.arguments(__doc__, dataset="banking77", rows=1000, epochs=False, rows_help=rows_help).parse_args()
    dataset = common.Dataset(args.dataset, args.data)
    work = common.WORK / "rows"
    counts = [args.rows, FACTOR * args.rows]
    splits = {n: dataset.write(work / f"data-{n}", repeated(dataset.train, n)) for n in counts}
    common.build()
    cluster = common.LocalCluster(work, 1, common.cores())
    print(f"{dataset.name}: {counts[0]} rows and {counts[1]} rows, {EPOCHS} epoch, on {cluster}")
    if counts[1] > len(dataset.train):
        print(f"beyond {len(dataset.train)}, rows are repeated with a marker word")
    print()

    columns = [(name, 7) for name in ("rows", "seed", "train s", "driver MB", "heap MB", "live MB", "worker MB")]
    table = common.Table(2 * args.pairs, columns)
    found = {n: [] for n in counts}
    for seed in range(common.FIRST_SEED, common.FIRST_SEED + args.pairs):
        for n in counts:
            table.begin(f"{n} rows, seed {seed}")
            output = work / f"rows-{n}-{seed}"
            gc_log = work / f"rows-{n}-{seed}.gc.log"
            gc_log.unlink(missing_ok=True)
            options = common.fine_tune_arguments(splits[n], dataset, EPOCHS, seed, output, test=False)
            options += [f"spark.task.cpus={common.cores()}", "resources.num_workers=1"]
            metrics, memory = cluster.run(options, output, [f"-Xlog:gc,gc+heap+exit:file={gc_log}"])
            shutil.rmtree(output / "model")
            peak, live = heap(gc_log)
            run = {"seconds": metrics["train_runtime"], "driver": memory.own, "heap": peak, "live": live}
            found[n].append(run)
            sizes = [f"{size:.0f}" for size in (memory.own, peak, live, memory.largest_child)]
            table.row(n, seed, f"{run['seconds']:.1f}", *sizes)

    def values(n, name):
        return [run[name] for run in found[n]]

    def over(name):
        return common.ratio(values(counts[1], name), values(counts[0], name))

    print("\nmedians (smallest-largest)")
    for n in counts:
        seconds, driver, used, live = (common.spread(values(n, name)) for name in ("seconds", "driver", "heap", "live"))
        print(f"  {n} rows: training s {seconds}; driver MB {driver}, its heap {used}, after collections {live}")
    common.print_json(
        {
            "dataset": dataset.name,
            "rows": counts,
            "pairs": args.pairs,
            "seconds": [statistics.median(values(n, "seconds")) for n in counts],
            "driver_mb": [statistics.median(values(n, "driver")) for n in counts],
            "time_ratio": over("seconds"),
            "driver_memory_ratio": over("driver"),
            "driver_heap_ratio": over("heap"),
            "driver_live_heap_ratio": over("live"),
        }
    )


if __name__ == "__main__":
    common.main(main)
