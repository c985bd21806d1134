"""Shows where a training stands while Java works, and ends it when the user interrupts it."""

import signal
import sys
import threading
import time
import uuid
from typing import Any, Callable, List, Optional

from pyspark import InheritableThread, SparkContext

from sparkfinetune import _java as _j
from sparkfinetune._display import Display, display_of

_POLL_SECONDS = 0.2
_CANCEL_AGAIN_SECONDS = 2.0

_shown = "auto"


def set_progress(how: str) -> None:
    """Says how progress is shown.

    Parameters
    ----------
    how
        ``auto``, the default: a bar in a notebook and on a terminal, plain lines elsewhere; ``lines``: these everywhere;
        ``off``: nothing
    """
    global _shown
    if how not in ("auto", "lines", "off"):
        raise ValueError(f"progress {how!r} is not allowed: expected auto, lines or off")
    _shown = how


class _Worker:
    """A call to Java in a thread of its own, whose Spark jobs can be told from others by a tag."""

    def __init__(self, task: Callable[[], Any]) -> None:
        self._task = task
        self._context: Any = SparkContext._active_spark_context
        self._tag = "spark-finetune-" + uuid.uuid4().hex
        self._java_thread: Any = None
        self._result: Any = None
        self._failure: Optional[BaseException] = None
        # Not the thread's join: an interrupt has it take a thread that lives for one that has ended.
        self._over = threading.Event()
        thread: Any = InheritableThread(target=self._run, daemon=True)
        thread.start()

    def _run(self) -> None:
        try:
            self._java_thread = self._context._jvm.java.lang.Thread.currentThread()
            self._context.addJobTag(self._tag)
            self._result = self._task()
        except BaseException as e:  # it is raised where the user waits
            self._failure = e
        finally:
            self._over.set()

    def ended(self, seconds: float) -> bool:
        """Waits, and says whether it has ended."""
        return self._over.wait(seconds)

    def cancel(self) -> None:
        """Ends what waits for Spark, and the jobs that Spark has of it. It may take more than one call."""
        if self._java_thread is not None:
            self._java_thread.interrupt()
        self._context.cancelJobsWithTag(self._tag)

    def result(self) -> Any:
        if self._failure is not None:
            raise self._failure
        return self._result


def run(task: Callable[[Any], Any]) -> Any:
    """Calls a task with a PolledConsole of Java's, and shows what it prints there.

    Calls from other threads than the main one, as those of a ``CrossValidator``, show nothing and run where they are:
    several bars would overwrite each other, and interrupts reach the main thread alone.
    """
    console = _j.java_class("org.sparkfinetune.console.PolledConsole")
    if threading.current_thread() is not threading.main_thread():
        return task(console(0))
    display = display_of(_shown)
    polled = console(display.columns)
    worker = _Worker(lambda: task(polled))
    interrupts: List[Any] = []
    # PySpark's own handler would cancel the jobs of everybody else as well.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        while True:
            try:
                _follow(worker, polled, display, bool(interrupts))
                break
            except KeyboardInterrupt as e:
                interrupts.append(e)
                if len(interrupts) > 2:
                    raise
    finally:
        signal.signal(signal.SIGINT, before if before is not None else signal.default_int_handler)
        display.close()
        sys.stdout.flush()
    if interrupts:
        raise interrupts[0]
    return worker.result()


def _follow(worker: _Worker, polled: Any, display: Display, cancel: bool) -> None:
    cancelled_at = 0.0
    while not worker.ended(_POLL_SECONDS):
        display.feed(str(polled.take()))
        if cancel and time.monotonic() - cancelled_at > _CANCEL_AGAIN_SECONDS:
            cancelled_at = time.monotonic()
            worker.cancel()
    display.feed(str(polled.take()))
