"""The way to Java: calls, and what they take and give as Python has it."""

import importlib
from enum import Enum
from typing import Any, Callable, Dict, List, Optional, Type

from py4j.java_collections import JavaArray, JavaList, JavaMap, JavaSet  # type: ignore[import-untyped]
from py4j.java_gateway import JavaClass, JavaObject as JavaReference  # type: ignore[import-untyped]
from py4j.protocol import Py4JError  # type: ignore[import-untyped]
from pyspark import SparkContext
from pyspark.ml import PipelineModel
from pyspark.ml.wrapper import JavaWrapper
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql.utils import is_remote

from sparkfinetune._errors import UserError
from sparkfinetune._version import JAVA_VERSION

_JAVA = "org.sparkfinetune."
_NO_JVM = (
    "this session has no way to Spark's JVM, as those of Spark Connect, serverless compute and clusters in shared access"
    " mode have none: fine-tuning needs a cluster of one user (Databricks: access mode Dedicated)"
)

MISSING: Any = object()
"""Stands for an argument that was not given."""

_checked: List[Any] = []


class JavaObject:
    """Stands for an object of Java's."""

    _java_class: str = ""

    def __init__(self, *_: Any, **__: Any) -> None:
        # A class of the user's own, as a sampler, stands for nothing of Java's: Java calls it.
        if "_java_class" in vars(type(self)):
            raise TypeError(
                f"{type(self).__name__} is not made by its name: call one of its static methods, or what returns one"
            )

    _java: Any

    @classmethod
    def _of(cls, java: Any) -> Any:
        it = cls.__new__(cls)
        it._java = java
        return it

    def __repr__(self) -> str:
        return str(self._java.toString()) if hasattr(self, "_java") else object.__repr__(self)

    def __eq__(self, other: object) -> bool:
        if not hasattr(self, "_java"):
            return self is other
        return isinstance(other, JavaObject) and hasattr(other, "_java") and bool(self._java.equals(other._java))

    def __hash__(self) -> int:
        return int(self._java.hashCode()) if hasattr(self, "_java") else id(self)

    def __enter__(self) -> Any:
        return self

    def __exit__(self, *_: Any) -> None:
        if hasattr(self, "close"):
            self.close()

    def _repr_html_(self) -> Optional[str]:
        from sparkfinetune import _html

        return _html.of(self)


class JavaEnum(Enum):
    """Stands for a constant of Java's."""

    @property
    def _java_class(self) -> str:
        raise NotImplementedError

    @property
    def _java(self) -> Any:
        return getattr(java_class(self._java_class), self.name)


def active(spark: Optional[SparkSession] = None) -> SparkSession:
    """The session that was given, or else that which is there."""
    if is_remote() or type(spark).__module__.startswith("pyspark.sql.connect"):
        raise UserError(_NO_JVM)
    found = spark or SparkSession.getActiveSession()
    if found is None:
        raise UserError("there is no Spark session: call sparkfinetune.start() first")
    return found


def session(spark: Optional[SparkSession] = None) -> Any:
    """Java's object of a session."""
    check()
    return active(spark)._jsparkSession


def hadoop() -> Any:
    """Hadoop's settings in the session."""
    return session().sessionState().newHadoopConf()


def check() -> Any:
    """Java's names, once it is known that ours are among them, and are those that this package was made of."""
    jvm = _jvm()
    if jvm in _checked:
        return jvm
    try:
        build = jvm.org.sparkfinetune.BuildInfo
        if not isinstance(build, JavaClass):
            raise UserError(
                "the Spark session has no spark-finetune jar: attach it to the cluster, or stop the session"
                " (spark.stop()) and start one by sparkfinetune.start(jar=...)"
            )
        version = str(build.read().version())
    except Py4JError as e:
        if "Py4JSecurityException" in str(e) or "is not whitelisted" in str(e):
            raise UserError(_NO_JVM) from None
        raise
    if version != JAVA_VERSION:
        raise UserError(
            f"the jar is of spark-finetune {version}, the Python package of {JAVA_VERSION}: use those of one version"
        )
    _checked.append(jvm)
    return jvm


def _jvm() -> Any:
    if is_remote():
        raise UserError(_NO_JVM)
    context = SparkContext._active_spark_context
    if context is None:
        raise UserError("there is no Spark session: call sparkfinetune.start() first")
    return context._jvm


def java_class(name: str) -> Any:
    """A class of Java's; nested ones have a dollar sign in their names."""
    found: Any = check()
    for part in name.replace("$", ".").split("."):
        found = getattr(found, part)
    return found


def new(name: str, args: List[Any]) -> Any:
    """Makes an object of Java's."""
    return java_class(name)(*_given(args))


