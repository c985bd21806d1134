"""A Spark session with what a fine-tuning needs."""

import glob
import importlib.metadata
import json
import os
from typing import List, Mapping, Optional
from urllib.parse import unquote, urlparse

from pyspark import SparkContext
from pyspark.sql import SparkSession
from pyspark.sql.utils import is_remote

from sparkfinetune import _java as _j
from sparkfinetune._errors import UserError
from sparkfinetune._version import JAVA_VERSION

_VARIABLE = "SPARK_FINETUNE_JAR"
_HERE = os.path.dirname(os.path.abspath(__file__))


def jar() -> Optional[str]:
    """The path of the jar that a session is started with; None when there is none here.

    It is that of the environment's ``SPARK_FINETUNE_JAR``, else the one beside the wheel that this package was installed
    from (``target/`` of a checkout after ``mvn -Pcluster package``), else Maven's after ``mvn -Pcluster install``.
    """
    named = os.environ.get(_VARIABLE, "")
    if named:
        return _existing(named, _VARIABLE)
    name = f"spark-finetune-{JAVA_VERSION}-cluster.jar"
    repository = os.path.join(os.path.expanduser("~"), ".m2", "repository")
    folders = _wheel_folders() + [os.path.join(repository, "org/sparkfinetune/spark-finetune", JAVA_VERSION)]
    for folder in folders:
        path = os.path.join(folder, name)
        if os.path.isfile(path):
            return path
    return None


_found_jar = jar  # which start() has a parameter of the name of


def _existing(path: str, setting: str) -> str:
    if "://" not in path and not os.path.isfile(path):
        raise UserError(f"{setting}={path}: there is no such file; expected the jar that mvn -Pcluster package makes")
    return path


def _wheel_folders() -> List[str]:
    """The folder of the wheel's file, and the one above it."""
    try:
        text = importlib.metadata.distribution("sparkfinetune").read_text("direct_url.json")
    except importlib.metadata.PackageNotFoundError:
        text = None
    url = urlparse(json.loads(text)["url"]) if text else None
    if url is None or url.scheme != "file":
        return []
    folder = os.path.dirname(unquote(url.path))
    return [folder, os.path.dirname(folder)]


def start(
    jar: Optional[str] = None,
    *,
    master: Optional[str] = None,
    app_name: str = "spark-finetune",
    memory: Optional[str] = None,
    conf: Optional[Mapping[str, str]] = None,
) -> SparkSession:
    """Starts a Spark session with the jar and the options that a fine-tuning needs, or takes the one that is there.

    Parameters
    ----------
    jar
        path of the jar, also of one on HDFS or S3; by default what ``sparkfinetune.jar()`` finds. A session that runs
        already must have it: that of a notebook on a cluster gets it as a library of the cluster.
    master
        of the cluster; by default that of Spark's own configuration, and else ``local[*]``
    app_name
        that Spark shows
    memory
        heap of the driver, as ``8g``; by default 4 GB, but at most half of this machine's memory
    conf
        further settings of Spark's, by name; they come last

    Returns
    -------
    the session

    Raises
    ------
    UserError
        when there is no jar, or the session that runs has none
    """
    if is_remote():
        raise UserError(_j._NO_JVM)
    running = SparkContext._active_spark_context is not None
    builder = SparkSession.builder
    # A JVM that somebody else has started, as spark-submit or Zeppelin, has its jars and options.
    if not running and "PYSPARK_GATEWAY_PORT" not in os.environ:
        for key, value in _settings(jar, master, app_name, memory, conf or {}).items():
            builder = builder.config(key, value)
    elif conf:
        builder = builder.config(map=dict(conf))
    session = builder.getOrCreate()
    _j.check()
    return session


def _settings(
    path: Optional[str], master: Optional[str], app_name: str, memory: Optional[str], conf: Mapping[str, str]
) -> Mapping[str, str]:
    found = _existing(path, "jar") if path is not None else _found_jar()
    settings = {"spark.app.name": app_name, "spark.ui.showConsoleProgress": "false"}
    default_master = "local[*]" if not _has_spark_defaults() else None
    chosen = conf.get("spark.master", master or default_master)
    if chosen is not None:
        settings["spark.master"] = chosen
    if found is not None:
        if chosen is not None and chosen.startswith("local") and "://" not in found:
            # Where all processes see the file, copying its hundreds of megabytes would only take time.
            settings["spark.driver.extraClassPath"] = os.path.abspath(found)
            settings["spark.executor.extraClassPath"] = os.path.abspath(found)
        else:
            settings["spark.jars"] = found if "://" in found else os.path.abspath(found)
    elif not _has_spark_defaults() and not any(key in conf for key in ("spark.jars", "spark.jars.packages")):
        raise UserError(
            "there is no spark-finetune jar: give start(jar=...) its path, or set SPARK_FINETUNE_JAR to it; mvn -Pcluster"
            f" package makes it, as target/spark-finetune-{JAVA_VERSION}-cluster.jar"
        )
    settings["spark.driver.memory"] = memory or _memory()
    settings["spark.driver.extraJavaOptions"] = _java_options()
    for key, value in conf.items():
        joined = key == "spark.driver.extraJavaOptions"
        settings[key] = settings[key] + " " + value if joined else value
    return settings


def _has_spark_defaults() -> bool:
    """Whether a Spark distribution says what its sessions are like."""
    home = os.environ.get("SPARK_HOME", "")
    folder = os.environ.get("SPARK_CONF_DIR", os.path.join(home, "conf") if home else "")
    return bool(folder) and bool(glob.glob(os.path.join(folder, "spark-defaults.conf")))


def _memory() -> str:
    """Half of this machine's memory, but at most 4 GB, as ``jobs/`` take it."""
    try:
        mebibytes = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") // (1 << 20)
    except (ValueError, OSError, AttributeError):
        return "4g"
    return f"{min(4096, mebibytes // 2)}m"


def _java_options() -> str:
    with open(os.path.join(_HERE, "java-options"), encoding="utf-8") as file:
        lines = [line.strip() for line in file]
    return " ".join(line for line in lines if line and not line.startswith("#"))
