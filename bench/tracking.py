"""What a tracking server that fails costs a training: rows/s with a server that takes five seconds to answer with an
error, against those with the journal alone.

Both train the same rows with the same seed, in turn, logging every step. The last line is JSON; `throughput_ratio` is the
median of the pairs' ratios, tracked over untracked.
"""

import contextlib
import http.server
import shutil
import statistics
import threading
import time

import common

EPOCHS = 2
ANSWER_SECONDS = 5


class Slow(http.server.BaseHTTPRequestHandler):
    """Keeps every request waiting, and then has failed."""

    requests = 0

    def answer(self):
        Slow.requests += 1
        time.sleep(ANSWER_SECONDS)
        with contextlib.suppress(OSError):
            self.send_response(500)
            self.send_header("Content-Length", "0")
            self.end_headers()

    do_GET = do_POST = do_PUT = answer

    def log_message(self, *arguments):
        pass


def main():
    args = common.arguments(__doc__, dataset="banking77", rows=2000, epochs=False).parse_args()
    dataset = common.Dataset(args.dataset, args.data)
    work = common.WORK / "tracking"
    split = dataset.write(work / "data", dataset.first(args.rows))
    common.build()
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Slow)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    uri = f"http://127.0.0.1:{server.server_address[1]}"
    print(f"{dataset.name}: {split.train_rows} rows, {EPOCHS} epochs, a server that fails after {ANSWER_SECONDS} s\n")
    table = common.Table(2 * args.pairs, [("server", 7), ("seed", 4), ("rows/s", 7), ("seconds", 7)])
    rates = {"none": [], "slow": []}
    for seed in range(common.FIRST_SEED, common.FIRST_SEED + args.pairs):
        for name in rates:
            table.begin(f"{name}, seed {seed}")
            output = work / f"{name}-{seed}"
            options = common.fine_tune_arguments(split, dataset, EPOCHS, seed, output, test=False)
            options += ["training.logging_steps=1", "tracking.flush_timeout=1"]
            options += [f"tracking.uri={uri}"] if name == "slow" else []
            metrics, _ = common.fine_tune(options, output)
            shutil.rmtree(output)
            rates[name].append(split.train_rows * EPOCHS / metrics["train_runtime"])
            table.row(name, seed, f"{rates[name][-1]:.1f}", f"{metrics['train_runtime']:.1f}")
    server.shutdown()
    if not Slow.requests:
        raise common.RunFailed("the server was never asked")
    pairs = [slow / none for none, slow in zip(*rates.values())]
    print("\nmedians (smallest-largest)")
    for name, values in rates.items():
        print(f"  {name}: rows/s {common.spread(values)}")
    print(f"  slow / none: {common.spread(pairs, 3)}")
    common.print_json(
        {
            "dataset": dataset.name,
            "rows": split.train_rows,
            "pairs": args.pairs,
            "requests": Slow.requests,
            "throughput_ratio": statistics.median(pairs),
            "throughput_ratio_min": min(pairs),
            "throughput_ratio_max": max(pairs),
        }
    )


if __name__ == "__main__":
    common.main(main)
