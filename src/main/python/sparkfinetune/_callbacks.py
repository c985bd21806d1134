"""Functions and objects of Python's that Java calls: they run in this process, on the driver."""

from typing import Any, Callable, Dict, List, Type

from pyspark import SparkContext
from pyspark.java_gateway import ensure_callback_server_started

from sparkfinetune import _java as _j
from sparkfinetune._errors import UserError

_ENDLESS = 2**31 - 1  # Java's Integer.MAX_VALUE


class _Told(Exception):
    """What Java takes for a user's error: it looks for the name in the text of Python's traceback."""


_Told.__module__, _Told.__qualname__ = "org.sparkfinetune", "UserException"


class _Callback:
    """Something that Java calls by the methods of one of its interfaces."""

    def __init__(self, value: Any, method: str) -> None:
        self._name = f"{type(value).__module__}.{type(value).__qualname__}"
        self._value = value
        self._function: Callable[..., Any] = value
        if hasattr(value, method):
            self._function = getattr(value, method)
        elif callable(value):
            self._name = f"{value.__module__}.{value.__qualname__}" if hasattr(value, "__qualname__") else self._name
        else:
            raise UserError(f"{value!r} is not allowed: expected a function, or an object with a method {method}")

    def _call(self, args: List[Any]) -> Any:
        try:
            return self._function(*map(_j.from_java, args))
        except UserError as e:
            raise _Told(str(e)) from e
        except Exception as e:  # whatever it is, it is the trial's reason
            first = (str(e).splitlines() or [""])[0]
            raise _Told(f"{type(e).__name__}: {first}" if first else type(e).__name__) from e

    def toString(self) -> str:
        return self._name


class _Objective(_Callback):
    class Java:
        implements = ["org.sparkfinetune.tune.Objective"]

    def __init__(self, value: Any) -> None:
        super().__init__(value, "evaluate")

    def evaluate(self, trial: Any) -> Any:
        """A number, several of them, a Result, or None of a trial that was told to stop."""
        from sparkfinetune.tune import Objective

        result = self._call([trial])
        if result is None or isinstance(result, Objective.Result):
            return _j.to_java(result)
        try:
            values = [float(value) for value in (result if isinstance(result, (list, tuple)) else [result])]
        except (TypeError, ValueError):
            raise _Told(f"the objective gave {result!r}: expected a number, or one for each metric") from None
        return Objective.Result(values, [], {})._java


class _Sampler(_Callback):
    class Java:
        implements = ["org.sparkfinetune.tune.Sampler"]

    def __init__(self, value: Any) -> None:
        super().__init__(value, "sample")

    def sample(self, history: Any, space: Any, number: int) -> Any:
        return _j.to_java(self._call([history, space, number]))

    def size(self, space: Any) -> int:
        """Of a sampler that does not say, there is always another setting."""
        from sparkfinetune.tune import Sampler

        own = getattr(type(self._value), "size", None)
        return _ENDLESS if own in (None, Sampler.size) else int(self._value.size(_j.from_java(space)))


class _Pruner(_Callback):
    class Java:
        implements = ["org.sparkfinetune.tune.Pruner"]

    def __init__(self, value: Any) -> None:
        super().__init__(value, "should_prune")

    def shouldPrune(self, history: Any, trial: Any) -> bool:
        return bool(self._call([history, trial]))


_OF: Dict[str, Type[Any]] = {of.Java.implements[0]: of for of in (_Objective, _Sampler, _Pruner)}


def function(interface: str, value: Any) -> Any:
    """What Java takes as one of its functional interfaces: an object of Java's own, or one that calls Python."""
    if isinstance(value, _j.JavaObject) and hasattr(value, "_java"):
        return value
    _j.check()
    context = SparkContext._active_spark_context
    assert context is not None
    ensure_callback_server_started(context._gateway)  # type: ignore[no-untyped-call]
    return _OF[interface](value)
