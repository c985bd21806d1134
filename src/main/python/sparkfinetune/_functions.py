"""A classifier as functions of Spark SQL."""

from typing import Optional

from pyspark.sql import SparkSession

from sparkfinetune import _java as _j


def register_functions(spark: Optional[SparkSession], model: str, name: str = "classify") -> None:
    """Registers a model as functions of a session's SQL: ``classify(text)`` gives the label that is predicted, of
    multi-label models an array of labels, and ``classify_probabilities(text)`` a map of every label's probability.

    :param spark: the session; None for that which is active
    :param model: what ``Prediction.on().model`` takes: the output of a fine-tuning, ``models:/NAME@ALIAS``, ``ORG/NAME``
    :param name: of the first function, and before ``_probabilities`` that of the second
    :raises UserError: when there is no such model, or the name is none of a function
    """
    session = _j.session(spark)
    _j.static("org.sparkfinetune.sql.ClassifierFunctions", "register", [session, model, name])
