"""The whole application in this process, as uvicorn would call it, with tokens that are real.

Only the key set comes from here instead of Keycloak. Importing this makes the application, on databases of its own.
"""

import asyncio
import json
import os
import time
from typing import Any

from joserfc import jwt
from joserfc.jwk import RSAKey
from mlflow_oidc_auth import auth
from mlflow_oidc_auth.store import store

from mlflow_platform.app import app

KEY = RSAKey.generate_key(2048, {"kid": "test", "alg": "RS256", "use": "sig"})
PROVIDER = json.loads(os.environ["AUTH_PROVIDERS"])[0]
auth._get_provider_jwks = lambda *_, **__: {"keys": [KEY.as_dict(private=False)]}

#: An administrator. There must be one: the last could not be demoted.
ADMIN = "keeper"
store.create_user(ADMIN, display_name="Keeper", is_admin=True)


def token(username: str, *, key: Any = KEY, **claims: Any) -> str:
    now = int(time.time())
    payload = {
        "iss": PROVIDER["issuer"],
        "aud": PROVIDER["audience"],
        "sub": f"id-of-{username}",
        "preferred_username": username,
        "groups": [os.environ["OIDC_GROUP_NAME"]],
        "iat": now,
        "exp": now + 60,
    }
    return jwt.encode({"alg": "RS256", "kid": "test"}, payload | claims, key)


def scope(method: str, path: str, *, headers: dict[str, str] | None = None, **more: Any) -> dict[str, Any]:
    return {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "scheme": "http",
        "method": method,
        "path": path,
        "raw_path": path.encode(),
        "root_path": "",
        "query_string": b"",
        "headers": [
            (name.encode(), value.encode()) for name, value in ({"host": "127.0.0.1"} | (headers or {})).items()
        ],
        "client": ("127.0.0.1", 40000),
        "server": ("127.0.0.1", 5000),
    } | more


def ask(method: str, path: str, bearer: str | None = None, body: Any = None, **headers: str) -> tuple[int, str]:
    """One request; the body, if any, as JSON unless it is bytes.

    :returns: status and body of the answer
    """
    data = b"" if body is None else body if isinstance(body, bytes) else json.dumps(body).encode()
    if bearer is not None:
        headers["authorization"] = f"Bearer {bearer}"
    headers = {"content-type": "application/json", "content-length": str(len(data))} | headers
    path, _, query = path.partition("?")
    return send(scope(method, path, headers=headers, query_string=query.encode()), data)


def send(request: dict[str, Any], data: bytes = b"") -> tuple[int, str]:
    """A request as a scope.

    :returns: status and body of the answer
    """
    sent: list[dict[str, Any]] = []
    asked = False

    async def receive() -> dict[str, Any]:
        nonlocal asked
        if not asked:
            asked = True
            return {"type": "http.request", "body": data, "more_body": False}
        await asyncio.sleep(3600)
        raise AssertionError

    async def take(message: dict[str, Any]) -> None:
        sent.append(message)

    asyncio.run(app(request, receive, take))
    return sent[0]["status"], b"".join(message.get("body", b"") for message in sent[1:]).decode(errors="replace")


class Person:
    """Somebody with a token who works in a workspace."""

    def __init__(self, name: str, workspace: str | None = None) -> None:
        self.name = name
        self.token = token(name)
        self.headers = {} if workspace is None else {"x-mlflow-workspace": workspace}

    def status(self, method: str, path: str, body: Any = None, **headers: str) -> int:
        return ask(method, path, self.token, body, **(self.headers | headers))[0]

    def json(self, method: str, path: str, body: Any = None, **headers: str) -> dict[str, Any]:
        status, text = ask(method, path, self.token, body, **(self.headers | headers))
        assert status in (200, 201), f"{method} {path} by {self.name}: {status} {text}"
        return json.loads(text)


def api(path: str) -> str:
    return f"/api/2.0/mlflow/{path}"


def make_workspace(name: str) -> None:
    Person(ADMIN).json("POST", "/api/3.0/mlflow/workspaces", {"name": name})


def member(name: str, workspace: str, permission: str | None = "EDIT") -> Person:
    """Somebody who has signed in once, with a permission in a workspace or none."""
    person = Person(name, workspace)
    assert person.status("GET", api("users/current"))
    if permission is not None:
        grant(workspace, name, permission)
    return person


def grant(workspace: str, name: str, permission: str) -> None:
    path = f"/api/3.0/mlflow/permissions/workspaces/{workspace}/users"
    Person(ADMIN).json("POST", path, {"username": name, "permission": permission})


def revoke(workspace: str, name: str) -> None:
    status = Person(ADMIN).status("DELETE", f"/api/3.0/mlflow/permissions/workspaces/{workspace}/users/{name}")
    assert status in (200, 204), status
