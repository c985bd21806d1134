"""The annotators as PySpark's stages."""

import subprocess
import sys
from pathlib import Path

import pytest
from conftest import BASE, approach, documents
from pyspark.ml import Pipeline, PipelineModel
from pyspark.ml.evaluation import Evaluator
from pyspark.ml.tuning import CrossValidator, ParamGridBuilder
from pyspark.sql import DataFrame, SparkSession
from sparkfinetune import UserError
from sparkfinetune.annotator import TransformerClassifierApproach, TransformerClassifierExplainer, TransformerClassifierModel
from sparkfinetune.task import ProblemType
from sparknlp.base import LightPipeline


def predictions(model: PipelineModel, rows: DataFrame) -> list:
    return [row[0] for row in model.transform(rows).select("category.metadata").collect()]


def test_has_the_values_that_it_is_given_and_javas_defaults(spark: SparkSession) -> None:
    stage = TransformerClassifierApproach(
        base="minilm-l6", num_train_epochs=1, labelColumn="label", inputCols=["document"], outputCol="category"
    )
    assert (stage.getBase(), stage.get_num_train_epochs(), stage.getLabelColumn()) == ("minilm-l6", 1, "label")
    assert (stage.getInputCols(), stage.get_output_col()) == (["document"], "category")
    for param in stage._java_obj.params():
        if stage._java_obj.hasDefault(param) and not stage._java_obj.isSet(param):
            expected = stage._java_obj.getDefault(param).get()
            found = stage.getOrDefault(param.name())
            assert found == expected or found != found and expected != expected, param.name()


def test_explains_each_param_as_java_does(spark: SparkSession) -> None:
    text = approach().explainParams()
    for param in approach()._java_obj.params():
        if param.name() not in ("inputCols", "outputCol", "lazyAnnotator"):
            assert f"{param.name()}: {param.doc()}" in text


def test_setters_are_named_both_ways_and_can_be_chained(spark: SparkSession) -> None:
    stage = approach().setLearningRate(1e-4).set_learning_rate(2).setThreshold("auto").set_label_column("intent")
    assert (stage.getLearningRate(), stage.get_label_column()) == (2.0, "intent")
    assert stage.getThreshold() != stage.getThreshold(), "NaN stands for auto"
    assert stage.learningRate is not None and stage.learningRate == stage.learning_rate
    assert stage.setParams(seed=2**40).getSeed() == 2**40
    assert stage.setArgument("num_train_epochs", "7").getNumTrainEpochs() == 7


def test_a_value_that_is_not_allowed_is_refused_in_one_line(spark: SparkSession) -> None:
    with pytest.raises(UserError) as e:
        approach(learning_rate=-1.0)
    assert str(e.value) == "training.learning_rate=-1.0 is not allowed: expected > 0"
    with pytest.raises(UserError, match="one of no, epoch, steps"):
        approach().setEvalStrategy("often")
    with pytest.raises(TypeError, match="num_train_epochs"):
        approach(num_train_epochs="many")
    with pytest.raises(TypeError, match="unexpected keyword"):
        approach(learningrate=1.0)
    stage = approach()
    with pytest.raises(UserError):
        stage.setMaxLength(0)
    assert stage.getMaxLength() == 16, "it has its old value"


def test_a_mistake_that_java_finds_later_is_one_line_too(spark: SparkSession, rows: DataFrame) -> None:
    with pytest.raises(UserError) as e:
        Pipeline(stages=[documents(), approach().setLabelColumn("intent")]).fit(rows)
    assert "intent" in str(e.value) and "\n" not in str(e.value)
    two = spark.createDataFrame([(["a", "b"],)], ["texts"]).selectExpr("explode(texts) as text")
    model = approach().setLabelColumn("text")
    with pytest.raises(UserError):
        Pipeline(stages=[documents(), model]).fit(two.limit(0))


def test_fits_transforms_saves_and_loads(fitted: PipelineModel, rows: DataFrame, tmp_path: Path) -> None:
    model = fitted.stages[1]
    assert isinstance(model, TransformerClassifierModel)
    assert model.getClasses() == ["card", "loan"]
    assert model.getProblemType() is ProblemType.SINGLE_LABEL_CLASSIFICATION
    assert model.training_summary().metrics()["train_loss"] > 0
    assert model.trainingSummary().log_history()[-1].step() == 2
    assert "card, loan" in model._repr_html_()
    assert model.getMaxLength() == 16, "as the estimator has it"

    fitted.write().overwrite().save(str(tmp_path / "pipeline"))
    assert predictions(PipelineModel.load(str(tmp_path / "pipeline")), rows) == predictions(fitted, rows)
    model.save(str(tmp_path / "stage"))
    loaded = TransformerClassifierModel.load(str(tmp_path / "stage"))
    assert loaded.getClasses() == model.getClasses() and loaded.trainingSummary() is None
    assert predictions(PipelineModel([documents(), loaded]), rows) == predictions(fitted, rows)
    other = TransformerClassifierModel.loadSavedModel(str(tmp_path / "stage" / "huggingface"))
    other.setInputCols(["document"]).setOutputCol("category").setMaxLength(16)
    assert predictions(PipelineModel([documents(), other]), rows) == predictions(fitted, rows)


