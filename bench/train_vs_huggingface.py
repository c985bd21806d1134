"""Training speed, accuracy and memory: this project against Hugging Face's Trainer on the same data.

Three contestants take turns, with the same pretrained model (minilm-l6, mean pooling), rows, batch, lengths, epochs,
learning rate, schedule and seed:

    ours         jobs/fine-tune, precision=auto, one worker, all cores
    hf-default   Trainer as it comes: random batches, dynamic padding, fp32, torch's own number of threads
    hf-best      Trainer with group_by_length, and the fastest of the numbers of threads and, where the processor
                 has it, bf16 or fp32, found in a short probe

bench/README.md says how each figure is measured. The last line is JSON.
"""

import json
import shutil
import statistics

import common

FOLDER = common.ROOT / "bench"
CONTESTANTS = ("ours", "hf-default", "hf-best")


def pretrained(work, dataset):
    """minilm-l6 as a Hugging Face folder: so low a rate changes no weight of fp32."""
    folder = common.WORK / "minilm-l6"
    if not (folder / "config.json").exists():
        split = dataset.write(work / "pretrained-data", dataset.first(min(64, len(dataset.train))))
        output = work / "pretrained"
        options = common.fine_tune_arguments(split, dataset, 1, common.FIRST_SEED, output, test=False)
        common.fine_tune([*options, "training.learning_rate=1e-30", "training.precision=fp32"], output)
        shutil.rmtree(folder, ignore_errors=True)
        next(output.glob("model/stages/*/huggingface")).rename(folder)
    return folder


class HuggingFace:
    """Starts huggingface.py; one file says what to do, another what came of it."""

    def __init__(self, python, work, specification):
        self.python, self.work, self.specification = python, work, specification

    def run(self, command, name, **more):
        specification, result = self.work / f"{name}.json", self.work / f"{name}-result.json"
        specification.write_text(json.dumps(self.specification | more))
        result.unlink(missing_ok=True)
        script = [self.python, FOLDER / "huggingface.py", command, specification, result]
        memory = common.watch(script, self.work / f"{name}.log")
        return json.loads(result.read_text()), memory


def flops_an_epoch(prepared, rows):
    """Forward and backward: 6 a weight and token (head: and row), 12 * layers * hidden * length^2 a row."""
    return (
        6 * prepared["encoder_parameters"] * prepared["tokens"]
        + 6 * prepared["head_parameters"] * rows
        + 12 * prepared["layers"] * prepared["hidden"] * prepared["squares"]
    )


def describe(variant):
    return f"{'bf16' if variant['bf16'] else 'fp32'}, {variant['threads']} threads"


