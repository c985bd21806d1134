"""Loads MLflow models as MLflow does, and says as JSON what came of it: for MlflowExportTest.

Arguments: the folder of models, each with requests.json beside its files, and the file to write.
"""

import json
import pathlib
import sys
import tempfile

import mlflow
import onnx
import pandas as pd
import yaml
from mlflow.models import Model


def parsed(folder):
    return {
        "MLmodel": yaml.safe_load((folder / "MLmodel").read_text()),
        "conda.yaml": yaml.safe_load((folder / "conda.yaml").read_text()),
        "python_env.yaml": yaml.safe_load((folder / "python_env.yaml").read_text()),
        "requirements.txt": (folder / "requirements.txt").read_text(),
        "files": sorted(f.name for f in folder.iterdir()),
    }


def saved_by_mlflow(folder):
    """The folder as MLflow would have written it: by pyfunc, and of onnx the flavor."""
    model = Model.load(str(folder))
    with tempfile.TemporaryDirectory() as temporary:
        path = pathlib.Path(temporary) / "model"
        mlflow.pyfunc.save_model(
            str(path),
            loader_module="text_classifier",
            code_paths=[str(folder / "code" / "text_classifier.py")],
            signature=model.signature,
            input_example=model.load_input_example(str(folder)),
            metadata=model.metadata,
            pip_requirements=str(folder / "requirements.txt"),
        )
        graph = pathlib.Path(temporary) / "graph"
        mlflow.onnx.save_model(onnx.load(folder / "model.onnx"), str(graph), pip_requirements=[])
        saved = parsed(path)
        saved["MLmodel"]["flavors"]["onnx"] = parsed(graph)["MLmodel"]["flavors"]["onnx"]
        return saved


def refusal(call):
    try:
        call()
    except Exception as e:
        return str(e)
    return "accepted"


def records(frame):
    return json.loads(frame.to_json(orient="records", double_precision=15))


def examine(folder):
    requests = json.loads((folder / "requests.json").read_text())
    rows = pd.DataFrame(requests["data"], columns=requests["columns"])
    loaded = mlflow.pyfunc.load_model(str(folder))
    blank = rows[:3].assign(text=["  ", rows.text[1], "\u3000"])
    missing = rows[:2].assign(text=[None, rows.text[1]])
    graph = mlflow.onnx.load_model(str(folder)).graph
    return {
        "ours": parsed(folder),
        "mlflows": saved_by_mlflow(folder),
        "answers": records(loaded.predict(rows)),
        "alone": [records(loaded.predict(rows[i : i + 1]))[0] for i in (0, len(rows) - 1)],
        "example": records(loaded.predict(loaded.input_example)),
        "blank": records(loaded.predict(blank)),
        "missing": records(loaded._model_impl.predict(missing)),
        "metadata": loaded.metadata.metadata,
        "wrong name": refusal(lambda: loaded.predict(rows.rename(columns={"text": "message"}))),
        "wrong type": refusal(lambda: loaded.predict(rows.assign(text=1.5))),
        "onnx inputs": [i.name for i in graph.input],
    }


models = sorted(f.parent for f in pathlib.Path(sys.argv[1]).glob("*/MLmodel"))
pathlib.Path(sys.argv[2]).write_text(json.dumps({m.name: examine(m) for m in models}))
