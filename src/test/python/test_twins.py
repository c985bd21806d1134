"""Everything public of Java's is there in Python."""

import importlib
import json
import os
import re
from pathlib import Path
from typing import Any, Dict, Set

import sparkfinetune
from pyspark.sql import SparkSession

OTHERWISE = {
    "FineTuning.console": "Python shows progress by itself: sparkfinetune.set_progress",
    "Evaluation.console": "the same",
    "Explanation.console": "the same",
    "Calibration.console": "the same",
    "Comparison.console": "the same",
    "Prediction.console": "the same",
    "Selection.console": "the same",
    "Tuning.console": "the same",
    "Audit.console": "the same",
    "Export.console": "the same",
    "Quickstart.console": "the same",
    "TransformerClassifierApproach.setProgress": "the same",
    "TransformerClassifierApproach.setArguments": "they take records of Java's: keyword arguments do",
    "TransformerClassifierModel.setProvenance": "a record that the training makes",
    "Schema.of": "of Java's classes of records",
    "Schema.create": "the same",
    "Schema.defaults": "the same",
    "Settings.get": "the same",
    "SettingKeys.of": "of schemas, which are made of these",
    "SettingKeys.and": "the same",
    "SettingKeys.settings": "a view that py4j has no form for: setting() gives each",
    "Setting.type": "a class of Java's",
    "ProblemType.task": "no public API",
    "ConfusionMatrix.cells": "a stream: confusions() and count() give numbers",
    "ClassifierExtensions.apply": "Spark calls it, where spark.sql.extensions names the class",
    "LocalClassifier.load": "for programs of the JVM that have no Spark session; Python asks jobs/serve",
    "SearchSpace.draw": "takes a function, which samplers of Java's call",
    "Trial.onStop": "the same",
}
"""What Java has and Python has in another form, or has no use for, with the reason."""


def snake(name: str) -> str:
    return re.sub(r"([a-z0-9])([A-Z])", r"\1_\2", name).lower()


def twin(java: str) -> Any:
    module, _, path = java.replace("org.sparkfinetune.", "sparkfinetune.").rpartition(".")
    found: Any = importlib.import_module(module)
    for part in path.split("$"):
        found = getattr(found, part)
    return found


def test_every_public_setter_has_its_twin(spark: SparkSession) -> None:
    members: Dict[str, Any] = json.loads(Path(os.environ["SPARK_FINETUNE_TEST_MEMBERS"]).read_text())
    assert len(members) > 40
    missing: Set[str] = set()
    for java, names in members.items():
        python = twin(java)
        for name in names:
            twins = [name, snake(name)]
            if not all(hasattr(python, t) or hasattr(python, t + "_") for t in twins):
                missing.add(f"{java.rpartition('.')[2]}.{name}")
    assert sorted(missing) == sorted(OTHERWISE)


def test_the_package_says_that_it_has_types() -> None:
    assert (Path(sparkfinetune.__file__).parent / "py.typed").is_file()