def main():
    parser = common.arguments(__doc__, dataset="")
    args = parser.parse_args()
    dataset = common.Dataset(args.dataset, args.data)
    epochs = args.epochs or dataset.epochs
    rows = dataset.first(args.rows)
    work = common.WORK / "train-vs-huggingface"
    work.mkdir(parents=True, exist_ok=True)
    split = dataset.write(work / "data", rows)
    common.build()
    python = common.environment()
    native_bf16 = common.native_bf16()
    print(
        f"{dataset.name}: {split}; {epochs} epochs of batches of {common.BATCH}, at most {dataset.max_length} tokens;"
        f" {common.cores()} cores, {'with' if native_bf16 else 'without'} native bf16"
    )
    print("preparing: pretrained model, peak of matrix multiplication, probe of hf-best ...", flush=True)
    huggingface = HuggingFace(
        python,
        work,
        {
            "model": str(pretrained(work, dataset)),
            "train": str(split.train),
            "test": str(split.test),
            "max_length": dataset.max_length,
            "epochs": epochs,
            "batch": common.BATCH,
            "learning_rate": common.LEARNING_RATE,
            "warmup_ratio": common.WARMUP_RATIO,
            "weight_decay": common.WEIGHT_DECAY,
            "native_bf16": native_bf16,
            "cores": common.cores(),
        },
    )
    prepared, _ = huggingface.run("prepare", "prepare", seed=common.FIRST_SEED)
    peaks = prepared["peaks"]
    print("matrix multiplication: " + ", ".join(f"{name} {peak / 1e9:.0f} GFLOP/s" for name, peak in peaks.items()))
    for probe in prepared["probes"]:
        print(f"probe of hf-best: {describe(probe)}: {1000 * probe['seconds_per_step']:.0f} ms a step")
    best = min(prepared["probes"], key=lambda probe: probe["seconds_per_step"])
    print(f"hf-best is: group_by_length, {describe(best)}\n")
    variants = {"hf-default": {"group_by_length": False, "bf16": False, "threads": None}, "hf-best": best}
    flops = flops_an_epoch(prepared, split.train_rows) * epochs

    def run_one(contestant, seed):
        name = f"{contestant}-{seed}"
        if contestant == "ours":
            options = common.fine_tune_arguments(split, dataset, epochs, seed, work / name)
            metrics, memory = common.fine_tune([*options, "resources.num_workers=1"], work / name)
            accuracy, bf16 = metrics["test_accuracy"], native_bf16
            shutil.rmtree(work / name / "model")
        else:
            variant = variants[contestant]
            metrics, memory = huggingface.run("train", name, seed=seed, variant=variant)
            accuracy, bf16 = metrics["accuracy"], variant["bf16"]
        seconds = metrics["train_runtime"]
        return {
            "rows_per_second": split.train_rows * epochs / seconds,
            "accuracy": accuracy,
            "memory": memory.own,
            "mfu": flops / seconds / peaks["bf16" if bf16 else "fp32"],
        }

    columns = [("contestant", 11), ("seed", 4), ("rows/s", 7), ("accuracy", 8), ("peak MB", 7), ("MFU", 6)]
    table = common.Table(args.pairs * len(CONTESTANTS), columns)
    runs = {contestant: [] for contestant in CONTESTANTS}
    for seed in range(common.FIRST_SEED, common.FIRST_SEED + args.pairs):
        for contestant in CONTESTANTS:
            table.begin(f"{contestant}, seed {seed}")
            run = run_one(contestant, seed)
            runs[contestant].append(run)
            table.row(
                contestant,
                seed,
                f"{run['rows_per_second']:.1f}",
                f"{run['accuracy']:.4f}",
                f"{run['memory']:.0f}",
                f"{run['mfu']:.3f}",
            )

    def figures(contestant, name):
        return [run[name] for run in runs[contestant]]

    print("\nmedians (smallest-largest)")
    for contestant in CONTESTANTS:
        speed, memory, mfu, accuracy = (
            common.spread(figures(contestant, name), digits)
            for name, digits in (("rows_per_second", 1), ("memory", 0), ("mfu", 3), ("accuracy", 4))
        )
        print(f"  {contestant:<11} rows/s {speed}; accuracy {accuracy}; peak MB {memory}; MFU {mfu}")

    def over(contestant, name):
        return common.ratio(figures("ours", name), figures(contestant, name))

    summary = {"dataset": dataset.name, "rows": split.train_rows, "epochs": epochs, "pairs": args.pairs}
    for contestant in CONTESTANTS[1:]:
        kind = contestant.removeprefix("hf-")
        pairs = zip(figures("ours", "rows_per_second"), figures(contestant, "rows_per_second"))
        print(
            f"ours / {contestant}: rows/s {over(contestant, 'rows_per_second'):.2f}"
            f" (pairs: {', '.join(f'{ours / theirs:.2f}' for ours, theirs in pairs)}),"
            f" peak memory {over(contestant, 'memory'):.2f}"
        )
        summary[f"throughput_ratio_{kind}"] = over(contestant, "rows_per_second")
    summary["memory_ratio"] = over("hf-default", "memory")
    summary["memory_ratio_best"] = over("hf-best", "memory")
    summary["accuracy_ours"] = statistics.mean(figures("ours", "accuracy"))
    summary["accuracy_huggingface"] = statistics.mean(figures("hf-default", "accuracy"))
    summary["accuracy_huggingface_best"] = statistics.mean(figures("hf-best", "accuracy"))
    for contestant in CONTESTANTS:
        suffix = "" if contestant == "ours" else "_huggingface_" + contestant.removeprefix("hf-")
        summary[f"mfu{suffix}"] = statistics.median(figures(contestant, "mfu"))
    for contestant in CONTESTANTS:
        name = contestant.replace("hf-", "huggingface_")
        summary[f"rows_per_second_{name}"] = statistics.median(figures(contestant, "rows_per_second"))
    summary["peak_gflops_fp32"] = peaks["fp32"] / 1e9
    if native_bf16:
        summary["peak_gflops_bf16"] = peaks["bf16"] / 1e9
    common.print_json(summary)


if __name__ == "__main__":
    common.main(main)
