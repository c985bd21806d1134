"""What the generated annotators have in common, and what of them no Param says."""

import math
import re
from typing import Any, Dict, List, Optional, Union

from pyspark.ml.param import Param
from pyspark.sql import DataFrame, SparkSession
from sparknlp.common import AnnotatorApproach, AnnotatorModel  # type: ignore[import-untyped]

from sparkfinetune import _java as _j
from sparkfinetune import _progress

_PACKAGE = "org.sparkfinetune.annotator."


def to_float_or_auto(value: Any) -> float:
    """A number, or ``auto``, which Java has as NaN."""
    if value == "auto":
        return math.nan
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return float(value)
    if type(value).__module__ == "numpy" and hasattr(value, "item"):
        return float(value.item())
    raise TypeError(f"Could not convert {value!r} to a number or auto")


class _Stage:
    """Params that Java checks when they are set, and whose defaults are Java's."""

    _java_obj: Any = None  # also while it is made: PySpark looks at it when that fails

    def _set_one(self: Any, name: str, value: Any) -> None:
        """Sets a Param in Python and, by its setter there, in Java, which refuses what is not allowed."""
        param = self.getParam(name)
        try:
            converted = param.typeConverter(value)
        except (TypeError, ValueError) as e:
            raise TypeError(f'Invalid param value given for param "{name}". {e}') from None
        capitalized = re.sub(r"(?:^|_)(.)", lambda letter: letter.group(1).upper(), name)
        getattr(self._java_obj, "set" + capitalized)(converted)
        self._set(**{name: converted})

    def _set_all(
        self: Any,
        *,
        inputCols: Any = None,
        outputCol: Any = None,
        lazyAnnotator: Any = None,
        **given: Any,
    ) -> None:
        """Sets what is not None."""
        if inputCols is not None:
            self.setInputCols([inputCols] if isinstance(inputCols, str) else list(inputCols))
        if outputCol is not None:
            self.setOutputCol(outputCol)
        if lazyAnnotator is not None:
            self.setLazyAnnotator(lazyAnnotator)
        for name, value in given.items():
            if value is not None:
                self._set_one(name, value)

    def _transfer_params_to_java(self: Any) -> None:
        """Hands over what is set: PySpark would hand over defaults too, and an old package old ones."""
        for param in self.params:
            if self.isSet(param):
                self._java_obj.set(self._make_java_param_pair(param, self._paramMap[param]))

    def set_input_cols(self: Any, *value: Any) -> Any:
        """Sets the columns of documents: one, or two for pairs of texts."""
        return self.setInputCols(*value)

    def set_output_col(self: Any, value: str) -> Any:
        """Sets the column of annotations."""
        return self.setOutputCol(value)

    def set_lazy_annotator(self: Any, value: bool) -> Any:
        """Sets whether it is lazy in a RecursivePipeline of Spark NLP's."""
        return self.setLazyAnnotator(value)

    def get_input_cols(self: Any) -> List[str]:
        """Gets the columns of documents."""
        return list(self.getInputCols())

    def get_output_col(self: Any) -> str:
        """Gets the column of annotations."""
        return str(self.getOutputCol())

    def get_lazy_annotator(self: Any) -> bool:
        """Gets whether it is lazy in a RecursivePipeline of Spark NLP's."""
        return bool(self.getLazyAnnotator())