def test_an_estimator_saves_and_loads(tmp_path: Path, spark: SparkSession) -> None:
    approach(num_train_epochs=5).save(str(tmp_path / "approach"))
    loaded = TransformerClassifierApproach.load(str(tmp_path / "approach"))
    assert (loaded.getNumTrainEpochs(), loaded.getBase(), loaded.getLabelColumn()) == (5, BASE, "label")
    assert not loaded.isSet(loaded.weight_decay)


def test_a_process_that_has_not_imported_us_loads_a_pipeline(fitted: PipelineModel, tmp_path: Path) -> None:
    fitted.write().overwrite().save(str(tmp_path / "pipeline"))
    script = f"""
from pyspark.sql import SparkSession
from pyspark.ml import PipelineModel
import os
spark = (SparkSession.builder.master("local[1]").config("spark.ui.enabled", "false")
    .config("spark.driver.extraClassPath", os.environ["SPARK_FINETUNE_JAR"]).getOrCreate())
model = PipelineModel.load({str(tmp_path / "pipeline")!r})
rows = spark.createDataFrame([("my card is lost",)], ["text"])
print([type(stage).__name__ for stage in model.stages], model.transform(rows).count())
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert "['DocumentAssembler', 'TransformerClassifierModel'] 1" in done.stdout, done.stderr


def test_copies_have_params_of_their_own(spark: SparkSession, rows: DataFrame) -> None:
    stage = approach()
    copy = stage.copy({stage.max_steps: 1})
    assert (stage.getMaxSteps(), copy.getMaxSteps()) == (2, 1)
    copy.setLearningRate(0.5)
    assert stage.getLearningRate() == 1e-3
    model = Pipeline(stages=[documents(), copy]).fit(rows).stages[1]
    assert model.trainingSummary().log_history()[-1].step() == 1


def test_a_default_of_an_old_package_does_not_win(spark: SparkSession) -> None:
    stage = approach()
    stage._setDefault(weight_decay=0.77)
    stage._transfer_params_to_java()
    assert stage._java_obj.getOrDefault(stage._java_obj.weightDecay()) != 0.77


def test_a_model_of_single_labels_has_no_threshold(fitted: PipelineModel) -> None:
    with pytest.raises(UserError, match="means nothing to a single-label model"):
        fitted.stages[1].copy().setThreshold(0.3)


def test_works_in_a_light_pipeline(fitted: PipelineModel) -> None:
    assert LightPipeline(fitted).annotate("my card is lost")["category"][0] in ("card", "loan")


class Accuracy(Evaluator):
    def _evaluate(self, dataset: DataFrame) -> float:
        right = dataset.selectExpr("avg(cast(category.result[0] = label as double))").first()
        assert right is not None
        return float(right[0])


def test_works_in_a_cross_validator(rows: DataFrame) -> None:
    stage = approach(max_steps=1)
    grid = ParamGridBuilder().addGrid(stage.learning_rate, [1e-3, 1e-2]).build()
    validator = CrossValidator(
        estimator=Pipeline(stages=[documents(), stage]),
        estimatorParamMaps=grid,
        evaluator=Accuracy(),
        numFolds=2,
        parallelism=2,
    )
    model = validator.fit(rows)
    assert len(model.avgMetrics) == 2 and all(0 <= value <= 1 for value in model.avgMetrics)
    assert model.bestModel.transform(rows).count() == 24


def test_prepared_examples_are_trained_on_many_times(rows: DataFrame) -> None:
    with approach().prepare(documents().transform(rows)) as examples:
        assert (examples.train_rows(), examples.labels()) == (24, ["card", "loan"])
        models = [approach(learning_rate=rate).fit(examples) for rate in (1e-3, 1e-2)]
    assert [model.getClasses() for model in models] == [["card", "loan"]] * 2
    assert [model.getOutputCol() for model in models] == ["category"] * 2


def test_the_words_behind_an_answer(fitted: PipelineModel, rows: DataFrame, tmp_path: Path) -> None:
    explainer = fitted.stages[1].explainer().setOutputCol("words").set_method("occlusion").setArgument("steps", "8")
    assert isinstance(explainer, TransformerClassifierExplainer)
    assert (explainer.getMethod(), explainer.get_steps(), explainer.getTarget()) == ("occlusion", 8, "")
    assert explainer.getClasses() == fitted.stages[1].getClasses()
    pipeline = PipelineModel(stages=[fitted.stages[0], explainer])
    words = pipeline.transform(rows).select("words.metadata").first()[0]
    assert {word["method"] for word in words} == {"occlusion"}
    assert LightPipeline(pipeline).annotate("where is my card")["words"] == ["where", "is", "my", "card"]
    pipeline.write().overwrite().save(str(tmp_path / "explainer"))
    again = PipelineModel.load(str(tmp_path / "explainer"))
    assert again.stages[1].getSteps() == 8
    with pytest.raises(UserError, match="the model has no such label"):
        explainer.setTarget("none of these")
