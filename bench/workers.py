"""Training speed of two workers of one thread against one worker of one thread, this project alone.

As PyTorch reports it (weak scaling): a worker's batch, per_device_train_batch_size, is the same in both, so that a
step of two workers takes twice the rows. Runs on a standalone cluster of two Spark workers where there is a Spark
(SPARK_HOME, or spark-submit on the PATH), else on local-cluster[2,1,4096]; both have an executor process a worker.

The last line is JSON; `speedup` is the median of the pairs' ratios of rows a second.
"""

import contextlib
import json
import os
import pathlib
import shutil
import socket
import statistics
import subprocess
import time
import urllib.request

import common

HOST = "127.0.0.1"
START_SECONDS = 180
WORKERS = 2
EPOCHS = 1


def spark_home():
    """The Spark that jobs/fine-tune would run on; None when there is none but Maven's."""
    if os.environ.get("SPARK_HOME"):
        home = pathlib.Path(os.environ["SPARK_HOME"])
        if not (home / "bin" / "spark-class").exists():
            raise common.UsageError(f"SPARK_HOME={home} has no bin/spark-class: correct it, or unset it")
        return home
    submit = shutil.which("spark-submit")
    if submit is None:
        return None
    # As spark-submit itself finds it: pyspark's lies beside the package, not above the script.
    find = ". \"$(dirname \"$0\")/find-spark-home\"; echo \"$SPARK_HOME\""
    found = subprocess.run(["bash", "-c", find, os.path.realpath(submit)], capture_output=True, text=True)
    return pathlib.Path(found.stdout.strip())


def free_port():
    with socket.socket() as listening:
        listening.bind((HOST, 0))
        return listening.getsockname()[1]


class Standalone:
    """A master and two workers of one core, processes of this script's that end with it."""

    def __init__(self, folder, home):
        self.folder, self.home, self.processes = folder, home, []
        self.port, self.web_port = free_port(), free_port()
        self.options = [
            f"spark.master=spark://{HOST}:{self.port}",
            f"spark.driver.host={HOST}",
            "spark.executor.cores=1",
            "spark.executor.memory=1g",
            "spark.sql.shuffle.partitions=2",
        ]

    def __str__(self):
        return f"a standalone cluster of {WORKERS} workers on {self.home}"

    def environment(self):
        return os.environ | {"SPARK_HOME": str(self.home), "SPARK_LOCAL_IP": HOST}

    def _start(self, name, *arguments):
        command = [self.home / "bin" / "spark-class", f"org.apache.spark.deploy.{name}", *arguments]
        with open(self.folder / f"{name}-{len(self.processes)}.log", "w", encoding="utf-8") as log:
            process = subprocess.Popen([str(c) for c in command], stdout=log, stderr=log, env=self.environment())
        self.processes.append(process)

    def __enter__(self):
        try:
            self._start("master.Master", "--host", HOST, "--port", self.port, "--webui-port", self.web_port)
            for _ in range(WORKERS):
                limits = ["--cores", 1, "--memory", "2g", "--work-dir", self.folder / "work"]
                place = ["--host", HOST, "--webui-port", 0]
                self._start("worker.Worker", f"spark://{HOST}:{self.port}", *place, *limits)
            self._wait()
        except BaseException:
            self.__exit__()
            raise
        return self

    def _wait(self):
        end = time.monotonic() + START_SECONDS
        while time.monotonic() < end:
            with contextlib.suppress(OSError, ValueError):
                with urllib.request.urlopen(f"http://{HOST}:{self.web_port}/json/", timeout=5) as answer:
                    if json.load(answer)["aliveworkers"] == WORKERS:
                        return
            time.sleep(0.5)
        raise common.RunFailed(f"the standalone cluster was not up in {START_SECONDS} s; logs: {self.folder}")

    def __exit__(self, *exception):
        for process in reversed(self.processes):
            common.stop(process)

    def run(self, options, output):
        return common.fine_tune([*options, *self.options], output, environment=self.environment())


def main():
    args = common.arguments(__doc__, dataset="banking77", epochs=False).parse_args()
    dataset = common.Dataset(args.dataset, args.data)
    if common.cores() < WORKERS:
        raise common.UsageError(f"needs {WORKERS} cores, one a worker; this machine has {common.cores()}")
    rows = dataset.first(args.rows)
    work = common.WORK / "workers"
    split = dataset.write(work / "data", rows)
    home = spark_home()
    with contextlib.ExitStack() as stack:
        if home is None:
            common.build()
            cluster = common.LocalCluster(work, WORKERS, 1)
        else:
            cluster = Standalone(work, home)
            common.build(cluster.environment())
            stack.enter_context(cluster)
        print(
            f"{dataset.name}: {split.train_rows} rows, {EPOCHS} epoch, batches of {common.BATCH} rows a worker"
            f" (weak scaling), on {cluster}\n"
        )
        compare(args, dataset, split, work, cluster)


def compare(args, dataset, split, work, cluster):
    table = common.Table(2 * args.pairs, [("workers", 7), ("seed", 4), ("rows/s", 7), ("seconds", 7)])
    rates = {1: [], WORKERS: []}
    for seed in range(common.FIRST_SEED, common.FIRST_SEED + args.pairs):
        for workers in rates:
            table.begin(f"{workers} x 1 thread, seed {seed}")
            output = work / f"workers-{workers}-{seed}"
            options = common.fine_tune_arguments(split, dataset, EPOCHS, seed, output, test=False)
            options += [f"resources.num_workers={workers}", "resources.threads_per_worker=1"]
            metrics, _ = cluster.run(options, output)
            shutil.rmtree(output / "model")
            seconds = metrics["train_runtime"]
            rates[workers].append(split.train_rows * EPOCHS / seconds)
            table.row(workers, seed, f"{rates[workers][-1]:.1f}", f"{seconds:.1f}")
    pairs = [two / one for one, two in zip(*rates.values())]
    print("\nmedians (smallest-largest)")
    for workers, values in rates.items():
        print(f"  {workers} x 1 thread: rows/s {common.spread(values)}")
    print(f"  2 workers / 1 worker: {common.spread(pairs, 2)}")
    common.print_json(
        {
            "dataset": dataset.name,
            "rows": split.train_rows,
            "pairs": args.pairs,
            "cluster": str(cluster).split(" on ")[0],
            "rows_per_second_1_worker": statistics.median(rates[1]),
            "rows_per_second_2_workers": statistics.median(rates[WORKERS]),
            "speedup": statistics.median(pairs),
            "speedup_min": min(pairs),
            "speedup_max": max(pairs),
        }
    )


if __name__ == "__main__":
    common.main(main)
