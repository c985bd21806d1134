"""The session that all tests share, and small rows and a small base that they train with.

``PythonApiTest`` of Java's runs them: it makes the wheel, a jar that names the class path, and what the variables name.
"""

import os
from typing import Any, Iterator

import pytest
import sparkfinetune
from pyspark.ml import Pipeline, PipelineModel
from pyspark.sql import DataFrame, SparkSession
from sparkfinetune.annotator import TransformerClassifierApproach
from sparknlp.base import DocumentAssembler

BASE = os.environ["SPARK_FINETUNE_TEST_BASE"]
"""A BERT of two layers and width 12, which learns nothing."""


@pytest.fixture(scope="session")
def spark() -> Iterator[SparkSession]:
    """A session as a user starts it."""
    session = sparkfinetune.start(
        master="local[2]",
        memory="2g",
        conf={"spark.ui.enabled": "false", "spark.sql.shuffle.partitions": "2", "spark.driver.host": "127.0.0.1"},
    )
    session.sparkContext.setLogLevel("ERROR")
    yield session
    session.stop()


@pytest.fixture(scope="session")
def rows(spark: SparkSession) -> DataFrame:
    """Texts of two labels."""
    texts = [(f"my card number {i} is lost", "card") for i in range(12)]
    texts += [(f"i want a loan of {i} euros", "loan") for i in range(12)]
    return spark.createDataFrame(texts, ["text", "label"]).cache()


def documents() -> Any:
    """The stage in front of a classifier."""
    return DocumentAssembler().setInputCol("text").setOutputCol("document")


def approach(**params: Any) -> TransformerClassifierApproach:
    """An estimator that is done in a second."""
    given = {"base": BASE, "max_steps": 2, "max_length": 16, "learning_rate": 1e-3, "seed": 1, **params}
    return TransformerClassifierApproach(
        labelColumn="label", inputCols=["document"], outputCol="category", **given
    )


@pytest.fixture(scope="session")
def fitted(rows: DataFrame) -> PipelineModel:
    """A pipeline that was fitted."""
    return Pipeline(stages=[documents(), approach()]).fit(rows)
