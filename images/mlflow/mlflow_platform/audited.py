"""What a request was about, for the audit stream: its route, and the ids that it names."""

import base64
import json
import re
from functools import lru_cache
from typing import Any

from flask import Flask
from starlette.types import Scope
from werkzeug.exceptions import HTTPException

#: What changes nothing although it is posted.
READS = re.compile(
    r"POST (/graphql|/ajax-api/3\.0/jobs/search|/(ajax-)?api/[23]\.0/mlflow/(ui-telemetry|prompt-optimization/jobs/search"
    r"|artifacts/presigned-download-url|(experiments|runs|traces|logged-models|datasets|issues|registered-models)"
    r"/(search|search-datasets|batchGetInfos|metrics|calculate-filter-correlation|get-latest-versions)))"
)
#: What a training sends again and again: counted by caller, route and run or experiment.
MANY = re.compile(
    r"POST (/v1/traces|/(ajax-)?api/[23]\.0/mlflow/(traces|runs/(log-batch|log-metric|log-parameter|set-tag|log-inputs)))"
)
#: What names things in bodies, queries and answers, with the kind that a target begins with.
KINDS = {
    "run_id": "run", "run_uuid": "run", "runId": "run", "runUuid": "run", "model_id": "logged-model",
    "modelId": "logged-model", "trace_id": "trace", "traceId": "trace", "dataset_id": "dataset",
    "experiment_id": "experiment", "experimentId": "experiment", "name": "model", "username": "user",
    "group_name": "group",
}  # fmt: skip
#: Those of them that name what many requests are counted by.
COUNTED_BY = {"run_id", "run_uuid", "runId", "runUuid", "experiment_id", "experimentId"}
#: The most bytes of a body that are looked at.
LOOKED_AT = 65_536

_NAMED = re.compile(rb'"(%s)"\s*:\s*"([^"\\]{1,250})"' % "|".join(KINDS).encode())
_QUERIED = re.compile(r"(?:^|&)(%s|path)=([^&]{1,250})" % "|".join(KINDS))


class Routes:
    """The templates of the routes: `/…/traces/<trace_id>/tags` for all the paths that it serves."""

    def __init__(self, flask: Flask) -> None:
        self._plain = {rule.rule for rule in flask.url_map.iter_rules() if not rule.arguments}
        self._map = flask.url_map.bind("")

    def of(self, scope: Scope, path: str) -> tuple[str, dict[str, Any]]:
        """The template of a request that was served, and what stands in its places."""
        if path in self._plain:
            return path, {}
        try:
            rule, arguments = self._map.match(path, method=scope["method"], return_rule=True)
            if rule.rule != "/static-files/<path:path>":
                return rule.rule, dict(arguments)
        except HTTPException:
            pass
        arguments = dict(scope.get("path_params") or {})
        template = path
        for name, value in arguments.items():
            template = template.replace(f"/{value}", f"/<{name}>", 1)
        return template, arguments


def named(text: bytes) -> dict[str, str]:
    """The ids that a JSON text names, each by the first value that it gives."""
    found: dict[str, str] = {}
    for key, value in _NAMED.findall(text[:LOOKED_AT]):
        found.setdefault(key.decode(), value.decode(errors="replace"))
    return found


def queried(query: bytes) -> dict[str, str]:
    """The ids that a query names."""
    return dict(_QUERIED.findall(query.decode(errors="replace")))


def target(ids: dict[str, Any]) -> str | None:
    """What a request did something to: the narrowest thing that it names, as `kind:id`."""
    if path := ids.get("artifact_path") or ids.get("path"):
        run = ids.get("run_id") or ids.get("run_uuid")
        return f"artifact:{run}/{path}" if run else f"artifact:{path}"
    for key, kind in KINDS.items():
        if ids.get(key):
            return f"{kind}:{ids[key]}"
    for key, value in ids.items():
        return f"{key.removesuffix('_id').replace('_', '-')}:{value}"
    return None


@lru_cache(maxsize=1024)
def claims(token: str) -> dict[str, Any]:
    """What a token says of itself. Whether that is true is for whoever validated it, or did not."""
    try:
        payload = token.split(".")[1]
        found = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    except (IndexError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}
