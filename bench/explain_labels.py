"""Attributions of a model beside those of one that was trained on shuffled labels (Adebayo et al., 2018, "data randomization").

Both models are trained on the same texts, the second with the labels dealt out anew by a seed. The same test rows are explained
for the same labels by both; the rank correlation of the words' absolute scores is averaged over rows of three words or more. A
method that shows what a model has learned gives about 0; one that gives nearly 1 shows the text alone.
"""

import html.parser
import json
import random
import statistics

import common

FEWEST_WORDS = 3


class Scores(html.parser.HTMLParser):
    """The words' scores of each row of a page, in the order of the rows."""

    def __init__(self):
        super().__init__()
        self.rows = []

    def handle_starttag(self, tag, attributes):
        given = dict(attributes)
        if tag == "article":
            self.rows.append([])
        elif "data-score" in given:
            self.rows[-1].append(abs(float(given["data-score"])))


def ranks(values):
    order = sorted(values)
    first = {value: place for place, value in reversed(list(enumerate(order)))}
    return [first[value] + (order.count(value) - 1) / 2 for value in values]


def correlation(one, other):
    """Spearman's; None where all scores of one side are equal or there are too few."""
    if len(one) < FEWEST_WORDS or len(set(one)) == 1 or len(set(other)) == 1:
        return None
    return statistics.correlation(ranks(one), ranks(other))


def explain(model, rows, label, method, baseline, environment):
    output = common.WORK / "explain-labels" / f"{model.name}-explained"
    options = [
        f"model={model}",
        f"data.input={rows}",
        f"output={output}",
        "overwrite=true",
        f"explain.method={method}",
        f"explain.baseline={baseline}",
        f"explain.target={label}",
        "explain.page_rows=10000",
        f"spark.driver.memory={common.DRIVER_MEMORY}",
    ]
    common.watch([common.ROOT / "jobs" / "explain", *options], output.parent / f"{output.name}.log", environment)
    page = Scores()
    page.feed((output / "report.html").read_text(encoding="utf-8"))
    return page.rows


def main():
    parser = common.arguments(__doc__, dataset="agnews", rows=2000)
    parser.add_argument("--explained", type=common.positive, default=50, help="test rows; default: %(default)s")
    parser.add_argument("--labels", type=common.positive, default=4, help="explain this many labels; default: %(default)s")
    parser.add_argument("--methods", default="integrated_gradients", help="with commas between them; default: %(default)s")
    parser.add_argument("--baseline", default="pad", help="of integrated_gradients; default: %(default)s")
    args = parser.parse_args()
    environment = common.mavens_spark()
    common.build(environment)
    dataset = common.Dataset(args.dataset, args.data)
    train = dataset.first(args.rows)
    folder = common.WORK / "explain-labels"
    figures = {method: [] for method in args.methods.split(",")}
    for seed in range(common.FIRST_SEED, common.FIRST_SEED + args.pairs):
        labels = [label for _, label in train]
        random.Random(seed).shuffle(labels)
        models = {}
        for name, rows in (("true", train), ("shuffled", [(text, label) for (text, _), label in zip(train, labels)])):
            split = dataset.write(folder / name, rows)
            options = common.fine_tune_arguments(split, dataset, args.epochs or dataset.epochs, seed, folder / f"{name}-model")
            metrics, _ = common.fine_tune(options, folder / f"{name}-model", environment=environment)
            print(f"seed {seed}, {name} labels: {split}, test accuracy {metrics['test_accuracy']:.4f}", flush=True)
            models[name] = folder / f"{name}-model"
        explained = common.write_rows(folder / "explained.csv", dataset.test[: args.explained])
        for method, found in figures.items():
            values = []
            for label in sorted({label for _, label in train})[: args.labels]:
                one, other = (explain(m, explained, label, method, args.baseline, environment) for m in models.values())
                values += [c for c in map(correlation, one, other) if c is not None]
            found.append(statistics.mean(values))
            print(f"seed {seed}, {method}: {found[-1]:.4f} over {len(values)} explanations", flush=True)
    print(json.dumps({method: statistics.median(found) for method, found in figures.items()}))


if __name__ == "__main__":
    common.main(main)
