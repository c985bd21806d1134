"""MLflow's scoring server, which has never heard of us, serves a pipeline that ``mlflow.spark`` saved."""

import json
import os
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from typing import Dict

import pytest
from pyspark.ml import PipelineModel
from pyspark.ml.feature import SQLTransformer
from pyspark.sql import SparkSession

MLFLOW = Path(sys.prefix).parent / ".venv-mlflow-2"
"""An environment of tools/servers, beside this one."""

SAVE = """
import sys
import mlflow.spark
from pyspark.ml import PipelineModel
from pyspark.sql import SparkSession
SparkSession.builder.master("local[1]").config("spark.ui.enabled", "false").getOrCreate()
mlflow.spark.save_model(PipelineModel.load(sys.argv[1]), sys.argv[2], pip_requirements=["mlflow"])
"""


def environment(folder: Path) -> Dict[str, str]:
    """MLflow's Python with this one's PySpark and Spark NLP, and the jar for whatever session is started."""
    for package in ("pyspark", "py4j", "sparknlp", "com"):
        found = next(Path(entry) / package for entry in sys.path if (Path(entry) / package).is_dir())
        (folder / package).symlink_to(found)
    jar = os.environ["SPARK_FINETUNE_JAR"]
    return {
        **os.environ,
        "PATH": f"{MLFLOW / 'bin'}{os.pathsep}{os.environ['PATH']}",
        "PYTHONPATH": os.environ["PYTHONPATH"] + os.pathsep + str(folder),
        "PYSPARK_PYTHON": str(MLFLOW / "bin/python"),
        "PYSPARK_SUBMIT_ARGS": f"--driver-class-path {jar} --driver-memory 1g pyspark-shell",
        "MLFLOW_TRACKING_URI": f"file://{folder}/runs",
    }


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def posted(url: str, rows: object) -> object:
    body = json.dumps({"dataframe_split": rows}).encode()
    request = urllib.request.Request(url, body, {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=120) as answer:
        return json.load(answer)["predictions"]


@pytest.mark.skipif(
    not MLFLOW.is_dir() and os.environ.get("TEST_MACHINE") != "complete", reason="tools/servers/install was not run"
)
def test_the_scoring_server_predicts(spark: SparkSession, fitted: PipelineModel, tmp_path: Path) -> None:
    # The server gives back the column prediction.
    prediction = SQLTransformer(statement="SELECT *, category.result[0] AS prediction FROM __THIS__")
    PipelineModel(stages=[*fitted.stages, prediction]).write().save(str(tmp_path / "pipeline"))
    (tmp_path / "packages").mkdir()
    variables = environment(tmp_path / "packages")
    model = tmp_path / "model"
    python = str(MLFLOW / "bin/python")
    saved = subprocess.run(
        [python, "-c", SAVE, str(tmp_path / "pipeline"), str(model)], env=variables, capture_output=True, text=True
    )
    assert saved.returncode == 0, saved.stderr

    port = free_port()
    command = ["mlflow", "models", "serve", "--env-manager", "local", "-m", str(model), "-p", str(port)]
    log = tmp_path / "serve.log"
    with log.open("w") as output:
        server = subprocess.Popen(
            [python, "-m", *command], env=variables, stdout=output, stderr=output, start_new_session=True
        )
    try:
        address = f"http://127.0.0.1:{port}"
        deadline = time.monotonic() + 120
        while True:
            try:
                with urllib.request.urlopen(address + "/ping", timeout=5):
                    break
            except OSError:
                assert server.poll() is None and time.monotonic() < deadline, log.read_text()
                time.sleep(0.2)
        texts = [["my card is lost"], ["a loan please"]]
        answer = posted(address + "/invocations", {"columns": ["text"], "data": texts})
        expected = fitted.transform(spark.createDataFrame(texts, ["text"])).select("category.result")
        assert answer == [row[0][0] for row in expected.collect()]
    finally:
        os.killpg(server.pid, 15)
        server.wait(timeout=30)
