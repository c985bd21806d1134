"""Figures as a notebook shows them: SVG, which needs no package and no network."""

import html
from typing import Dict, List, Sequence, Tuple

Point = Tuple[float, float]
"""A place on the horizontal axis, and a value."""

_WIDTH, _HEIGHT = 480, 200
_LEFT, _RIGHT, _TOP, _BOTTOM = 56, 12, 24, 28
_COLORS = ("#1f6fb4", "#d1622b", "#3a8f4d", "#7a5195")


def lines(series: Dict[str, List[Point]], axis: str) -> str:
    """Lines over an axis; empty where no line has two points.

    Parameters
    ----------
    series
        the points of each line by its name, from left to right
    axis
        what the horizontal axis counts
    """
    shown = {name: points for name, points in series.items() if len(points) > 1}
    if not shown:
        return ""
    xs = [x for points in shown.values() for x, _ in points]
    ys = [y for points in shown.values() for _, y in points]
    parts = [
        f'<svg viewBox="0 0 {_WIDTH} {_HEIGHT}" width="{_WIDTH}" height="{_HEIGHT}" role="img"'
        ' style="background: white" font-family="sans-serif" font-size="11" fill="#444">'
    ]
    for value in (min(ys), max(ys)):
        y = _place(value, ys, _HEIGHT - _BOTTOM, _TOP)
        parts.append(f'<path d="M{_LEFT} {y:.1f}H{_WIDTH - _RIGHT}" stroke="#ddd"/>')
        parts.append(f'<text x="{_LEFT - 6}" y="{y + 4:.1f}" text-anchor="end">{value:.3g}</text>')
    for value, anchor in ((min(xs), "start"), (max(xs), "end")):
        x = _place(value, xs, _LEFT, _WIDTH - _RIGHT)
        parts.append(f'<text x="{x:.1f}" y="{_HEIGHT - 12}" text-anchor="{anchor}">{axis} {value:g}</text>')
    for i, (name, points) in enumerate(shown.items()):
        color = _COLORS[i % len(_COLORS)]
        places = " ".join(
            f"{_place(x, xs, _LEFT, _WIDTH - _RIGHT):.1f},{_place(y, ys, _HEIGHT - _BOTTOM, _TOP):.1f}"
            for x, y in points
        )
        parts.append(f'<polyline points="{places}" fill="none" stroke="{color}" stroke-width="2"/>')
        parts.append(f'<text x="{_LEFT + 110 * i}" y="14" fill="{color}">{html.escape(name)}</text>')
    return "".join(parts) + "</svg>"


def _place(value: float, all_of_them: Sequence[float], first: float, last: float) -> float:
    low, high = min(all_of_them), max(all_of_them)
    return first if high == low else first + (value - low) / (high - low) * (last - first)
