"""Where Java's console is shown: lines that stay, and one that is redrawn as a bar."""

import html
import importlib
import os
import re
import shutil
import sys
import time
from typing import Any, Optional

ERASE_LINE = "\r\x1b[K"
"""What Java's console writes before it draws its line anew."""

_BAR = re.compile(r"^\[[#.]*\]\s+")
_COUNT = re.compile(r"(\d+)/(\d+)")


class Display:
    """Plain lines on standard output, which a console without columns writes."""

    columns = 0

    def feed(self, text: str) -> None:
        """Shows what was printed."""
        if text:
            sys.stdout.write(text)
            sys.stdout.flush()

    def close(self) -> None:
        """Nothing more comes."""


class Nothing(Display):
    """Shows nothing."""

    def feed(self, text: str) -> None:
        pass


class Terminal(Display):
    """A terminal, which knows how to redraw a line."""

    def __init__(self) -> None:
        self.columns = shutil.get_terminal_size().columns


class Notebook(Display):
    """HTML: a bar in the place of the line that is redrawn, and text for the others."""

    columns = 100

    def __init__(self) -> None:
        self._line = ""

    def feed(self, text: str) -> None:
        if not text:
            return
        for i, part in enumerate(text.split(ERASE_LINE)):
            if i > 0:
                self._line = ""
            *whole, self._line = (self._line + part).split("\n")
            for line in whole:
                if _BAR.match(line):
                    self.bar(bar_html(line))
                elif line:
                    print(line)
        if _BAR.match(self._line):
            self.bar(bar_html(self._line))

    def bar(self, markup: str) -> None:
        """Shows a bar, in the place of that before where that can be."""
        raise NotImplementedError


class Jupyter(Notebook):
    """IPython, in Jupyter, and in Databricks since its runtime 11.3."""

    def __init__(self) -> None:
        super().__init__()
        self._handle: Any = None

    def bar(self, markup: str) -> None:
        ipython: Any = importlib.import_module("IPython.display")
        if self._handle is None:
            self._handle = ipython.display(ipython.HTML(markup), display_id=True)
        else:
            self._handle.update(ipython.HTML(markup))


class Appending(Notebook):
    """A notebook whose output only grows: a bar now and then, and the last one."""

    _EVERY_SECONDS = 10.0

    def __init__(self, show: Any) -> None:
        super().__init__()
        self._show = show
        self._shown_at = -self._EVERY_SECONDS
        self._waiting: Optional[str] = None

    def bar(self, markup: str) -> None:
        self._waiting = markup
        if time.monotonic() - self._shown_at >= self._EVERY_SECONDS:
            self.close()

    def close(self) -> None:
        if self._waiting is not None:
            self._show(self._waiting)
            self._shown_at = time.monotonic()
            self._waiting = None


def _print_for_zeppelin(markup: str) -> None:
    """Zeppelin knows HTML by how its line begins, and takes what follows for more of it, until a line says otherwise.

    What is printed next begins a line too: it may be more HTML.
    """
    print(f"\n%html {markup}\n%text\n", end="", flush=True)


def bar_html(line: str) -> str:
    """A line with a bar of characters as HTML; its length is that of the first count, as ``12/100``."""
    caption = _BAR.sub("", line)
    count = _COUNT.search(caption)
    value = f' value="{count.group(1)}" max="{max(1, int(count.group(2)))}"' if count else ""
    return (
        f'<div><progress{value} style="width: 20em; vertical-align: middle"></progress> '
        f'<code style="white-space: pre">{html.escape(caption)}</code></div>'
    )


def display_of(how: str) -> Display:
    """What suits the place that this runs in."""
    if how == "off":
        return Nothing()
    if how == "lines":
        return Display()
    shell = sys.modules["IPython"].get_ipython() if "IPython" in sys.modules else None
    main = vars(sys.modules["__main__"])
    if "ZeppelinContext" in type(main.get("z")).__name__:
        return Appending(_print_for_zeppelin)
    if hasattr(shell, "kernel"):
        return Jupyter()
    if "DATABRICKS_RUNTIME_VERSION" in os.environ and "displayHTML" in main:
        return Appending(main["displayHTML"])
    return Terminal() if sys.stdout.isatty() else Display()
