"""What the benchmarks of this folder share: data, processes and their memory, tables, the last line of JSON.

Only Python's standard library is imported here: the process that starts the contestants stays small.
"""

import argparse
import csv
import datetime
import json
import os
import pathlib
import random
import re
import shutil
import signal
import statistics
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parents[1]
WORK = ROOT / "target" / "bench"
FIRST_SEED = 42
SHUFFLE_SEED = 7
BATCH = 32
LEARNING_RATE = 2e-4
WARMUP_RATIO = 0.1
WEIGHT_DECAY = 0.01
DRIVER_MEMORY = "1g"
POLL_SECONDS = 0.1
# Beyond what Python's strip removes, this project strips these two as well.
INVISIBLE = "\u200b\ufeff"
# By name of the dataset's folder; what has no entry here trains as DEFAULTS say.
SETTINGS = {"banking77": {"max_length": 64, "epochs": 4}, "agnews": {"max_length": 128, "epochs": 2}}
DEFAULTS = {"max_length": 128, "epochs": 3}


class UsageError(Exception):
    """What the user can put right: one line, exit code 2."""


class RunFailed(Exception):
    """A process of the benchmark failed: exit code 1."""


def main(run):
    """Runs a benchmark's function; errors are one line, not a traceback."""
    # Whoever ends the benchmark ends what it has started.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    name = f"bench/{command_name()}"
    try:
        run()
    except UsageError as e:
        print(f"{name}: {e}", file=sys.stderr)
        sys.exit(2)
    except RunFailed as e:
        print(f"{name} failed: {e}", file=sys.stderr)
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(130)


def command_name():
    return pathlib.Path(sys.argv[0]).stem.replace("_", "-")


class Parser(argparse.ArgumentParser):
    def error(self, message):
        raise UsageError(f"{message}; --help explains")


def positive(text):
    if not text.isascii() or not text.isdigit() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text} is not allowed: expected 1 or more")
    return int(text)


def arguments(doc, dataset=None, rows=None, epochs=True, rows_help="train on this many rows, drawn with a seed"):
    """A parser with what all benchmarks take. dataset: "" for one that must be named, else the default one."""
    raw = argparse.RawDescriptionHelpFormatter
    parser = Parser(prog=f"bench/{command_name()}", description=doc, formatter_class=raw)
    if dataset == "":
        parser.add_argument("dataset", help="banking77, agnews, or a folder with train.csv and test.csv (text,label)")
    elif dataset:
        parser.add_argument("dataset", nargs="?", default=dataset, help=f"a name or a folder; default: {dataset}")
    parser.add_argument(
        "--data",
        type=pathlib.Path,
        default=ROOT.parent / "shared" / "data",
        help="where datasets are looked up by name; default: ../shared/data beside the repository",
    )
    default = "all" if rows is None else rows
    parser.add_argument("--rows", type=positive, default=rows, metavar="N", help=f"{rows_help}; default: {default}")
    if epochs:
        parser.add_argument("--epochs", type=positive, metavar="N", help="default: 4 for banking77, 2 for agnews")
    parser.add_argument("--pairs", type=positive, default=3, metavar="N", help="repetitions, by seed; default: 3")
    return parser


class Dataset:
    """Rows of which this project rejects none, so that all contestants have the same ones."""

    def __init__(self, name, data):
        candidates = [pathlib.Path(name), data / name]
        folder = next((f for f in candidates if (f / "train.csv").is_file() and (f / "test.csv").is_file()), None)
        if folder is None:
            tried = " nor ".join(str(f) for f in candidates)
            raise UsageError(f"no dataset {name}: neither {tried} holds train.csv and test.csv")
        self.name = folder.resolve().name
        self.max_length = SETTINGS.get(self.name, DEFAULTS)["max_length"]
        self.epochs = SETTINGS.get(self.name, DEFAULTS)["epochs"]
        self.train = self._read(folder / "train.csv")
        self.test = self._read(folder / "test.csv")
        random.Random(SHUFFLE_SEED).shuffle(self.train)

    @staticmethod
    def _read(path):
        with open(path, encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file)
            if not {"text", "label"} <= set(reader.fieldnames or ()):
                raise UsageError(f"{path} has no columns text and label")
            rows = [(strip(row["text"]), strip(row["label"])) for row in reader]
        rows = [row for row in rows if row[0] and row[1]]
        if not rows:
            raise UsageError(f"{path} has no rows")
        return rows

    def first(self, count):
        """The first rows of the seeded shuffle; all when count is None."""
        if count is not None and count > len(self.train):
            raise UsageError(f"--rows {count} is more than {self.name} has: {len(self.train)}")
        return self.train[:count]

    def write(self, folder, train):
        """train.csv and test.csv for both sides: no text is in both, and training has each label of the test."""
        texts, labels = {text for text, _ in train}, {label for _, label in train}
        if len(labels) < 2:
            raise UsageError(f"{len(train)} rows of {self.name} have one label: name more --rows")
        test = [row for row in self.test if row[0] not in texts and row[1] in labels]
        folder.mkdir(parents=True, exist_ok=True)
        for name, rows in (("train", train), ("test", test)):
            write_rows(folder / f"{name}.csv", rows)
        return Split(folder / "train.csv", folder / "test.csv", len(train), len(test), len(labels))


