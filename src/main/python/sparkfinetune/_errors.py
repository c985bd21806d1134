"""Java's errors that the user can put right, as an exception of Python's with their one line."""

from typing import Any, Callable, Optional

import py4j.java_gateway  # type: ignore[import-untyped]
import py4j.protocol  # type: ignore[import-untyped]

_JAVA_NAME = "org.sparkfinetune.UserException"


class UserError(ValueError):
    """Something that you can put right: a wrong setting, a missing file, data that cannot be used.

    The message says what was wrong, what was expected, and what to do.
    """


def _message(failure: Any) -> Optional[str]:
    """The message of the first user error among a Java exception and its causes."""
    for _ in range(20):
        if failure is None:
            return None
        if _is_user_error(failure.getClass()):
            return str(failure.getMessage())
        failure = failure.getCause()
    return None


def _is_user_error(type_: Any) -> bool:
    while type_ is not None:
        if type_.getName() == _JAVA_NAME:
            return True
        type_ = type_.getSuperclass()
    return False


def _translating(original: Callable[..., Any]) -> Callable[..., Any]:
    def get_return_value(*args: Any, **kwargs: Any) -> Any:
        try:
            return original(*args, **kwargs)
        except py4j.protocol.Py4JJavaError as e:
            message = _message(e.java_exception)
            if message is None:
                raise
            raise UserError(message) from None

    setattr(get_return_value, "_translates_user_errors", True)
    return get_return_value


def install() -> None:
    """Has every call to Java raise them, also those of Spark's that end in our code.

    PySpark puts its own translation around ``py4j.protocol.get_return_value`` with each session: ours lies below it.
    """
    original = py4j.protocol.get_return_value
    if hasattr(original, "_translates_user_errors"):
        return
    py4j.protocol.get_return_value = _translating(original)
    py4j.java_gateway.get_return_value = _translating(py4j.java_gateway.get_return_value)


install()
