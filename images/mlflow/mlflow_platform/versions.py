"""How this package refuses versions that it does not fit."""

import inspect
from collections.abc import Callable
from typing import Any


class UnexpectedVersion(RuntimeError):
    """What this package builds on is not there. The message names it and the way out."""

    def __init__(self, what: str) -> None:
        super().__init__(
            f"the package mlflow_platform does not fit these versions of MLflow and its login plugin: {what}. "
            "The server does not start with them, since teams would not be kept apart as promised. "
            "Adapt images/mlflow/mlflow_platform to them, or pin the former versions in images/mlflow/requirements.in."
        )


def expect_parameters(function: Callable[..., Any], *names: str) -> None:
    """Make sure that a function which this package replaces or extends still takes what it took.

    :param names: of all its parameters, in their order
    :raises UnexpectedVersion: where it takes others
    """
    found = tuple(inspect.signature(function).parameters)
    if found != names:
        where = f"{function.__module__}.{function.__qualname__}"
        raise UnexpectedVersion(f"{where} takes ({', '.join(found)}) instead of ({', '.join(names)})")
