"""Objectives, samplers and pruners of Python's own, which a study calls."""

import os
import signal
import threading
import time
from pathlib import Path
from typing import Any, Dict, List

import pytest
from pyspark.sql import DataFrame, SparkSession
from sparkfinetune import Tuning, UserError
from sparkfinetune.study import StudyResult
from sparkfinetune.tune import (
    FloatDistribution,
    FrozenTrial,
    History,
    Objective,
    Pruner,
    Sampler,
    SearchSpace,
    Trial,
    TrialState,
)

RATE = "training.learning_rate"


def study(spark: SparkSession, folder: Path, **settings: Any) -> Tuning:
    given = {"tune.metric": "distance", "tune.direction": "minimize", "tune.n_trials": 4, **settings}
    space = SearchSpace.of({RATE: FloatDistribution(low=0.01, high=1.0, log=False, step=0)})
    return Tuning.on(spark).set(given).space(space).output(str(folder / "study"))


def reasons(result: StudyResult) -> List[str]:
    return [trial.reason() for trial in result.trials()]


def test_a_function_is_an_objective(spark: SparkSession, rows: DataFrame, tmp_path: Path) -> None:
    def distance(trial: Trial) -> float:
        assert rows.count() == 24, "Spark is there"
        return abs(float(trial.params()[RATE]) - 0.5)

    result = study(spark, tmp_path).objective(distance).run()
    assert [trial.state() for trial in result.trials()] == [TrialState.COMPLETE] * 4
    assert result.best_value() == min(abs(trial.params()[RATE] - 0.5) for trial in result.trials())
    assert result.classifier() is None
    assert "distance" in Path(result.files()["study.json"].replace("file:", "")).read_text()


def test_an_objective_may_give_more_than_a_number(spark: SparkSession, tmp_path: Path) -> None:
    def both(trial: Trial) -> Any:
        rate = trial.params()[RATE]
        return [rate, -rate] if trial.number() % 2 else Objective.Result([rate, -rate], [], {"seen": 1.0})

    settings = {"tune.metric": "distance,gain", "tune.direction": "minimize,minimize"}
    result = study(spark, tmp_path, **settings).objective(both).run()
    assert all(trial.values()[0] == -trial.values()[1] for trial in result.trials())
    assert len(result.pareto_front()) == 4


def test_what_goes_wrong_is_the_trials_reason(spark: SparkSession, tmp_path: Path) -> None:
    def fails(trial: Trial) -> Any:
        if trial.number() == 0:
            raise ValueError("too slow\nand more")
        return "soon" if trial.number() == 1 else float(trial.number())

    result = study(spark, tmp_path, **{"tune.parallelism": 1}).objective(fails).run()
    assert reasons(result)[0] == "ValueError: too slow"
    assert reasons(result)[1] == "the objective gave 'soon': expected a number, or one for each metric"
    assert result.best().number() == 2
    with pytest.raises(UserError, match="expected a function, or an object with a method evaluate"):
        study(spark, tmp_path).objective(7)  # type: ignore[arg-type]


class Halves(Sampler):
    """0.5, 0.25, ..."""

    def sample(self, history: History, space: SearchSpace, number: int) -> Dict[str, Any]:
        assert len(history.trials()) == number
        return {name: 0.5 ** (number + 1) for name in space.names()}


class AfterTwo(Pruner):
    def should_prune(self, history: History, trial: FrozenTrial) -> bool:
        return trial.number() > 0 and trial.last_step() == 2


def test_samplers_and_pruners_may_be_python(spark: SparkSession, tmp_path: Path) -> None:
    def steps(trial: Trial) -> Any:
        for step in range(1, 5):
            if trial.report(step, trial.params()[RATE]):
                return None
        return trial.params()[RATE]

    tuning = study(spark, tmp_path, **{"tune.parallelism": 1}).sampler(Halves()).pruner(AfterTwo())
    result = tuning.objective(steps).run()
    assert [trial.params()[RATE] for trial in result.trials()] == [0.5, 0.25, 0.125, 0.0625]
    assert [trial.state().name for trial in result.trials()] == ["COMPLETE"] + ["PRUNED"] * 3


def test_an_interrupt_ends_a_study_and_its_jobs(spark: SparkSession, tmp_path: Path) -> None:
    tracker = spark.sparkContext.statusTracker()

    def endless(trial: Trial) -> float:
        spark.range(0, 10**14, 1, 2).selectExpr("max(hash(id))").collect()
        return 0.0

    def interrupt() -> None:
        deadline = time.monotonic() + 60
        while not tracker.getActiveJobsIds() and time.monotonic() < deadline:
            time.sleep(0.05)
        time.sleep(1)
        os.kill(os.getpid(), signal.SIGINT)

    threading.Thread(target=interrupt).start()
    with pytest.raises(KeyboardInterrupt):
        study(spark, tmp_path, **{"tune.parallelism": 1}).objective(endless).run()
    deadline = time.monotonic() + 30
    while tracker.getActiveJobsIds() and time.monotonic() < deadline:
        time.sleep(0.1)
    assert tracker.getActiveJobsIds() == []
