"""Integrated gradients of this project beside Captum's, rows a second, on the same model, texts and cores.

A model is fine-tuned on a few rows (minilm-l6, classified by its first token, which transformers can load). Then the test
rows are explained in turns: by this project, by Captum one text at a time as its tutorials do, and by Captum as fast as it
gets: batches of texts of like length, bf16 where the processor multiplies it, whichever of a few settings a probe finds best.
What attributions of a text add up to must be the same on both sides, in fp32: the exit code is 1 where it is not.
The last line is JSON.
"""

import json

import common
import hpo

MAIN = "org.sparkfinetune.annotator.MeasureExplainMain"
BATCHES = (1, 4, 16)
PROBE_ROWS = 64
# Of the largest sum: fp32 sums of 32 passes in another order.
ALLOWED = 1e-3


class Sides:
    """Both sides on the same model and texts."""

    def __init__(self, work, python, model, steps, max_length):
        self.work, self.python = work, python
        self.specification = {"model": str(model), "steps": steps, "max_length": max_length}

    def _run(self, name, command, specification):
        asked, result = self.work / f"{name}.json", self.work / f"{name}-result.json"
        asked.write_text(json.dumps(specification))
        common.watch([*command, asked, result], self.work / f"{name}.log")
        return json.loads(result.read_text())

    def ours(self, texts, precision):
        options = ["-Xmx2g", f"@{common.ROOT / 'conf' / 'java-options'}"]
        asked = self.specification | {"texts": texts, "precision": precision}
        return self._run("ours", hpo.java_command(MAIN, options), asked)

    def captum(self, texts, batch, bf16, threads):
        command = [self.python, common.ROOT / "bench" / "explain_captum.py"]
        asked = self.specification | {"texts": texts, "batch": batch, "bf16": bf16, "threads": threads}
        return self._run("captum", command, asked)


def check(ours, captums):
    """Both sides' sums are the same."""
    largest = max(abs(s) for s in captums["sums"])
    difference = max(abs(a - b) for a, b in zip(ours["sums"], captums["sums"], strict=True)) / largest
    if difference > ALLOWED:
        raise common.RunFailed(f"what attributions add up to differs by {difference:.1e} of the largest sum")
    return difference


def main():
    parser = common.arguments(__doc__, dataset="banking77", rows=500, epochs=False, rows_help="explain this many test rows")
    parser.add_argument("--steps", type=common.positive, default=32, metavar="N", help="default: 32")
    parser.add_argument("--train-rows", type=common.positive, default=1000, metavar="N", help="default: 1000")
    args = parser.parse_args()
    dataset = common.Dataset(args.dataset, args.data)
    python = common.environment("explain")
    common.build()
    work = common.WORK / "explain"
    split = dataset.write(work, dataset.first(args.train_rows))
    options = common.fine_tune_arguments(split, dataset, 1, common.FIRST_SEED, work / "model")
    options = [o for o in options if not o.startswith("spark.driver.memory")]
    common.fine_tune([*options, "model.pooling=cls", "spark.driver.memory=3g"], work / "model")
    model = next((work / "model").glob("model/stages/*/huggingface"))
    sides = Sides(work, python, model, args.steps, dataset.max_length)
    texts = [text for text, _ in dataset.test[: args.rows]]
    few = texts[:PROBE_ROWS]
    print(f"{dataset.name}: {len(texts)} rows, {args.steps} steps\n", flush=True)

    difference = check(sides.ours(few, "fp32"), sides.captum(few, 1, False, common.cores()))
    bf16 = common.native_bf16()
    settings = [(b, p, t) for b in BATCHES for p in ([False, True] if bf16 else [False]) for t in sorted({1, common.cores()})]
    best = min(settings, key=lambda s: sides.captum(few, *s)["seconds"])
    contestants = {
        "ours": lambda: sides.ours(texts, "auto"),
        "captum": lambda: sides.captum(texts, 1, False, common.cores()),
        "captum-best": lambda: sides.captum(texts, *best),
    }
    speeds = {name: [] for name in contestants}
    table = common.Table(args.pairs * len(contestants), [("contestant", 12), ("rows/s", 8)])
    for pair in range(args.pairs):
        # Who goes first changes.
        names = list(contestants) if pair % 2 == 0 else list(contestants)[::-1]
        for name in names:
            table.begin(name)
            speeds[name].append(len(texts) / contestants[name]()["seconds"])
            table.row(name, f"{speeds[name][-1]:.1f}")
    batch, half, threads = best
    print(f"\ncaptum-best: batches of {batch}, {'bf16' if half else 'fp32'}, {threads} threads")
    for name, values in speeds.items():
        print(f"{name:12} {common.spread(values)} rows/s")
    common.print_json(
        {
            "dataset": dataset.name,
            "ratio_captum": common.ratio(speeds["ours"], speeds["captum"]),
            "ratio_captum_best": common.ratio(speeds["ours"], speeds["captum-best"]),
            "rows_per_second": sorted(speeds["ours"])[len(speeds["ours"]) // 2],
            "bf16": bf16,
            "difference": difference,
        }
    )


if __name__ == "__main__":
    common.main(main)
