"""One CA for MLflow, Keycloak and the object store, whichever variable names it."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from pathlib import Path

import mlflow
import pytest
import trustme
from conftest import Command, last_lines
from fake_platform import FakePlatform

from mlflow_platform_client.sources import credentials_for
from mlflow_platform_client.sts import assume_role

VARIABLES = ["MLFLOW_TRACKING_SERVER_CERT_PATH", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE"]


@pytest.fixture
def ca(tmp_path: Path) -> tuple[trustme.CA, Path]:
    authority = trustme.CA()
    path = tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(str(path))
    return authority, path


def secure(platform: FakePlatform, certificate: trustme.LeafCert) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    certificate.configure_cert(context)
    for site in platform.sites:
        site.socket = context.wrap_socket(site.socket, server_side=True, do_handshake_on_connect=False)
        site.scheme = "https"


@pytest.fixture
def secured(
    platform: FakePlatform, ca: tuple[trustme.CA, Path], monkeypatch: pytest.MonkeyPatch
) -> Iterator[FakePlatform]:
    secure(platform, ca[0].issue_cert("127.0.0.1"))
    monkeypatch.setenv("MLFLOW_TRACKING_URI", platform.url)
    monkeypatch.setenv("MLFLOW_TRACKING_AUTH", "mlflow-platform")
    monkeypatch.setenv("MLFLOW_PLATFORM_CLIENT_ID", "vision-ci")
    monkeypatch.setenv("MLFLOW_PLATFORM_CLIENT_SECRET", "right")
    yield platform


@pytest.mark.parametrize("variable", VARIABLES)
def test_each_variable_holds_for_all_three(
    secured: FakePlatform, ca: tuple[trustme.CA, Path], monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    # Set and unset again, so that what the package sets itself is undone after the test.
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "")
    monkeypatch.setenv(variable, str(ca[1]))
    mlflow.MlflowClient().search_experiments()
    assume_role(credentials_for(secured.url))
    assert secured.seen and secured.counts["sts"] == 1


def test_a_ca_that_is_not_trusted_is_explained(secured: FakePlatform, command: Command) -> None:
    ended = command("whoami")
    cause, _, next_step = last_lines(ended.stderr)
    assert ended.returncode == 1
    assert f"certificate of MLflow at {secured.url} is not trusted by this machine's list of CAs" in cause
    assert "MLFLOW_TRACKING_SERVER_CERT_PATH" in next_step and "REQUESTS_CA_BUNDLE" in next_step
    with pytest.raises(mlflow.exceptions.MlflowException, match="not trusted by this machine's list of CAs"):
        mlflow.MlflowClient().search_experiments()


def test_another_ca_is_named(secured: FakePlatform, command: Command, tmp_path: Path) -> None:
    trustme.CA().cert_pem.write_to_path(str(tmp_path / "other.pem"))
    ended = command("whoami", REQUESTS_CA_BUNDLE=str(tmp_path / "other.pem"))
    assert f"not trusted by the CA file {tmp_path / 'other.pem'} (REQUESTS_CA_BUNDLE)" in ended.stderr


@pytest.mark.parametrize("content", [None, "no certificate"])
def test_a_file_of_certificates_that_is_none(
    secured: FakePlatform, command: Command, tmp_path: Path, content: str | None
) -> None:
    path = tmp_path / "ca-file.pem"
    if content is not None:
        path.write_text(content)
    ended = command("whoami", MLFLOW_TRACKING_SERVER_CERT_PATH=str(path))
    assert ended.returncode == 2, ended.stderr
    assert f"MLFLOW_TRACKING_SERVER_CERT_PATH names {path}" in last_lines(ended.stderr)[0]


def test_a_certificate_out_of_time_points_to_the_clock(
    platform: FakePlatform, ca: tuple[trustme.CA, Path], command: Command
) -> None:
    ended = datetime.now(timezone.utc) - timedelta(days=1)
    secure(platform, ca[0].issue_cert("127.0.0.1", not_after=ended))
    result = command(
        "whoami",
        platform.url,
        REQUESTS_CA_BUNDLE=str(ca[1]),
        MLFLOW_PLATFORM_CLIENT_ID="a",
        MLFLOW_PLATFORM_CLIENT_SECRET="b",
    )
    assert "not valid at this machine's time" in last_lines(result.stderr)[0]
    assert "set the clock" in last_lines(result.stderr)[2]


def test_a_sign_in_without_https_is_refused(
    secured: FakePlatform, ca: tuple[trustme.CA, Path], command: Command
) -> None:
    secured.description = {**secured.describe(), "issuer": secured.issuer.replace("https:", "http:")}
    ended = command("whoami", REQUESTS_CA_BUNDLE=str(ca[1]))
    assert ended.returncode == 2 and "names a sign-in without https" in ended.stderr