def static(name: str, method: str, args: List[Any]) -> Any:
    """Calls a static method."""
    return from_java(getattr(java_class(name), method)(*_given(args)))


def call(it: Any, method: str, args: List[Any]) -> Any:
    """Calls a method of the object that something stands for."""
    return from_java(getattr(it._java, method)(*_given(args)))


def run(it: Any, method: str, args: List[Any]) -> Any:
    """Calls a method that takes its time, and shows how far it is."""
    from sparkfinetune import _progress

    given = _given(args)
    return from_java(
        _progress.run(lambda polled: getattr(it._java.console(polled.console()), method)(*given))
    )


def run_static(name: str, method: str, args: Callable[[Any], List[Any]]) -> Any:
    """Calls a static method that takes its time, and a console to show how far it is."""
    from sparkfinetune import _progress

    target = getattr(java_class(name), method)
    return from_java(_progress.run(lambda polled: target(*_given(args(polled.console())))))


def _given(args: List[Any]) -> List[Any]:
    return [to_java(arg) for arg in args if arg is not MISSING]


def to_java(value: Any) -> Any:
    """A value as py4j hands it over."""
    if isinstance(value, (JavaObject, JavaEnum)):
        return value._java
    if isinstance(value, DataFrame):
        return value._jdf
    if isinstance(value, SparkSession):
        return value._jsparkSession
    if isinstance(value, PipelineModel):
        return value._to_java()
    if isinstance(value, JavaWrapper):
        return value._java_obj
    if isinstance(value, dict):
        map_ = check().java.util.LinkedHashMap()
        for key, element in value.items():
            map_.put(to_java(key), to_java(element))
        return map_
    if isinstance(value, (list, tuple, set)):
        list_ = check().java.util.ArrayList()
        for element in value:
            list_.add(to_java(element))
        return list_
    if type(value).__module__ == "numpy" and hasattr(value, "item"):
        return value.item()
    return value


def from_java(value: Any) -> Any:
    """What py4j gives, with lists, maps and what is ours as Python's."""
    if isinstance(value, JavaMap):
        return {from_java(key): from_java(value[key]) for key in value}
    if isinstance(value, (JavaList, JavaArray, JavaSet)):
        return [from_java(element) for element in value]
    if not isinstance(value, JavaReference):
        return value
    name = str(value.getClass().getName())
    if name == "java.util.Optional":
        return from_java(value.get()) if value.isPresent() else None
    if name == "java.util.OptionalInt":
        return value.getAsInt() if value.isPresent() else None
    if name == "java.util.OptionalDouble":
        return value.getAsDouble() if value.isPresent() else None
    if name == "org.apache.spark.sql.Dataset":
        return DataFrame(value, active())
    if name == "org.apache.spark.ml.PipelineModel":
        return PipelineModel._from_java(value)
    twin = _twin(name)
    if twin is None:
        return value
    if issubclass(twin, JavaEnum):
        return twin[str(value.name())]
    of: Any = getattr(twin, "_of" if issubclass(twin, JavaObject) else "_from_java")
    return of(value)


_twins: Dict[str, Optional[Type[Any]]] = {}


def _twin(name: str) -> Optional[Type[Any]]:
    """The class that stands for one of Java's; None when there is none."""
    if name not in _twins:
        twin: Any = None
        if name.startswith(_JAVA):
            module, _, path = name[len(_JAVA) :].rpartition(".")
            try:
                twin = importlib.import_module("sparkfinetune." + module)
                for part in path.split("$"):
                    twin = getattr(twin, part)
            except (ImportError, AttributeError):
                twin = None
        _twins[name] = twin
    return _twins[name]


def real(value: Any) -> Any:
    """A number for a ``double``, which Java does not make of an ``int`` by itself."""
    return value if value is None or value is MISSING else float(value)


def optional(value: Any) -> Any:
    """``Optional``."""
    return check().java.util.Optional.ofNullable(to_java(value))


def optional_int(value: Any) -> Any:
    """``OptionalInt``."""
    of = check().java.util.OptionalInt
    return of.empty() if value is None else of.of(int(value))


def optional_double(value: Any) -> Any:
    """``OptionalDouble``."""
    of = check().java.util.OptionalDouble
    return of.empty() if value is None else of.of(float(value))


def duration(seconds: Any) -> Any:
    """``Duration`` of seconds."""
    return check().java.time.Duration.ofMillis(int(float(seconds) * 1000))


def array(component: str, values: Any) -> Any:
    """An array."""
    elements = list(values)
    context = SparkContext._active_spark_context
    assert context is not None and context._gateway is not None
    made = context._gateway.new_array(java_class(component), len(elements))
    for i, element in enumerate(elements):
        made[i] = to_java(element)
    return made
