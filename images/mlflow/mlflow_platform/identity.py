"""Who made a run, a logged model, a trace or a data set is what the server has verified, not what a client says.

MLflow takes both the user of a run and its tag `mlflow.user`, which its pages show, from the client, whose library
sends the name of the local account. `IdentifiedStore` puts the caller's username there and keeps it: all ways to write
such a tag, in whatever spelling of whatever route, end in these few methods. What comes with other things is left out
without a word, since the official client sends it with each run and each copy of a run; the plain wish to set or
delete just this tag is refused.

`mlflow.trace.user` is left alone: it names the end user of an application that is traced.
"""

from collections.abc import Iterable
from typing import Any

from mlflow.entities import LoggedModelTag, RunTag
from mlflow.exceptions import MlflowException
from mlflow.store.tracking import sqlalchemy_store, sqlalchemy_workspace_store
from mlflow.store.tracking.sqlalchemy_workspace_store import WorkspaceAwareSqlAlchemyStore
from mlflow.utils.mlflow_tags import MLFLOW_USER

from .caller import caller
from .versions import UnexpectedVersion, expect_parameters


class IdentifiedStore(WorkspaceAwareSqlAlchemyStore):
    """MLflow's tracking store, in which `mlflow.user` is the caller. Outside of requests it is MLflow's as it is."""

    def create_run(self, experiment_id, user_id, start_time, tags, run_name):
        if who := caller.get():
            user_id, tags = who, [*_others(tags), RunTag(MLFLOW_USER, who)]
        return super().create_run(experiment_id, user_id, start_time, tags, run_name)

    def set_tag(self, run_id, tag):
        _refuse(tag.key)
        super().set_tag(run_id, tag)

    def _set_tags(self, run_id, tags):
        super()._set_tags(run_id, _others(tags) if caller.get() else tags)

    def delete_tag(self, run_id, key):
        _refuse(key)
        super().delete_tag(run_id, key)

    def create_logged_model(
        self, experiment_id, name=None, source_run_id=None, tags=None, params=None, model_type=None
    ):
        if who := caller.get():
            tags = [*_others(tags), LoggedModelTag(MLFLOW_USER, who)]
        return super().create_logged_model(experiment_id, name, source_run_id, tags, params, model_type)

    def set_logged_model_tags(self, model_id, tags):
        super().set_logged_model_tags(model_id, _others(tags) if caller.get() else tags)

    def delete_logged_model_tag(self, model_id, key):
        _refuse(key)
        super().delete_logged_model_tag(model_id, key)

    def start_trace(self, trace_info):
        if who := caller.get():
            trace_info.tags.pop(MLFLOW_USER, None)
            trace_info.trace_metadata[MLFLOW_USER] = who
        return super().start_trace(trace_info)

    def delete_trace_tag(self, trace_id, key):
        _refuse(key)
        super().delete_trace_tag(trace_id, key)

    def create_dataset(self, name, tags=None, experiment_ids=None):
        return super().create_dataset(name, _signed(tags), experiment_ids)

    def upsert_dataset_records(self, dataset_id, records):
        if caller.get():
            records = [{**record, "tags": _signed(record.get("tags"))} for record in records]
        return super().upsert_dataset_records(dataset_id, records)

    def set_dataset_tags(self, dataset_id, tags):
        if caller.get():
            tags = {key: value for key, value in tags.items() if key != MLFLOW_USER}
        super().set_dataset_tags(dataset_id, tags)

    def delete_dataset_tag(self, dataset_id, key):
        _refuse(key)
        super().delete_dataset_tag(dataset_id, key)


def _others(tags: Iterable[Any] | None) -> list[Any]:
    """All tags but that of the user."""
    return [tag for tag in tags or [] if tag.key != MLFLOW_USER]


def _signed(tags: dict[str, Any] | None) -> dict[str, Any] | None:
    """The tags with that of the user set to the caller, if there is one."""
    who = caller.get()
    return tags if who is None else {**(tags or {}), MLFLOW_USER: who}


def _refuse(key: str) -> None:
    if key == MLFLOW_USER and caller.get():
        raise MlflowException.invalid_parameter_value(
            f"The tag '{MLFLOW_USER}' is set by the server to whoever made this, and stays. Use another tag."
        )


def use_identified_store() -> None:
    """Let MLflow make an `IdentifiedStore` wherever it would make its own for workspaces.

    :raises UnexpectedVersion: where that has other methods than those that are extended here
    """
    for name, method in vars(IdentifiedStore).items():
        if not callable(method) or name.startswith("__"):
            continue
        original = getattr(WorkspaceAwareSqlAlchemyStore, name, None)
        if original is None:
            raise UnexpectedVersion(f"MLflow's tracking store has no {name}")
        expect_parameters(original, *method.__code__.co_varnames[: method.__code__.co_argcount])
    validate = getattr(sqlalchemy_store, "_validate_trace_tag", None)
    used = [getattr(sqlalchemy_store.SqlAlchemyStore, name, None) for name in ("set_trace_tag", "_log_spans_once")]
    if validate is None or not all(
        method is not None and "_validate_trace_tag" in method.__code__.co_names for method in used
    ):
        raise UnexpectedVersion("MLflow's tracking store validates the tags of traces in another way")

    def validate_trace_tag(key: str, value: Any) -> tuple[str, Any]:
        # Traces by OpenTelemetry bring their tags as attributes of spans; those that are refused here are left out.
        _refuse(key)
        return validate(key, value)

    sqlalchemy_store._validate_trace_tag = validate_trace_tag
    # MLflow looks the class up there whenever it makes a store.
    sqlalchemy_workspace_store.WorkspaceAwareSqlAlchemyStore = IdentifiedStore
