"""Runs the Python of notebooks, of Jupyter's kind or Zeppelin's, and writes what each piece of code put out.

    run_notebooks.py OUTPUTS.json NOTEBOOK...

They run behind each other in one kernel, which forgets the names of a notebook before the next, so that Spark starts once.
"""

import json
import re
import sys
from typing import Any, Dict, List

import nbformat
from nbclient import NotebookClient

INTERPRETER = "%pyspark\n"
SECONDS = 480

FORGET = "%reset -f"
"""What each notebook begins with: it must do without the names of those before."""

ZEPPELIN = '''
class PyZeppelinContext:
    """The z of Zeppelin, as far as the notes use it."""

    def show(self, rows):
        print("%table " + "\\t".join(rows.columns))
        for row in rows.limit(1000).collect():
            print("\\t".join(" ".join(str(value).split()) for value in row))


z = PyZeppelinContext()
import sparkfinetune
spark = sparkfinetune.start()
'''
"""What Zeppelin has made before a note's first paragraph."""


def is_zeppelin(notebook: Dict[str, Any]) -> bool:
    return "paragraphs" in notebook


def code(notebook: Dict[str, Any]) -> List[str]:
    """The pieces of code, in their order, behind one that prepares the place."""
    if is_zeppelin(notebook):
        texts = [str(paragraph["text"]) for paragraph in notebook["paragraphs"]]
        pieces = [text[len(INTERPRETER) :] for text in texts if text.startswith(INTERPRETER)]
        return [FORGET + ZEPPELIN] + pieces
    cells = ["".join(cell["source"]) for cell in notebook["cells"] if cell["cell_type"] == "code"]
    return [FORGET] + cells


def printed(outputs: List[Any]) -> str:
    """Text alone, as Zeppelin takes what Python prints."""
    return "".join(output["text"] if "text" in output else output["data"]["text/plain"] + "\n" for output in outputs)


def joined(outputs: List[Any]) -> List[Any]:
    """Without what differs from run to run: parts of a stream, counts."""
    kept: List[Any] = []
    for output in outputs:
        if output["output_type"] == "stream" and kept and kept[-1].get("name") == output["name"]:
            kept[-1]["text"] += output["text"]
        else:
            kept.append({key: value for key, value in output.items() if key != "execution_count"})
            if "execution_count" in output:
                kept[-1]["execution_count"] = None
    return [output for output in kept if output.get("name") != "stderr"]


def result(notebook: Dict[str, Any], outputs: List[Any]) -> Dict[str, Any]:
    """What a notebook put out; of one that fails, why."""
    for output in (output for of in outputs for output in of if output["output_type"] == "error"):
        return {"error": re.sub("\x1b\\[[0-9;]*m", "", "\n".join(output["traceback"]))}
    return {"outputs": [printed(of) for of in outputs] if is_zeppelin(notebook) else outputs}


def main(target: str, *paths: str) -> None:
    """Runs them."""
    notebooks = []
    for path in paths:
        with open(path, encoding="utf-8") as file:
            notebooks.append(json.load(file))
    cells = [nbformat.v4.new_code_cell(text) for notebook in notebooks for text in code(notebook)]
    client = NotebookClient(
        nbformat.v4.new_notebook(cells=cells), timeout=SECONDS, kernel_name="python3", allow_errors=True
    )
    client.execute()
    outputs = iter([joined(cell["outputs"]) for cell in cells])
    results = {}
    for path, notebook in zip(paths, notebooks):
        _, *of_code = [next(outputs) for _ in code(notebook)]
        results[path] = result(notebook, of_code)
    with open(target, "w", encoding="utf-8") as file:
        json.dump(results, file)


main(*sys.argv[1:])
