"""Results as a notebook shows them: small tables."""

import html
from typing import Any, Callable, Dict, Iterable, List, Optional, Sequence

from sparkfinetune import _chart

_MOST_ROWS = 50


def table(head: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    """A table; of more rows than a notebook should have, the first."""
    shown: List[Sequence[Any]] = list(rows)
    left = len(shown) - _MOST_ROWS
    cells = "".join(f"<th>{html.escape(name)}</th>" for name in head)
    lines = "".join(
        "<tr>" + "".join(_cell(value) for value in row) + "</tr>"
        for row in shown[:_MOST_ROWS]
    )
    more = f"<p>and {left:,} more</p>" if left > 0 else ""
    return f"<table><thead><tr>{cells}</tr></thead><tbody>{lines}</tbody></table>{more}"


class Share(float):
    """A number from 0 to 1, which is shown with a bar."""


def _cell(value: Any) -> str:
    if isinstance(value, Share):
        bar = f"linear-gradient(to right, rgba(31, 111, 180, 0.25) {value:.1%}, transparent {value:.1%})"
        return f'<td style="background: {bar}">{value:.4f}</td>'
    return f"<td>{html.escape(_text(value))}</td>"


def _text(value: Any) -> str:
    if value is None:
        return ""
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def _title(text: str) -> str:
    return f"<p><b>{html.escape(text)}</b></p>"


def model(stage: Any) -> str:
    """A TransformerClassifierModel."""
    labels = stage.getClasses()
    return _title(f"{stage.uid}: {len(labels)} labels") + f"<p>{html.escape(', '.join(labels[:_MOST_ROWS]))}</p>"


def _classifier(it: Any) -> str:
    labels = it.labels()
    kind = "sets of labels" if it.is_multi_label() else "labels"
    return _title(f"TextClassifier of {len(labels)} {kind}") + f"<p>{html.escape(', '.join(labels[:_MOST_ROWS]))}</p>"


def _evaluation(it: Any) -> str:
    scores = [
        (label, Share(of.precision()), Share(of.recall()), Share(of.f1()), of.support())
        for label, of in it.classes().items()
    ]
    return _title(f"accuracy {it.accuracy():.4f} of {it.rows():,} rows") + table(
        ("label", "precision", "recall", "f1", "rows"), scores
    )


def _fine_tuning(it: Any) -> str:
    history = it.log_history()
    curves = {
        name: [(entry["step"], entry[name]) for entry in history if name in entry] for name in ("loss", "eval_loss")
    }
    return (
        _title(f"fine-tuned: {it.files().get('model', '')}")
        + _chart.lines(curves, "step")
        + table(("metric", "value"), sorted(it.metrics().items()))
    )


def _study(it: Any) -> str:
    trials = it.trials()
    names = sorted({name for trial in trials for name in trial.params()})
    rows = []
    for trial in trials:
        values, params = trial.values(), trial.params()
        rows.append(
            (trial.number(), trial.state().name.lower(), values[0] if values else None)
            + tuple(params.get(name) for name in names)
        )
    return _title(f"best: trial {it.best().number()}, {it.best_value():.4g}") + table(
        ["trial", "state", "value"] + [name.split(".")[-1] for name in names], rows
    )


def _run(it: Any) -> str:
    values = [(name, points[-1].value()) for name, points in it.metrics().items() if points]
    return _title(f"{it.name()} ({it.status().name.lower()})") + table(("metric", "last value"), sorted(values))


def _listing(it: Any) -> str:
    runs = it.runs()
    rows = []
    names = sorted({name for run in runs for name in run.metrics() if name.startswith(("eval_", "test_"))})[:6]
    for run in runs:
        values = [run.latest(name) for name in names]
        rows.append(
            [run.id()[:8], run.name(), run.status().name.lower()] + [v if v == v else None for v in values]
        )
    return table(["run", "name", "status"] + names, rows)


def _export(it: Any) -> str:
    return _title(f"exported to {it.folder()}") + table(("file", "bytes"), it.files().items())


def colored(attributions: Sequence[Any]) -> str:
    """The words of a text, coloured by what they have done for the label: blue for it, orange against it."""
    largest = max([abs(word["score"] or 0.0) for word in attributions], default=0.0) or 1.0
    words = []
    for word in attributions:
        score = word["score"]
        if score is None:
            words.append(f'<span style="opacity: 0.5" title="not seen">{html.escape(word["word"])}</span>')
            continue
        color = f"rgba({'70, 151, 214' if score > 0 else '224, 131, 38'}, {abs(score) / largest:.2f})"
        words.append(f'<span style="background: {color}" title="{score:+.3f}">{html.escape(word["word"])}</span>')
    return f'<span dir="auto">{" ".join(words)}</span>'


def _explanation(it: Any) -> str:
    rows = it.rows().select("explained_class", "attributions").limit(_MOST_ROWS).collect()
    lines = "".join(f"<tr>{_cell(row[0])}<td>{colored(row[1])}</td></tr>" for row in rows)
    shown = f"<table><thead><tr><th>label</th><th>words</th></tr></thead><tbody>{lines}</tbody></table>"
    return _title(it.summary().split("\n")[0]) + shown


_OF: Dict[str, Callable[[Any], str]] = {
    "org.sparkfinetune.finetune.TextClassifier": _classifier,
    "org.sparkfinetune.finetune.EvaluationResult": _evaluation,
    "org.sparkfinetune.finetune.ExplanationResult": _explanation,
    "org.sparkfinetune.finetune.FineTuneResult": _fine_tuning,
    "org.sparkfinetune.finetune.ExportResult": _export,
    "org.sparkfinetune.study.StudyResult": _study,
    "org.sparkfinetune.track.RunSnapshot": _run,
    "org.sparkfinetune.runs.RunListing": _listing,
}


def of(it: Any) -> Optional[str]:
    """What stands for an object of Java's; None to have its text shown."""
    render = _OF.get(it._java_class)
    return None if render is None else render(it)