class ApproachBase(_Stage, AnnotatorApproach):  # type: ignore[misc]
    """An estimator."""

    inputAnnotatorTypes = ["document"]
    optionalInputAnnotatorTypes = ["document"]
    outputAnnotatorType = "category"

    def _construct(self, **given: Any) -> None:
        _j.check()
        AnnotatorApproach.__init__(self, classname=_PACKAGE + type(self).__name__)
        self._transfer_params_from_java()
        self._set_all(**given)

    def set_argument(self, key: str, value: Any) -> Any:
        """Sets a Param to a value as a configuration has it: ``"1e-4"`` will do for a number.

        Raises
        ------
        UserError
            when the key is unknown or the value is not allowed
        """
        self._java_obj.setArgument(key, value)
        self._transfer_params_from_java()
        return self

    setArgument = set_argument

    def prepare(self, dataset: DataFrame) -> "Any":
        """Prepares rows for any number of trainings: checks, indexes, tokenizes and caches them, once.

        Returns
        -------
        TokenizedExamples, for ``fit``; to be closed when the last training has ended, as ``with`` does
        """
        self._transfer_params_to_java()
        return _j.from_java(self._java_obj.prepare(dataset._jdf))

    def fit(self, dataset: Any, params: Optional[Any] = None) -> Any:
        """Trains, and returns a TransformerClassifierModel.

        Parameters
        ----------
        dataset
            a DataFrame, or what ``prepare`` has made of one
        params
            other values of Params, as PySpark's estimators take them: a dict, or a list of dicts for several models

        Raises
        ------
        UserError
            when settings, columns, rows or the cluster cannot be trained with
        """
        if not isinstance(dataset, _j.JavaObject):
            return super().fit(dataset, params)
        if params:
            return self.copy(params).fit(dataset)
        return self._copyValues(self._create_model(self._fit_java(dataset)))

    def _fit_java(self, dataset: Any) -> Any:
        self._transfer_params_to_java()

        def task(polled: Any) -> Any:
            self._java_obj.setProgress(polled.bar())
            return self._java_obj.fit(_j.to_java(dataset))

        return _progress.run(task)

    def _create_model(self, java_model: Any) -> Any:
        return _model()(java_model=java_model)


def _model() -> Any:
    from sparkfinetune.annotator import TransformerClassifierModel

    return TransformerClassifierModel


class _WithClassifier(_Stage):
    """An annotator of a fine-tuned classifier."""

    inputAnnotatorTypes = ["document"]
    optionalInputAnnotatorTypes = ["document"]

    def _construct(self: Any, java_model: Any, **given: Any) -> None:
        _j.check()
        AnnotatorModel.__init__(self, classname=_PACKAGE + type(self).__name__, java_model=java_model)
        self._transfer_params_from_java()
        self._set_all(**given)

    def get_classes(self) -> List[str]:
        """The label names, by index."""
        return list(self._java_obj.getClasses())

    getClasses = get_classes

    def get_problem_type(self) -> Any:
        """What a document's labels are: one of ProblemType."""
        return _j.from_java(self._java_obj.getProblemType())

    getProblemType = get_problem_type


class ExplainerBase(_WithClassifier, AnnotatorModel):  # type: ignore[misc]
    """What says which words a classifier's answers come from: ``explainer()`` of the classifier gives it."""

    outputAnnotatorType = "token"

    def set_argument(self, key: str, value: Any) -> Any:
        """Sets a Param to a value as a configuration has it: ``"64"`` will do for a number.

        Raises
        ------
        UserError
            when the key is unknown or the value is not allowed
        """
        self._java_obj.setArgument(key, value)
        self._transfer_params_from_java()
        return self

    setArgument = set_argument


class ModelBase(_WithClassifier, AnnotatorModel):  # type: ignore[misc]
    """A classifier."""

    outputAnnotatorType = "category"

    @staticmethod
    def load_saved_model(path: str, spark: Optional[SparkSession] = None) -> Any:
        """Makes a model of a fine-tuned classifier from elsewhere, as Spark NLP's annotators do.

        Parameters
        ----------
        path
            a Hugging Face folder, an ONNX file beside its ``config.json`` and ``tokenizer.json``, an MLflow model, also
            by its URI, or a pipeline, stage or output of this project's
        spark
            a session; that which is there when it is left out

        Raises
        ------
        UserError
            when it names no labels or lacks a weight, as an encoder does
        """
        java = _j.java_class(_PACKAGE + "TransformerClassifierModel")
        return _model()._from_java(java.loadSavedModel(path, _j.session(spark)))

    loadSavedModel = load_saved_model

    def explainer(self) -> Any:
        """A TransformerClassifierExplainer of this model as it is set, which shares its weights and reads its columns."""
        from sparkfinetune.annotator import TransformerClassifierExplainer

        self._transfer_params_to_java()
        return TransformerClassifierExplainer(java_model=self._java_obj.explainer())

    def training_summary(self) -> Any:
        """What the training reported, a TrainingResult; None for a model that was loaded."""
        return _j.from_java(self._java_obj.trainingSummary())

    trainingSummary = training_summary

    def unknown_tokens_warning(self) -> Optional[str]:
        """What to warn of when texts were classified: that a high share of their tokens is unknown; mostly None."""
        warning: Optional[str] = _j.from_java(self._java_obj.unknownTokensWarning())
        return warning

    unknownTokensWarning = unknown_tokens_warning

    def _repr_html_(self) -> str:
        from sparkfinetune import _html

        return _html.model(self)
