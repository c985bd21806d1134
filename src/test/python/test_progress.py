"""What is shown while Java works, and what an interrupt does."""

import os
import re
import signal
import sys
import threading
import time
from typing import Any, List

import pytest
import sparkfinetune
from conftest import approach, documents
from pyspark.ml import Pipeline
from pyspark.sql import DataFrame, SparkSession
from sparkfinetune import _display


def test_prints_lines_where_there_is_no_notebook(rows: DataFrame, capsys: pytest.CaptureFixture[str]) -> None:
    Pipeline(stages=[documents(), approach()]).fit(rows)
    assert "training  2/2" in capsys.readouterr().out
    sparkfinetune.set_progress("off")
    try:
        Pipeline(stages=[documents(), approach()]).fit(rows)
    finally:
        sparkfinetune.set_progress("auto")
    assert capsys.readouterr().out == ""
    with pytest.raises(ValueError, match="expected auto, lines or off"):
        sparkfinetune.set_progress("loud")


class Shown(_display.Notebook):
    def __init__(self) -> None:
        super().__init__()
        self.bars: List[str] = []

    def bar(self, markup: str) -> None:
        self.bars.append(markup)


def test_a_notebook_gets_a_bar(rows: DataFrame, monkeypatch: pytest.MonkeyPatch) -> None:
    shown = Shown()
    monkeypatch.setattr("sparkfinetune._progress.display_of", lambda how: shown)
    Pipeline(stages=[documents(), approach()]).fit(rows)
    assert 'value="2" max="2"' in shown.bars[-1] and "epoch" in shown.bars[-1]


def test_a_line_may_come_in_parts(capsys: pytest.CaptureFixture[str]) -> None:
    shown = Shown()
    for part in ("no", "te\n\r\x1b[K[##..]  1/2  loss 0.5", "\r\x1b[K", "[####]  2/2  <b>", "\n"):
        shown.feed(part)
    assert capsys.readouterr().out == "note\n"
    assert 'value="1" max="2"' in shown.bars[0] and "&lt;b&gt;" in shown.bars[-1]


def test_knows_where_it_is(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    assert type(_display.display_of("auto")) is _display.Display
    main = sys.modules["__main__"]

    class PyZeppelinContext:
        pass

    monkeypatch.setattr(main, "z", PyZeppelinContext(), raising=False)
    zeppelin = _display.display_of("auto")
    assert type(zeppelin) is _display.Appending
    zeppelin.feed("\r\x1b[K[##..]  1/2\n")
    print("saved")
    zeppelin.feed("\r\x1b[K[####]  2/2\n")
    zeppelin.close()
    results = re.split(r"(?m)^%(html|text)\s", capsys.readouterr().out)
    assert results[1::2] == ["html", "text", "html", "text"], "what is printed behind a bar is text"
    assert [text.strip() for text in results[2::2]][1] == "saved" and 'value="2"' in results[6]
    monkeypatch.delattr(main, "z")
    shown: List[str] = []
    monkeypatch.setenv("DATABRICKS_RUNTIME_VERSION", "16.4")
    monkeypatch.setattr(main, "displayHTML", shown.append, raising=False)
    databricks = _display.display_of("auto")
    for step in range(5):
        databricks.feed(f"\r\x1b[K[##..]  {step}/4")
    databricks.close()
    assert ['value="0"' in shown[0], 'value="4"' in shown[-1], len(shown)] == [True, True, 2], "not each of them"


def test_an_interrupt_cancels_the_training_and_no_other_job(spark: SparkSession, rows: DataFrame) -> None:
    tracker = spark.sparkContext.statusTracker()
    stage = approach(max_steps=1_000_000)

    def interrupt() -> None:
        deadline = time.monotonic() + 60
        while not tracker.getActiveJobsIds() and time.monotonic() < deadline:
            time.sleep(0.05)
        time.sleep(2)
        os.kill(os.getpid(), signal.SIGINT)

    handler: Any = signal.getsignal(signal.SIGINT)
    threading.Thread(target=interrupt).start()
    with pytest.raises(KeyboardInterrupt):
        Pipeline(stages=[documents(), stage]).fit(rows)
    deadline = time.monotonic() + 30
    while tracker.getActiveJobsIds() and time.monotonic() < deadline:
        time.sleep(0.1)
    assert tracker.getActiveJobsIds() == []
    assert signal.getsignal(signal.SIGINT) is handler
    assert Pipeline(stages=[documents(), approach()]).fit(rows).stages[1].getClasses() == ["card", "loan"]
