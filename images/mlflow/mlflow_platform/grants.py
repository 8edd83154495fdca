"""Grants on an experiment count in its own workspace only.

The login plugin keys them by the experiment's id alone, so they would go with their holder into any other workspace:
MLflow serves nothing of the experiment there, but the permission API would let somebody who left the team go on giving
and taking permissions on what they had made in it.
"""

from collections.abc import Callable, Mapping
from threading import Lock
from typing import Any

from cachetools import TTLCache
from mlflow.utils.workspace_context import get_request_workspace
from mlflow_oidc_auth.utils import grant_context, permissions

from .versions import UnexpectedVersion, expect_parameters

#: Seconds for which the place of an experiment is remembered; only the removal of a workspace can move one.
PLACE_SECONDS = 60
#: Experiments that are remembered at once.
PLACES = 16_384

Lookup = Callable[[], str | None]

_places: TTLCache[tuple[str | None, str], bool] = TTLCache(maxsize=PLACES, ttl=PLACE_SECONDS)
_lock = Lock()


def count_grants_in_own_workspace(resolver: Any = grant_context) -> None:
    """Let the plugin find grants on experiments, and on what is keyed by them, in their own workspace only.

    :param resolver: the module `mlflow_oidc_auth.utils.grant_context`
    :raises UnexpectedVersion: where it looks grants up in another way
    """
    original = getattr(resolver, "_lookups", None)
    keyed = getattr(resolver, "_EXPERIMENT_KEYED", None)
    if original is None or not keyed or "_lookups" not in resolver.resolve.__code__.co_names:
        raise UnexpectedVersion("the plugin looks grants on experiments up in another way")
    expect_parameters(original, "ctx", "resource_type", "resource_id", "name", "pattern_workspace")
    expect_parameters(permissions._experiment_in_request_workspace, "experiment_id")

    def lookups(
        ctx: Any, resource_type: str, resource_id: str, name: str | None, pattern_workspace: str | None = None
    ) -> Mapping[str, Lookup]:
        found = original(ctx, resource_type, resource_id, name, pattern_workspace)
        # With a workspace given, the plugin has the experiment's own from MLflow and has asked for access to it.
        if resource_type not in keyed or pattern_workspace is not None:
            return found
        return {source: _only_here(lookup, str(resource_id)) for source, lookup in found.items()}

    resolver._lookups = lookups


def _only_here(lookup: Lookup, experiment_id: str) -> Lookup:
    def here() -> str | None:
        permission = lookup()
        return permission if permission is None or _is_here(experiment_id) else None

    return here


def _is_here(experiment_id: str) -> bool:
    """Whether MLflow finds the experiment in the workspace of this request; asked only where there is a grant."""
    place = (get_request_workspace(), experiment_id)
    with _lock:
        if place in _places:
            return True
    found = permissions._experiment_in_request_workspace(experiment_id)
    if found:
        with _lock:
            _places[place] = True
    return found
