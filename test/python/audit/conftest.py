"""What the tests of the audit service share: settings in a folder of their own, a played Keycloak, and what was stored."""

import gzip
import json
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer
from audit_service.server import Service
from audit_service.settings import Settings

Client = TestClient[web.Request, web.Application]

CANARY = "canary-5f0c1e"
"""In every secret of these tests; nothing stored may hold it."""
TOKEN = f"{CANARY}-minio"
REALM = "mlflow-test"
VERA = "11111111-1111-4111-8111-111111111111"
VISION = "22222222-2222-4222-8222-222222222222"


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Settings whose folders lie below the test's own folder."""
    (tmp_path / "audit").mkdir()
    (tmp_path / "secrets").mkdir()
    (tmp_path / "secrets/KEYCLOAK_CLIENT_SECRET").write_text(f"{CANARY}-client\n")
    (tmp_path / "secrets/MINIO_TOKEN").write_text(TOKEN)
    return Settings(
        keycloak="http://127.0.0.1:9",
        realm=REALM,
        client_id="mlflow-audit",
        days=365,
        root_user="platform-root",
        server_user="mlflow-server",
        folder=tmp_path / "audit",
        secrets=tmp_path / "secrets",
    )


def stored(settings: Settings) -> list[dict[str, Any]]:
    """All events of the stream, oldest first."""
    events = []
    for path in sorted(settings.folder.glob("audit-*")):
        with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as file:
            events += [json.loads(line) for line in file]
    return events


def sent(settings: Settings) -> list[dict[str, Any]]:
    """The events of others."""
    return [event for event in stored(settings) if event["source"] != "audit"]


def event(**changes: Any) -> dict[str, Any]:
    """An event as MLflow posts it."""
    return {
        "time": "2026-01-31T12:00:00.123Z",
        "source": "mlflow",
        "event": "write",
        "actor": "vera",
        "subject": VERA,
        "client": "mlflow",
        "ip": "192.0.2.7",
        "workspace": "vision",
        "target": "runs/1",
        "status": "success",
        "detail": {"operation": "log-metric"},
        **changes,
    }


@asynccontextmanager
async def running(settings: Settings) -> AsyncIterator[Client]:
    """The service on a port of its own."""
    async with TestClient(TestServer(Service(settings).app())) as client:
        yield client


@dataclass
class Keycloak:
    """A played Keycloak: token, events, admin events, users, groups."""

    events: list[dict[str, Any]] = field(default_factory=list)
    admin_events: list[dict[str, Any]] = field(default_factory=list)
    names: dict[str, dict[str, str]] = field(
        default_factory=lambda: {
            f"users/{VERA}": {"username": "vera", "email": "vera@example.com"},
            f"groups/{VISION}": {"name": "vision"},
        }
    )
    calls: list[str] = field(default_factory=list)
    """Paths below the realm's administration, with their query."""
    tokens: int = 0
    refuse: bool = False
    """Answers 503 to everything."""
    forget_token: bool = False
    """Answers 401 once."""

    def add(self, time: int, kind: str = "LOGIN", **more: Any) -> dict[str, Any]:
        """One more login event, by default Vera's."""
        raw = {
            "id": str(uuid.uuid4()),
            "time": time,
            "type": kind,
            "realmId": REALM,
            "clientId": "mlflow",
            "userId": VERA,
            "ipAddress": "192.0.2.7",
            **more,
        }
        self.events.append(raw)
        return raw

    def app(self) -> web.Application:
        app = web.Application()
        app.router.add_post("/realms/{realm}/protocol/openid-connect/token", self._token)
        app.router.add_get("/admin/realms/{realm}/{path:.*}", self._get)
        return app

    async def _token(self, request: web.Request) -> web.Response:
        form = await request.post()
        if self.refuse or form["client_secret"] != f"{CANARY}-client":
            return web.Response(status=503)
        self.tokens += 1
        return web.json_response({"access_token": f"{CANARY}-{self.tokens}"})

    async def _get(self, request: web.Request) -> web.Response:
        path = request.match_info["path"]
        self.calls.append(f"{path}?{request.query_string}")
        if self.refuse:
            return web.Response(status=503)
        if self.forget_token or request.headers["Authorization"] != f"Bearer {CANARY}-{self.tokens}":
            self.forget_token = False
            return web.Response(status=401)
        if path in self.names:
            return web.json_response(self.names[path])
        lists = {"events": self.events, "admin-events": self.admin_events}
        if path not in lists:
            return web.json_response({"error": "not found"}, status=404)
        since, first, most = (int(request.query[name]) for name in ("dateFrom", "first", "max"))
        assert request.query["direction"] == "asc"
        found = sorted((raw for raw in lists[path] if raw["time"] >= since), key=lambda raw: raw["time"])
        return web.json_response(found[first : first + most])


@asynccontextmanager
async def keycloak(settings: Settings) -> AsyncIterator[tuple[Keycloak, Settings]]:
    """A played Keycloak, and settings that lead there."""
    played = Keycloak()
    async with TestServer(played.app()) as server:
        yield played, replace(settings, keycloak=str(server.make_url("")).rstrip("/"))
