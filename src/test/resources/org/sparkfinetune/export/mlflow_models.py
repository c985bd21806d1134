"""Loads MLflow models as MLflow does, and says as JSON what came of it: for MlflowExportTest.

Arguments: the folder of models, each with requests.json beside its files, and the file to write.
"""

import json
import pathlib
import sys
import tempfile

import mlflow
import numpy as np
import onnx
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
    model = Model.load(str(folder))
    with tempfile.TemporaryDirectory() as temporary:
        path = pathlib.Path(temporary) / "model"
        mlflow.onnx.save_model(
            onnx.load(folder / "model.onnx"),
            str(path),
            signature=model.signature,
            input_example=model.load_input_example(str(folder)),
            metadata=model.metadata,
        )
        return parsed(path)


def refusal(call):
    try:
        call()
    except Exception as e:
        return str(e)
    return "accepted"


def examine(folder):
    requests = json.loads((folder / "requests.json").read_text())
    inputs = {name: np.array(rows, dtype=np.int64) for name, rows in requests.items()}
    loaded = mlflow.pyfunc.load_model(str(folder))
    renamed = {"ids" if name == "input_ids" else name: rows for name, rows in inputs.items()}
    floats = {name: rows + 0.5 for name, rows in inputs.items()}
    return {
        "ours": parsed(folder),
        "mlflows": saved_by_mlflow(folder),
        "logits": loaded.predict(inputs)["logits"].tolist(),
        "example": loaded.predict(loaded.input_example)["logits"].tolist(),
        "metadata": loaded.metadata.metadata,
        "wrong name": refusal(lambda: loaded.predict(renamed)),
        "wrong type": refusal(lambda: loaded.predict(floats)),
        "onnx inputs": [i.name for i in mlflow.onnx.load_model(str(folder)).graph.input],
    }


models = sorted(f.parent for f in pathlib.Path(sys.argv[1]).glob("*/MLmodel"))
pathlib.Path(sys.argv[2]).write_text(json.dumps({m.name: examine(m) for m in models}))
