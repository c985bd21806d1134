"""This project's transform beside Spark NLP's own annotator, Hugging Face's pipeline and ONNX Runtime, rows a second.

A model is fine-tuned on a few rows (minilm-l6, classified by its first token, which all of them can load) and exported for
each. Then the test rows are classified in turns, on the same cores: by this project's annotator and by Spark NLP's own in
Spark; by transformers' pipeline, in batches of texts of like length, in fp32 or bf16; and by ONNX Runtime in Python, in batches
sorted by tokens. Of each of the others the settings that a probe finds best are used. Labels must be the same but for the few
texts near a tie: the exit code is 1 where they are not. The last line is JSON.
"""

import json
import shutil

import common
import hpo

MAIN = "org.sparkfinetune.pipeline.MeasurePredictMain"
BATCHES = {"sparknlp": (8, 32, 128), "huggingface": (8, 32, 128), "onnxruntime": (8, 32, 128)}
PROBE_ROWS = 256
WARM_UP = 64
# Of the rows: bf16 rounds, and Spark NLP's tokens differ where punctuation follows a word (seen: 0.92).
SAME = 0.9


class Sides:
    """All sides on the same model and texts."""

    def __init__(self, work, python, specification):
        self.work, self.python, self.specification = work, python, specification

    def run(self, engine, texts, **settings):
        asked, result = self.work / f"{engine}.json", self.work / f"{engine}-result.json"
        asked.write_text(json.dumps(self.specification | settings | {"engine": engine, "texts": texts}))
        common.watch([*self._command(engine), asked, result], self.work / f"{engine}.log")
        return json.loads(result.read_text())

    def _command(self, engine):
        if engine in ("ours", "sparknlp"):
            return hpo.java_command(MAIN, ["-Xmx4g", f"@{common.ROOT / 'conf' / 'java-options'}"])
        return [self.python, common.ROOT / "bench" / "predict_python.py"]

    def best(self, engine, texts, precisions):
        """The batch and precision that are the fastest on a few rows."""
        choices = [{"batch": b, "precision": p} for b in BATCHES[engine] for p in precisions]
        return min(choices, key=lambda settings: self.run(engine, texts, **settings)["seconds"])


def export(model, form, output):
    shutil.rmtree(output, ignore_errors=True)
    command = [common.ROOT / "jobs" / "export", f"model={model}", f"format={form}", f"output={output}"]
    common.watch(command, common.WORK / "predict" / f"export-{form}.log", common.mavens_spark())
    return output


def same(one, other):
    """The share of texts with the same label."""
    labels, others = dict(one["labels"]), dict(other["labels"])
    return sum(labels[text] == others[text] for text in labels) / len(labels)


def main():
    parser = common.arguments(__doc__, dataset="banking77", epochs=False, rows_help="classify this many test rows")
    parser.add_argument("--train-rows", type=common.positive, default=2000, metavar="N", help="default: 2000")
    args = parser.parse_args()
    dataset = common.Dataset(args.dataset, args.data)
    python = common.environment("predict")
    common.build()
    work = common.WORK / "predict"
    split = dataset.write(work, dataset.first(args.train_rows))
    options = common.fine_tune_arguments(split, dataset, 1, common.FIRST_SEED, work / "model")
    options = [o for o in options if not o.startswith("spark.driver.memory")]
    common.fine_tune([*options, "model.pooling=cls", "spark.driver.memory=3g"], work / "model")
    specification = {
        "model": str(next((work / "model").glob("model/stages/*/huggingface"))),
        "exported": str(export(work / "model", "sparknlp", work / "sparknlp")),
        "onnx": str(export(work / "model", "onnx", work / "onnx")),
        "max_length": dataset.max_length,
        "threads": common.cores(),
        "partitions": common.cores(),
        "warm_up": WARM_UP,
    }
    sides = Sides(work, python, specification)
    texts = list(dict.fromkeys(text for text, _ in dataset.test))[: args.rows]
    few = texts[:PROBE_ROWS]
    bf16 = common.native_bf16()
    print(f"{dataset.name}: {len(texts)} rows, {common.cores()} cores, {'bf16' if bf16 else 'no bf16'}\n", flush=True)

    contestants = {
        "ours": {"precision": "auto"},
        "ours-fp32": {"precision": "fp32"},
        "sparknlp": sides.best("sparknlp", few, ["fp32"]),
        "huggingface": sides.best("huggingface", few, ["fp32", "bf16"] if bf16 else ["fp32"]),
        "onnxruntime": sides.best("onnxruntime", few, ["fp32"]),
    }
    speeds = {name: [] for name in contestants}
    answers = {}
    table = common.Table(args.pairs * len(contestants), [("contestant", 12), ("rows/s", 8)])
    for pair in range(args.pairs):
        # Who goes first changes.
        names = list(contestants) if pair % 2 == 0 else list(contestants)[::-1]
        for name in names:
            table.begin(name)
            answers[name] = sides.run(name.removesuffix("-fp32"), texts, **contestants[name])
            speeds[name].append(len(texts) / answers[name]["seconds"])
            table.row(name, f"{speeds[name][-1]:.0f}")
    print()
    for name, values in speeds.items():
        settings = ", ".join(f"{key} {value}" for key, value in contestants[name].items())
        agrees = same(answers["ours-fp32"], answers[name])
        print(f"{name:12} {common.spread(values, 0)} rows/s; {settings}; {100 * agrees:.2f} % of labels as ours in fp32")
        if agrees < SAME:
            raise common.RunFailed(f"{name} gives {100 * (1 - agrees):.1f} % of the texts another label")
    common.print_json(
        {
            "dataset": dataset.name,
            "ratio_sparknlp": common.ratio(speeds["ours"], speeds["sparknlp"]),
            "ratio_huggingface": common.ratio(speeds["ours"], speeds["huggingface"]),
            "ratio_onnxruntime": common.ratio(speeds["ours-fp32"], speeds["onnxruntime"]),
            "rows_per_second": sorted(speeds["ours"])[len(speeds["ours"]) // 2],
            "bf16": bf16,
        }
    )


if __name__ == "__main__":
    common.main(main)
