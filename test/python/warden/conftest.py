"""What the tests of the warden share: played services behind one port, and a warden that talks to them."""

import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from warden.keycloak import Keycloak
from warden.mlflow import Mlflow
from warden.report import Report
from warden.rounds import Warden
from warden.settings import Settings
from warden.store import Store

from platform_world import World


@pytest.fixture(autouse=True)
def _no_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    """Waits between tries of one call are urllib3's business, not these tests'."""
    monkeypatch.setattr("urllib3.util.retry.Retry.sleep", lambda self, response=None: None)


@pytest.fixture
def world() -> Iterator[World]:
    """Keycloak, MLflow, the object store and the audit service."""
    played = World()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        # A body in a packet of its own would wait for the other side.
        wbufsize = -1
        disable_nagle_algorithm = True

        def _any(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            status, body = played.answer(self.command, self.path, self.headers, self.rfile.read(length))
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_GET = do_POST = do_PUT = do_PATCH = _any

        def log_message(self, format: str, *args: Any) -> None:
            """Silent."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    played.url = f"http://127.0.0.1:{server.server_port}"
    yield played
    server.shutdown()
    server.server_close()


@pytest.fixture
def settings(world: World) -> Settings:
    """Settings that lead to the played services."""
    return Settings(
        keycloak_url=f"{world.url}/keycloak",
        realm="test",
        issuer="https://auth.test/realms/test",
        client_id="mlflow-warden",
        client_secret="canary-0f3b",
        mlflow_url=f"{world.url}/mlflow",
        minio_url=f"{world.url}/minio-host",
        minio_region="us-east-1",
        minio_key="mlflow-warden",
        minio_secret="canary-77aa",
        audit_url=f"{world.url}/audit",
        users_group="mlflow-users",
        admins_group="mlflow-admins",
        revoked_policy="revoked",
        own_accounts=frozenset({"service-account-mlflow-provisioner", "service-account-mlflow-warden"}),
        token_life=timedelta(minutes=5),
        credential_life=timedelta(hours=8),
    )


class Bench:
    """A warden, and a new one in its place after `restart`."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.restart()

    def restart(self) -> None:
        """Forget all that is in memory."""
        keycloak = Keycloak(self.settings)
        mlflow = Mlflow(self.settings, keycloak)
        store = Store(self.settings)
        self.report = Report(self.settings.audit_url)
        self.warden = Warden(self.settings, keycloak, mlflow, store, self.report)

    def round(self) -> None:
        """One round."""
        self.warden.round()

    def sweep(self) -> None:
        """One round that reads the whole realm."""
        self.warden._sweep_at = 0.0
        self.warden.round()


@pytest.fixture
def bench(settings: Settings) -> Bench:
    """A warden."""
    return Bench(settings)


@pytest.fixture
def status_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The warden's status in the test's own folder."""
    file = tmp_path / "status.json"
    from warden import health

    monkeypatch.setattr(health.write, "__defaults__", (file,))
    monkeypatch.setattr(health.problem, "__defaults__", (file,))
    monkeypatch.setattr(health.summary, "__defaults__", (file,))
    return file


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[timedelta]:
    """How far the warden's clock is ahead, in one element."""
    ahead = [timedelta(0)]

    def now() -> datetime:
        return datetime.now(UTC) + ahead[0]

    monkeypatch.setattr("warden.revocations.now", now)
    monkeypatch.setattr("warden.rounds.now", now)
    return ahead
