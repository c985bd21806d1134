"""The libraries: fine-tune, evaluate, predict, export, tune, and the record of runs."""

from pathlib import Path

import pytest
from conftest import BASE
from pyspark.sql import DataFrame
from sparkfinetune import (
    ClassifierFunctions,
    Evaluation,
    Export,
    FineTuning,
    Prediction,
    Runs,
    TextClassifier,
    Tuning,
    UserError,
)
from sparkfinetune.finetune import FineTuneResult
from sparkfinetune.runs import RunListing
from sparkfinetune.study import StudyResult
from sparkfinetune.tune import CategoricalDistribution, FloatDistribution, SearchSpace, TrialState
from sparkfinetune.tune.pruner import MedianPruner
from sparkfinetune.tune.sampler import RandomSampler, TpeSampler

SETTINGS = {"model.base": BASE, "training.max_steps": 2, "model.max_length": 16, "training.save_strategy": "no"}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("libraries")


@pytest.fixture(scope="module")
def others(rows: DataFrame) -> DataFrame:
    """Rows that no training has seen."""
    return rows.selectExpr("concat(text, ' please') as text", "label")


@pytest.fixture(scope="module")
def result(folder: Path, rows: DataFrame, others: DataFrame) -> FineTuneResult:
    fine_tuning = FineTuning.on().set(SETTINGS).set("training.learning_rate", 2e-3)
    return fine_tuning.train(rows).test(others).output(str(folder / "runs/first")).run()


def test_fine_tunes(result: FineTuneResult, rows: DataFrame) -> None:
    assert result.metrics()["train_loss"] > 0
    assert result.classifier().labels() == ["card", "loan"]
    assert {"step", "epoch"} <= result.log_history()[0].keys() and result.logHistory() == result.log_history()
    test = result.test()
    assert test is not None and test.rows() == 24
    assert test.classes()["card"].support() == 12
    confusions = test.confusion_matrix()
    assert confusions is not None and confusions.total() == 24
    assert result.run().id() and Path(result.run().journal()).is_dir()
    assert "test_accuracy" in result._repr_html_() and "<td>card</td>" in test._repr_html_()
    predicted = result.classifier().predict(rows, "text")
    assert predicted.columns == ["text", "label", "prediction", "confidence", "probabilities"]
    assert result.classifier().pipeline().transform(rows).count() == 24


def test_classifies_in_sql(result: FineTuneResult, rows: DataFrame) -> None:
    path = result.files()["model"]
    ClassifierFunctions.register(path, "topic")
    rows.createOrReplaceTempView("messages")
    spark = rows.sparkSession
    found = spark.sql("SELECT text, topic(text) AS t, topic_probabilities(text)['card'] AS p FROM messages").collect()
    predicted = {row.text: row for row in Prediction.on().model(path).input(rows).run().collect()}
    assert len(found) == 24
    for row in found:
        assert row.t == predicted[row.text].prediction
        assert row.p == pytest.approx(predicted[row.text].probabilities["card"], abs=1e-2)  # bf16, in other batches
    with pytest.raises(UserError, match="name=no name is not allowed"):
        ClassifierFunctions.register(path, "no name", spark=spark)


def test_evaluates_and_predicts(result: FineTuneResult, rows: DataFrame, folder: Path) -> None:
    path = result.files()["model"]
    evaluation = Evaluation.on().model(path).test(rows).run()
    again = Evaluation.on().model(TextClassifier.load(path)).test(rows).run()
    assert evaluation.metrics()["test_accuracy"] == again.metrics()["test_accuracy"] == evaluation.accuracy()
    assert Prediction.on().model(path).input(rows).run().where("prediction is null").count() == 0
    counts = Prediction.on().model(path).input(rows).write(str(folder / "predictions.parquet"))
    assert (counts.rows(), counts.format().name) == (24, "PARQUET")


def test_exports(result: FineTuneResult, folder: Path) -> None:
    export = Export.on().model(result.files()["model"]).format("onnx").write(str(folder / "onnx"))
    assert export.files()["model.onnx"] > 0 and export.labels() == 2
    assert "model.onnx" in export._repr_html_()
    with pytest.raises(UserError, match="expected one of"):
        Export.on().format("pickle")


def test_lists_and_shows_runs(result: FineTuneResult, folder: Path) -> None:
    runs = Runs.in_(str(folder / "runs"))
    (run,) = runs.list()
    assert run == runs.find(result.run().id())
    assert run.params()["training.max_steps"] == "2"
    assert run.latest("loss") == run.latest("loss") or run.metrics()
    listing = runs.listing(RunListing.Query.newest(5).sorted_by("start"))
    assert not listing.has_more() and run.id()[:8] in str(listing) + listing.text(None)
    assert run.id()[:8] in listing._repr_html_() and run.name() in run._repr_html_()
    assert runs.html(run).startswith("<!") and run.name() in runs.text(run, 100)


def test_tunes(folder: Path, rows: DataFrame) -> None:
    space = SearchSpace.of(
        {
            "training.learning_rate": FloatDistribution(1e-4, 1e-2, True, 0),
            "training.per_device_train_batch_size": CategoricalDistribution([8, 16]),
        }
    )
    study = (
        Tuning.on()
        .set(SETTINGS)
        .set("tune.n_trials", 4)
        .space(space)
        .sampler(RandomSampler(7))
        .pruner(MedianPruner(5, 0, 1, 1))
        .train(rows)
        .output(str(folder / "study"))
        .run()
    )
    assert isinstance(study, StudyResult)
    assert [trial.number() for trial in study.trials()] == [0, 1, 2, 3]
    assert all(trial.state() is TrialState.COMPLETE for trial in study.trials())
    assert study.best().params() == study.best_params() and 1e-4 <= study.bestParams()["training.learning_rate"] <= 1e-2
    assert study.best().value() == study.best_value()
    assert "<td>complete</td>" in study._repr_html_()
    assert space.names() == ["training.learning_rate", "training.per_device_train_batch_size"]


def test_records_are_made_by_their_names(rows: DataFrame) -> None:
    sampler = TpeSampler(seed=1, options=TpeSampler.Options(10, 24, None, True).with_multivariate(False))
    assert sampler.options().multivariate() is False and sampler.seed() == 1
    with pytest.raises(UserError, match="expected low <= high"):
        FloatDistribution(low=2, high=1, log=False, step=0)
    with pytest.raises(TypeError, match="static methods"):
        FineTuning()


def test_mistakes_are_one_line(rows: DataFrame, folder: Path) -> None:
    with pytest.raises(UserError) as e:
        FineTuning.on().set("training.learning_rat", 1)
    assert str(e.value) == "unknown key training.learning_rat: did you mean training.learning_rate?"
    with pytest.raises(UserError, match="There is no pretrained model"):
        Evaluation.on().model(str(folder / "nothing")).test(rows).run()
