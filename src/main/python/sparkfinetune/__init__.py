"""Fine-tunes BERT-family text classifiers on Apache Spark: the Python side of it.

Nothing is computed here: each class stands for one of Java's, of the same name, and takes what that takes.
"""

from sparkfinetune._errors import UserError
from sparkfinetune._progress import set_progress
from sparkfinetune._session import jar, start
from sparkfinetune._version import __version__
from sparkfinetune.annotator import (
    TransformerClassifierApproach,
    TransformerClassifierExplainer,
    TransformerClassifierModel,
)
from sparkfinetune.audit import Audit
from sparkfinetune.finetune import (
    Calibration,
    Comparison,
    Description,
    Evaluation,
    Explanation,
    Export,
    FineTuning,
    Prediction,
    Quickstart,
    Selection,
    TextClassifier,
)
from sparkfinetune.runs import Runs
from sparkfinetune.sql import ClassifierFunctions
from sparkfinetune.study import Tuning

__all__ = [
    "Audit",
    "Calibration",
    "ClassifierFunctions",
    "Comparison",
    "Description",
    "Evaluation",
    "Explanation",
    "Export",
    "FineTuning",
    "Prediction",
    "Quickstart",
    "Runs",
    "Selection",
    "TextClassifier",
    "TransformerClassifierApproach",
    "TransformerClassifierExplainer",
    "TransformerClassifierModel",
    "Tuning",
    "UserError",
    "__version__",
    "jar",
    "set_progress",
    "start",
]
