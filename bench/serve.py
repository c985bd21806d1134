"""What jobs/serve answers a second, and how long a client waits: p50 and p99 at 1, 8 and 64 connections.

Each connection sends one text at a time and waits for its answer; the texts are the rows of a file, in turns. Clients and server
share the cores of this machine, and the client is Python: the server alone is faster. Each round begins with requests that are
not counted. The last line is JSON.
"""

import csv
import http.client
import itertools
import json
import pathlib
import re
import statistics
import subprocess
import threading
import time
import urllib.parse

import common

SAMPLE = common.ROOT / "src" / "main" / "resources" / "org" / "sparkfinetune" / "sample" / "test.csv"
START_SECONDS = 300
WARM_UP = 0.1


class Server:
    """The job in a process of its own; leaving the block ends it by SIGTERM."""

    def __init__(self, model, settings):
        self.log = common.WORK / "serve" / "server.log"
        command = [common.ROOT / "jobs" / "serve", f"model={model}", "serve.port=0", *settings]
        self.command = [str(part) for part in command]

    def __enter__(self):
        self.log.parent.mkdir(parents=True, exist_ok=True)
        with open(self.log, "w", encoding="utf-8") as file:
            self.process = subprocess.Popen(self.command, stdout=file, stderr=file, cwd=common.ROOT)
        end = time.monotonic() + START_SECONDS
        while time.monotonic() < end and self.process.poll() is None:
            found = re.search(r" at (http://\S+)", self.log.read_text(encoding="utf-8"))
            if found:
                self.url = urllib.parse.urlsplit(found.group(1))
                return self
            time.sleep(common.POLL_SECONDS)
        common.stop(self.process)
        raise common.RunFailed(f"jobs/serve did not start: {self.log.read_text(encoding='utf-8').strip()[-300:]}")

    def __exit__(self, *_):
        common.stop(self.process)


def ask(url, bodies, seconds):
    """One connection: asks until its share is done, or another has failed."""
    connection = http.client.HTTPConnection(url.hostname, url.port)
    for body in bodies:
        begin = time.perf_counter()
        connection.request("POST", "/", body, {"Content-Type": "application/json"})
        response = connection.getresponse()
        answer = response.read()
        if response.status != 200:
            raise common.RunFailed(f"status {response.status}: {answer.decode()}")
        seconds.append(time.perf_counter() - begin)
    connection.close()


def round_of(url, texts, connections, requests):
    """Seconds of each request, and requests a second, of so many connections at once."""
    taken = itertools.cycle(texts)
    bodies = [json.dumps({"inputs": next(taken)}) for _ in range(requests)]
    seconds, failures = [], []

    def work(share):
        try:
            ask(url, share, seconds)
        except (common.RunFailed, OSError, http.client.HTTPException) as e:
            failures.append(e)

    threads = [threading.Thread(target=work, args=(bodies[i::connections],)) for i in range(connections)]
    begin = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise common.RunFailed(str(failures[0]))
    return seconds, requests / (time.perf_counter() - begin)


def main():
    parser = common.arguments(__doc__, rows=2000, epochs=False, rows_help="requests of a round")
    parser.add_argument("model", help="what jobs/serve takes as model")
    parser.add_argument("settings", nargs="*", help="further settings of jobs/serve, as serve.max_batch_size=64")
    parser.add_argument("--texts", type=pathlib.Path, default=SAMPLE, help="a CSV with a column text; default: the quickstart's")
    parser.add_argument("--connections", default="1,8,64", help="default: 1,8,64")
    args = parser.parse_args()
    with open(args.texts, encoding="utf-8", newline="") as file:
        texts = [row["text"] for row in csv.DictReader(file)]
    counts = [common.positive(count) for count in args.connections.split(",")]
    figures = {}
    with Server(args.model, args.settings) as server:
        columns = [("connections", 11), ("p50 ms", 8), ("p99 ms", 8), ("texts/s", 8)]
        table = common.Table(args.pairs * len(counts), columns)
        rounds = {count: [] for count in counts}
        for _ in range(args.pairs):
            for count in counts:
                table.begin(str(count))
                round_of(server.url, texts, count, max(count, int(args.rows * WARM_UP)))
                seconds, speed = round_of(server.url, texts, count, args.rows)
                cuts = statistics.quantiles(seconds, n=100)
                rounds[count].append((1000 * cuts[49], 1000 * cuts[98], speed))
                table.row(str(count), *(f"{value:.1f}" for value in rounds[count][-1]))
    for count, measured in rounds.items():
        for name, values in zip(("p50_ms", "p99_ms", "texts_per_second"), zip(*measured)):
            figures[f"{name}_{count}"] = round(statistics.median(values), 2)
    common.print_json(figures | {"requests": args.rows, "cores": common.cores()})


if __name__ == "__main__":
    common.main(main)
