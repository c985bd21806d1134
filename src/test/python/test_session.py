"""What starts a session, and what is said where there is none."""

import subprocess
import sys
from pathlib import Path

import pytest
import sparkfinetune
from conftest import approach
from pyspark import SparkContext
from pyspark.sql import SparkSession
from sparkfinetune import UserError, _java


def test_takes_the_session_that_is_there(spark: SparkSession) -> None:
    assert sparkfinetune.start() is spark


def test_the_session_has_what_java_needs(spark: SparkSession) -> None:
    options = spark.conf.get("spark.driver.extraJavaOptions")
    assert options is not None and "--add-opens=java.base/java.lang=ALL-UNNAMED" in options


def test_the_jar_is_that_of_the_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "x.jar").write_text("")
    monkeypatch.setenv("SPARK_FINETUNE_JAR", str(tmp_path / "x.jar"))
    assert sparkfinetune.jar() == str(tmp_path / "x.jar")
    monkeypatch.setenv("SPARK_FINETUNE_JAR", str(tmp_path / "y.jar"))
    with pytest.raises(UserError, match="SPARK_FINETUNE_JAR=.*y.jar: there is no such file"):
        sparkfinetune.jar()
    monkeypatch.delenv("SPARK_FINETUNE_JAR")
    monkeypatch.setenv("HOME", str(tmp_path))
    version = sparkfinetune._version.JAVA_VERSION
    place = tmp_path / ".m2/repository/org/sparkfinetune/spark-finetune" / version
    place.mkdir(parents=True)
    path = place / f"spark-finetune-{version}-cluster.jar"
    path.write_text("")
    assert sparkfinetune.jar() == str(path)


def test_says_what_a_session_without_a_way_to_java_lacks(monkeypatch: pytest.MonkeyPatch, spark: SparkSession) -> None:
    monkeypatch.setenv("SPARK_CONNECT_MODE_ENABLED", "1")
    for attempt in (sparkfinetune.start, approach, sparkfinetune.FineTuning.on):
        with pytest.raises(UserError, match="Spark Connect, serverless compute and clusters in shared access mode"):
            attempt()


def test_says_that_there_is_no_session(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(SparkContext, "_active_spark_context", None)
    with pytest.raises(UserError, match=r"call sparkfinetune.start\(\) first"):
        approach()


def test_refuses_a_jar_of_another_version(monkeypatch: pytest.MonkeyPatch, spark: SparkSession) -> None:
    monkeypatch.setattr(_java, "_checked", [])
    monkeypatch.setattr(_java, "JAVA_VERSION", "0.0.7")
    with pytest.raises(UserError, match="Python package of 0.0.7: use those of one version"):
        approach()


def test_refuses_a_session_without_the_jar() -> None:
    script = """
from pyspark.sql import SparkSession
import sparkfinetune
SparkSession.builder.master("local[1]").config("spark.ui.enabled", "false").getOrCreate()
for attempt in (sparkfinetune.start, sparkfinetune.TransformerClassifierApproach):
    try:
        attempt()
    except sparkfinetune.UserError as e:
        print("refused:", e)
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert done.stdout.count("refused: the Spark session has no spark-finetune jar") == 2, done.stderr