class Split:
    def __init__(self, train, test, train_rows, test_rows, labels):
        self.train, self.test = train, test
        self.train_rows, self.test_rows, self.labels = train_rows, test_rows, labels

    def __str__(self):
        return f"{self.train_rows} training rows, {self.test_rows} test rows, {self.labels} labels"


def write_rows(path, rows):
    """A CSV file of texts and labels; gives its path."""
    with open(path, "w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([("text", "label"), *rows])
    return path


def strip(text):
    return (text or "").strip().strip(INVISIBLE).strip()


def native_bf16():
    """Whether this processor multiplies bf16: the same test as this project's precision=auto."""
    flags = pathlib.Path("/proc/cpuinfo").read_text()
    return "amx_bf16" in flags or "avx512_bf16" in flags


def cores():
    return len(os.sched_getaffinity(0))


class Memory:
    """Peak resident memory (VmHWM, in MiB) of a process, and the largest of those that it started."""

    # The kernel keeps the peak: to look seldom misses only what comes just before a process ends.
    CHILDREN_EVERY = 10

    def __init__(self, pid):
        self.pid, self.samples, self.own, self.largest_child = pid, 0, 0.0, 0.0

    def sample(self):
        self.own = max(self.own, self._peak(self.pid))
        if self.samples % self.CHILDREN_EVERY == 0:
            for child in self._descendants(self.pid):
                self.largest_child = max(self.largest_child, self._peak(child))
        self.samples += 1

    @staticmethod
    def _peak(pid):
        try:
            status = pathlib.Path(f"/proc/{pid}/status").read_text()
        except OSError:
            return 0.0
        found = re.search(r"^VmHWM:\s+(\d+) kB", status, re.MULTILINE)
        return int(found.group(1)) / 1024 if found else 0.0

    def _descendants(self, pid):
        try:
            threads = list(pathlib.Path(f"/proc/{pid}/task").iterdir())
            children = [int(c) for t in threads for c in (t / "children").read_text().split()]
        except OSError:
            return []
        return children + [d for c in children for d in self._descendants(c)]


def watch(command, log, environment=None):
    """Runs a process to its end and returns its Memory; what it prints is kept in a file, shown if it fails."""
    log.parent.mkdir(parents=True, exist_ok=True)
    with open(log, "w", encoding="utf-8") as file:
        process = subprocess.Popen([str(c) for c in command], stdout=file, stderr=file, env=environment, cwd=ROOT)
        memory = Memory(process.pid)
        try:
            while process.poll() is None:
                memory.sample()
                time.sleep(POLL_SECONDS)
        finally:
            stop(process)
    if process.returncode != 0:
        tail = " | ".join(log.read_text(encoding="utf-8", errors="replace").split("\n")[-6:]).strip(" |")
        raise RunFailed(f"{pathlib.Path(command[0]).name} ended with {process.returncode}: {tail} (all of it: {log})")
    return memory


def stop(process):
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def mavens_spark():
    """The environment in which jobs run on the Spark that Maven resolves, whatever else is installed."""
    environment = {key: value for key, value in os.environ.items() if key != "SPARK_HOME"}
    folders = environment.get("PATH", "").split(os.pathsep)
    environment["PATH"] = os.pathsep.join(f for f in folders if not (pathlib.Path(f) / "spark-submit").exists())
    return environment


def environment(bench=None):
    """Python with what the benchmark's requirements pin; made when it is missing or was made from other pins."""
    suffix = f"-{bench}" if bench else ""
    requirements = ROOT / "bench" / (f"{bench}-requirements.txt" if bench else "requirements.txt")
    venv = ROOT / f".venv-bench{suffix}"
    made, python = venv / "requirements.txt", venv / "bin" / "python"
    if python.exists() and made.exists() and made.read_text() == requirements.read_text():
        return python
    print(f"making {venv.name} (what it downloads is in {requirements.name}) ...", file=sys.stderr, flush=True)
    log = WORK / f"venv{suffix}.log"
    shutil.rmtree(venv, ignore_errors=True)
    watch([sys.executable, "-m", "venv", venv], log)
    watch([python, "-m", "pip", "install", "-q", "-r", requirements], log)
    shutil.copyfile(requirements, made)
    return python


def build(environment=None):
    """Has the job's script build what is missing, so that no run does."""
    if not sys.platform.startswith("linux"):
        raise UsageError("runs on Linux alone: it reads memory from /proc")
    watch([ROOT / "jobs" / "fine-tune", "--help"], WORK / "build.log", environment or mavens_spark())


def fine_tune_arguments(split, dataset, epochs, seed, output, test=True):
    """The settings of every run of ours; nothing is held out, evaluated or saved while it trains."""
    return [
        f"data.train={split.train}",
        f"data.test={split.test}" if test else "data.test_split=0",
        "data.validation_split=0",
        "model.base=minilm-l6",
        "model.pooling=mean",
        f"model.max_length={dataset.max_length}",
        f"training.per_device_train_batch_size={BATCH}",
        f"training.num_train_epochs={epochs}",
        f"training.learning_rate={LEARNING_RATE}",
        "training.lr_scheduler_type=linear",
        f"training.warmup_ratio={WARMUP_RATIO}",
        f"training.weight_decay={WEIGHT_DECAY}",
        "training.precision=auto",
        "training.eval_strategy=no",
        "training.save_strategy=no",
        "training.load_best_model_at_end=false",
        f"training.seed={seed}",
        f"spark.driver.memory={DRIVER_MEMORY}",
        f"output={output}",
        "overwrite=true",
    ]


def fine_tune(options, output, command=(ROOT / "jobs" / "fine-tune",), environment=None):
    """Trains with this project; returns its metrics and its Memory."""
    shutil.rmtree(output, ignore_errors=True)
    log = output.parent / f"{output.name}.log"
    memory = watch([*command, *options], log, environment or mavens_spark())
    if (output / "rejected_rows").exists():
        raise RunFailed(f"rows were rejected, so that contestants had other rows: see {output / 'rejected_rows'}")
    return json.loads((output / "metrics.json").read_text()), memory


class LocalCluster:
    """Spark's local-cluster: the driver and every executor are a process of their own on this machine."""

    def __init__(self, folder, workers, cores_each):
        self.home = folder / "spark-home"
        (self.home / "jars").mkdir(parents=True, exist_ok=True)
        self.classpath = f"{ROOT / 'target' / 'classes'}:{(ROOT / 'target' / 'classpath.txt').read_text().strip()}"
        self.options = [
            f"spark.master=local-cluster[{workers},{cores_each},4096]",
            f"spark.executor.extraClassPath={self.classpath}",
            "spark.executor.memory=1g",
            "spark.sql.shuffle.partitions=2",
        ]

    def __str__(self):
        return self.options[0].removeprefix("spark.master=")

    def environment(self):
        # A distribution is asked for to start executors from; an empty one will do.
        return mavens_spark() | {
            "SPARK_HOME": str(self.home),
            "SPARK_SCALA_VERSION": "2.12",
            "SPARK_LOCAL_IP": "127.0.0.1",
            "CLASSPATH": self.classpath,
        }

    def command(self, job, output, java_options=()):
        java = pathlib.Path(os.environ["JAVA_HOME"], "bin", "java") if os.environ.get("JAVA_HOME") else "java"
        return [
            java,
            f"@{ROOT / 'conf' / 'java-options'}",
            f"-Xmx{DRIVER_MEMORY}",
            f"-Dlog4j2.configurationFile={ROOT / 'conf' / 'log4j2.properties'}",
            f"-Dspark-finetune.log.file={output.parent / (output.name + '.spark.log')}",
            f"-Dspark-finetune.scripts={ROOT / 'jobs'}",
            *java_options,
            "org.sparkfinetune.jobs.Main",
            job,
        ]

    def run(self, options, output, java_options=()):
        command = self.command("fine-tune", output, java_options)
        try:
            return fine_tune([*options, *self.options], output, command, self.environment())
        finally:
            self.clean()

    def clean(self):
        """Deletes what executors leave: copies of logs, a folder a run."""
        shutil.rmtree(self.home / "work", ignore_errors=True)


class Table:
    """One line a run, printed when the run has ended: which of how many, elapsed, and the columns given."""

    def __init__(self, runs, columns):
        self.runs, self.done, self.start = runs, 0, time.monotonic()
        self.widths = [max(len(name), width) for name, width in columns]
        print(self._line("run", "elapsed", [name for name, _ in columns]), flush=True)

    def _line(self, run, elapsed, cells):
        # Words to the left, numbers to the right.
        padded = [c.ljust(w) if i == 0 else c.rjust(w) for i, (c, w) in enumerate(zip(cells, self.widths))]
        return "  ".join([run.rjust(5), elapsed.rjust(7), *padded])

    def begin(self, what):
        """Says on a terminal what is running now."""
        if sys.stderr.isatty():
            print(f"{self.done + 1}/{self.runs} {self.elapsed()} {what} ...", end="\r", file=sys.stderr, flush=True)

    def row(self, *cells):
        self.done += 1
        if sys.stderr.isatty():
            print("\033[2K", end="", file=sys.stderr, flush=True)
        print(self._line(f"{self.done}/{self.runs}", self.elapsed(), [str(c) for c in cells]), flush=True)

    def elapsed(self):
        return str(datetime.timedelta(seconds=int(time.monotonic() - self.start)))


def spread(values, digits=1):
    """The median, and the smallest and largest."""
    return f"{statistics.median(values):.{digits}f} ({min(values):.{digits}f}-{max(values):.{digits}f})"


def ratio(above, below):
    return statistics.median(above) / statistics.median(below)


def print_json(figures):
    """The benchmark's last line."""

    def rounded(value):
        return float(f"{value:.5g}") if isinstance(value, float) else value

    print(json.dumps({key: rounded(value) for key, value in figures.items()}), flush=True)
