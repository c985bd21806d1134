"""Where PySpark looks for the stages of a saved pipeline: it takes the Java package's name for a module's.

``org`` and ``org.sparkfinetune`` are namespace packages, so that others may have modules there too.
"""

from sparkfinetune.annotator import (
    TransformerClassifierApproach,
    TransformerClassifierExplainer,
    TransformerClassifierModel,
)

__all__ = ["TransformerClassifierApproach", "TransformerClassifierExplainer", "TransformerClassifierModel"]
