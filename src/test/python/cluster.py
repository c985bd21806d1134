"""Trains, saves, loads, evaluates and tunes on two executors, and prints what processes this one had below it.

Arguments: a CSV of rows, a folder to write to.
"""

import os
import sys
import threading
import time
from typing import Dict, Set

import sparkfinetune
from conftest import BASE, approach, documents
from pyspark.ml import Pipeline, PipelineModel
from sparkfinetune import Evaluation, Tuning


def below(process: int) -> Set[str]:
    """The programs of all processes below one, each with its number."""
    parents: Dict[int, int] = {}
    names: Dict[int, str] = {}
    for entry in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{entry}/stat") as file:
                name, _, rest = file.read().partition(") ")
            names[int(entry)] = name.split("(")[1]
            parents[int(entry)] = int(rest.split()[1])
        except OSError:
            continue  # it has just ended
    found = {process}
    for _ in range(6):
        found |= {child for child, parent in parents.items() if parent in found}
    return {f"{names[child]}-{child}" for child in found - {process}}


spark = sparkfinetune.start(
    master="local-cluster[2,1,2048]",
    memory="1g",
    conf={
        "spark.ui.enabled": "false",
        "spark.executor.memory": "1g",
        "spark.sql.shuffle.partitions": "2",
        "spark.driver.host": "127.0.0.1",
    },
)
seen: Set[str] = set()
ended = threading.Event()


def look() -> None:
    while not ended.wait(0.2):
        seen.update(below(os.getpid()))


threading.Thread(target=look, daemon=True).start()
rows = spark.read.csv(sys.argv[1], header=True, escape='"')
model = Pipeline(stages=[documents(), approach(num_workers=2)]).fit(rows)
folder = sys.argv[2]
model.write().overwrite().save(folder + "/model")
print("predicted", model.transform(rows).where("size(category) = 1").count())
print("evaluated", Evaluation.on().model(folder + "/model").test(rows).run().rows())
study = (
    Tuning.on()
    .set({"model.base": BASE, "training.max_steps": 2, "model.max_length": 16, "tune.n_trials": 4})
    .set("tune.space.training.learning_rate", "{low = 1e-4, high = 1e-2, log = true}")
    .set("data.train", sys.argv[1])
    .output(folder + "/study")
    .run()
)
print("trials", [trial.state().name for trial in study.trials()])
ended.set()
time.sleep(0.5)
print("java processes", len([name for name in seen if name.startswith("java-")]))
# Hadoop starts programs of the system's, as bash, setsid and chmod.
print("python", sorted(name for name in seen if "python" in name))
# PySpark itself reads a pipeline's metadata by an RDD, for which it starts Python.
loaded = PipelineModel.load(folder + "/model")
print("loaded", loaded.transform(rows).where("size(category) = 1").count())
spark.sparkContext.parallelize([1, 2], 2).map(lambda x: x + 1).count()
print("with Python", sorted(name for name in below(os.getpid()) if "python" in name))
spark.stop()
