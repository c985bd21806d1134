"""The README's and the documentation's Python, from their own text, one example after the other."""

import re
import shutil
from pathlib import Path
from typing import Any, Dict

import pytest
from conftest import BASE
from pyspark.sql import SparkSession

ROOT = Path(__file__).parents[3]

SHORTER = {
    r"num_train_epochs=\d": "max_steps=2",
    r'"training.num_train_epochs", \d': '"training.max_steps", 2',
    r'"tune.n_trials", \d+': '"tune.n_trials", 2',
    r'"minilm-l6"': repr(BASE),
}
"""What makes an example short enough for a test."""

ELSEWHERE = "jar="
"""A line with it names a file of the reader's."""


@pytest.mark.parametrize("page", ["README.md", "docs/python.md"])
def test_examples_run(page: str, spark: SparkSession) -> None:
    blocks = re.findall(r"```python\n(.*?)```", (ROOT / page).read_text(), re.S)
    assert blocks
    # The JVM's working folder is that in which the tests were started.
    sample = ROOT / "src/main/resources/org/sparkfinetune/sample"
    for name in ("train", "test", "new"):
        shutil.copy(sample / ("train.csv" if name == "train" else "test.csv"), f"{name}.csv")
    for folder in ("runs", "models", "exports"):
        shutil.rmtree(folder, ignore_errors=True)
    names: Dict[str, Any] = {"spark": spark}
    for block in blocks:
        for pattern, other in SHORTER.items():
            block = re.sub(pattern, other, block)
        lines = [line for line in block.splitlines() if ELSEWHERE not in line]
        exec(compile("\n".join(lines), page, "exec"), names)


def test_the_quickstart_has_twelve_lines() -> None:
    first = re.findall(r"```python\n(.*?)```", (ROOT / "README.md").read_text(), re.S)[0]
    assert len([line for line in first.splitlines() if line.strip()]) <= 12
