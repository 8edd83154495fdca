"""Members may create: EDIT on a workspace is enough for new experiments, registered models and prompts.

The plugin asks for MANAGE on the workspace, which would let every member delete and give away what is everybody's.
Whoever creates something gets MANAGE on that alone, from the plugin, as before. All else that wants MANAGE still does.
"""

from collections.abc import Callable
from typing import Any

from mlflow.protos.model_registry_pb2 import CreateRegisteredModel
from mlflow.protos.service_pb2 import CreateExperiment
from mlflow.server.handlers import get_endpoints
from mlflow.utils.workspace_utils import DEFAULT_WORKSPACE_NAME
from mlflow_oidc_auth.bridge.user import get_fastapi_username, get_request_workspace
from mlflow_oidc_auth.utils.workspace_cache import get_workspace_permission_cached

from .versions import UnexpectedVersion, expect_parameters

#: What members may create. Gateway endpoints and secrets, which the plugin gates alike, stay with MANAGE.
CREATED = (CreateExperiment, CreateRegisteredModel)


def let_members_create(hooks: Any) -> None:
    """Let the plugin's check of new things pass over members of the workspace.

    :param hooks: the module `mlflow_oidc_auth.hooks.before_request`
    :raises UnexpectedVersion: where that check is made otherwise
    """
    original: Callable[[str, str], bool] | None = getattr(hooks, "_is_workspace_gated_creation", None)
    hook = getattr(hooks.before_request_hook, "__wrapped__", None)
    if original is None or hook is None or "_is_workspace_gated_creation" not in hook.__code__.co_names:
        raise UnexpectedVersion("the plugin gates the creation of experiments and models in another way")
    expect_parameters(original, "path", "method")
    members_create = {
        (path, method)
        for path, kind, methods in get_endpoints(lambda kind: kind if kind in CREATED else None)
        if kind in CREATED
        for method in methods
    }
    if not members_create or not all(original(*route) for route in members_create):
        raise UnexpectedVersion("the plugin no longer gates the creation of experiments and models")

    def gated(path: str, method: str) -> bool:
        # What is not let through here the plugin still decides by its own rule, and refuses.
        return original(path, method) and not ((path, method) in members_create and _may_create())

    hooks._is_workspace_gated_creation = gated


def _may_create() -> bool:
    workspace = get_request_workspace()
    if workspace is None or workspace == DEFAULT_WORKSPACE_NAME:
        return False
    permission = get_workspace_permission_cached(get_fastapi_username(), workspace)
    return permission is not None and permission.can_update
