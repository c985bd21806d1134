"""What notebooks show of results, beyond the text in it."""

import re

from sparkfinetune import _chart, _html


def test_a_line_goes_from_corner_to_corner() -> None:
    svg = _chart.lines({"loss": [(1, 2.0), (3, 1.0)], "eval_loss": [(3, 1.5)]}, "step")
    (points,) = re.findall(r'points="([^"]*)"', svg)
    assert points == "56.0,24.0 468.0,172.0"
    assert "step 1<" in svg and "step 3<" in svg and ">loss<" in svg and "eval_loss" not in svg


def test_no_line_no_figure() -> None:
    assert _chart.lines({"loss": [(1, 2.0)]}, "step") == ""


def test_names_are_escaped() -> None:
    assert "<b>" not in _chart.lines({"<b>": [(1, 1.0), (2, 1.0)]}, "step")


def test_a_share_has_a_bar_and_four_places() -> None:
    cell = _html.table(["recall"], [[_html.Share(1)], [_html.Share(0.25)]])
    assert ">1.0000</td>" in cell and "25.0%, transparent 25.0%" in cell
    assert "background" not in _html.table(["rows"], [[25]])


def test_words_are_coloured_by_their_scores_and_escaped() -> None:
    words = [{"word": "<b>", "score": 2.0}, {"word": "no", "score": -1.0}, {"word": "cut", "score": None}]
    text = _html.colored(words)
    assert "<b>" not in text and 'title="+2.000"' in text and "38, 0.50)" in text and 'title="not seen"' in text
    assert _html.colored([]) == '<span dir="auto"></span>'
