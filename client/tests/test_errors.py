"""Every failure that people meet: its cause, its consequence, the next command; the same at the command line and in a
program, and never a stack trace at the command line."""

from __future__ import annotations

import pickle
import socket
import time
from pathlib import Path

import mlflow
import pytest
from conftest import Command, last_lines, sign_in
from fake_platform import FakePlatform
from local_site import Request
from mlflow.exceptions import MlflowException

from mlflow_platform_client.errors import RefusedError


def in_a_program() -> str:
    with pytest.raises(MlflowException) as caught:
        mlflow.MlflowClient().search_experiments()
    return str(caught.value)


def at_the_command_line(command: Command, *args: str, exit_code: int = 1) -> list[str]:
    ended = command(*(args or ("whoami",)))
    assert ended.returncode == exit_code, ended.stdout + ended.stderr
    lines = last_lines(ended.stderr)
    assert lines[0].startswith("Error: ") and lines[2].startswith("Next: ")
    return lines


def both(command: Command, cause: str, next_step: str, exit_code: int = 1) -> None:
    lines = at_the_command_line(command, exit_code=exit_code)
    assert cause in lines[0] and next_step in lines[2]
    text = in_a_program()
    assert cause in text and next_step in text


def free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


def test_keycloak_is_down(person: FakePlatform, command: Command) -> None:
    person.keycloak.stop()
    both(command, f"Keycloak at {person.keycloak.url} does not answer (Connection refused)", "try again in a minute")


def test_keycloak_is_down_behind_its_proxy(person: FakePlatform, command: Command) -> None:
    person.keycloak.answer = lambda request: request.reply(502)
    both(command, "does not answer (HTTP 502)", "try again in a minute")


def test_mlflow_is_down(person: FakePlatform, command: Command) -> None:
    person.mlflow.stop()
    both(command, f"MLflow at {person.url} does not answer (Connection refused)", "npm run status")


def test_a_name_that_does_not_exist(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://mlflow.invalid")
    lines = at_the_command_line(command)
    assert "MLflow at http://mlflow.invalid does not answer" in lines[0]


@pytest.mark.parametrize("rotates", [True, False])
def test_the_sign_in_has_expired_or_was_revoked(person: FakePlatform, command: Command, rotates: bool) -> None:
    person.rotates = rotates
    person.end_sessions()
    both(command, "has expired or was revoked", f"mlflow-platform login {person.url}")


def test_nobody_is_signed_in(tracked: FakePlatform, command: Command) -> None:
    both(command, f"Nobody is signed in at {tracked.url}", f"mlflow-platform login {tracked.url}")


def test_the_account_is_disabled(person: FakePlatform, command: Command) -> None:
    person.refuse = (400, "invalid_grant", "User disabled")
    both(command, "Your account is disabled at Keycloak", "ask an administrator")


def test_the_service_account_is_disabled(pipeline: FakePlatform, command: Command) -> None:
    pipeline.refuse = (401, "invalid_request", "User 'service-account-vision-ci' disabled")
    both(command, "The service account vision-ci is disabled", "ask an administrator")


def test_the_secret_is_wrong(pipeline: FakePlatform, command: Command) -> None:
    pipeline.secret = "another"
    both(command, "does not accept this client secret of the service account vision-ci", "credentials")


def test_in_no_team(person: FakePlatform, command: Command) -> None:
    person.groups = []
    both(command, "vera is in no team", "ask an administrator of the platform to add you to a team")


def test_let_in_by_keycloak_but_in_no_workspace(person: FakePlatform) -> None:
    person.teams = []
    assert "vera is in no team" in in_a_program()


def test_deactivated_in_mlflow_alone(person: FakePlatform, command: Command) -> None:
    person.gate = {path: 401 for path in ("/api/3.0/mlflow/workspaces", "/api/2.0/mlflow/experiments/search")}
    both(command, "does not let vera in, though Keycloak does", "ask an administrator")


def test_another_team_is_named(person: FakePlatform, command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLFLOW_WORKSPACE", "language")
    assert "not in that team" in at_the_command_line(command)[0]
    assert "You are not in the team language; your teams: vision" in in_a_program()


def test_the_clock_of_keycloak_is_ahead(person: FakePlatform, command: Command) -> None:
    person.issued_ahead = 30
    both(command, "The clock of Keycloak is", "NTP")


def test_the_clock_of_mlflow_is_ahead(person: FakePlatform, command: Command) -> None:
    person.mlflow.date_offset = 3600
    person.gate = {path: 401 for path in ("/api/3.0/mlflow/workspaces", "/api/2.0/mlflow/experiments/search")}
    both(command, "The clock of MLflow is so far ahead", "NTP")


def test_this_machines_clock_is_off(pipeline: FakePlatform, command: Command) -> None:
    pipeline.s3.date_offset = -3600
    lines = at_the_command_line(command, "s3-credentials")
    assert "clock differs" in lines[0] and "timedatectl" in lines[2]


def test_a_token_file_that_has_expired(
    tracked: FakePlatform, command: Command, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    file = tmp_path / "token"
    file.write_text(tracked.access_token(exp=time.time() - 60))
    monkeypatch.setenv("MLFLOW_PLATFORM_TOKEN_FILE", str(file))
    both(command, "expired at 2", "must renew it in time")


@pytest.mark.parametrize(
    ("claims", "cause"),
    [
        ({"iss": "https://elsewhere.example.com/realms/a"}, "is of https://elsewhere.example.com/realms/a"),
        ({"aud": "account", "iss": None}, "is of None"),
        (None, "is no token of Keycloak"),
    ],
)
def test_a_token_file_with_another_token(
    tracked: FakePlatform,
    command: Command,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    claims: dict[str, object] | None,
    cause: str,
) -> None:
    file = tmp_path / "token"
    file.write_text("opaque" if claims is None else tracked.access_token(**claims))
    monkeypatch.setenv("MLFLOW_PLATFORM_TOKEN_FILE", str(file))
    both(command, cause, "MLFLOW_PLATFORM_TOKEN_FILE")


def test_a_token_for_another_audience(
    tracked: FakePlatform, command: Command, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    file = tmp_path / "token"
    file.write_text(tracked.access_token(aud="account"))
    tracked.gate = {path: 401 for path in ("/api/3.0/mlflow/workspaces", "/api/2.0/mlflow/experiments/search")}
    monkeypatch.setenv("MLFLOW_PLATFORM_TOKEN_FILE", str(file))
    both(command, "is not meant for MLflow (audience account)", "MLFLOW_PLATFORM_TOKEN_FILE")


@pytest.mark.parametrize("answer", [(200, b"<html>"), (404, b""), (401, {"detail": "Authentication required"})])
def test_another_server_is_there(tracked: FakePlatform, command: Command, answer: tuple[int, object]) -> None:
    sign_in(tracked)
    tracked.mlflow.answer = lambda request: request.reply(*answer)
    both(command, f"{tracked.url} is no mlflow-platform", "MLFLOW_TRACKING_URI", exit_code=2)


def test_the_platform_is_newer(person: FakePlatform, command: Command) -> None:
    person.description = {**person.describe(), "version": 2}
    both(command, "in version 2, this package knows version 1", "mlflow-platform-client", exit_code=2)


def test_an_address_that_sends_on(person: FakePlatform, command: Command) -> None:
    def moved(request: Request) -> None:
        request.reply(308, Location="https://mlflow.example.com" + request.path)

    person.mlflow.answer = moved
    both(
        command,
        "sends callers on to https://mlflow.example.com",
        "export MLFLOW_TRACKING_URI=https://mlflow.example.com",
        exit_code=2,
    )


@pytest.mark.parametrize("given", ["mlflow.example.com", "ftp://a", "https://", "http://a:b"])
def test_what_is_no_address(command: Command, given: str) -> None:
    assert "is not the address" in at_the_command_line(command, "whoami", given, exit_code=2)[0]


def test_no_address_at_all(command: Command) -> None:
    assert "not clear which platform" in at_the_command_line(command, exit_code=2)[0]


def test_the_object_store_refuses(pipeline: FakePlatform, command: Command) -> None:
    pipeline.s3.answer = lambda request: request.reply(
        403, b"<ErrorResponse><Error><Code>AccessDenied</Code><Message>no policy</Message></Error></ErrorResponse>"
    )
    lines = at_the_command_line(command, "s3-credentials")
    assert "gives no keys for the service account vision-ci" in lines[0] and "no policy" in lines[0]


def test_the_object_store_is_down(pipeline: FakePlatform, command: Command) -> None:
    pipeline.s3.stop()
    assert "The object store at" in at_the_command_line(command, "s3-credentials")[0]


def test_a_folder_that_cannot_be_written(person: FakePlatform, command: Command, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    ended = command("login", "--no-browser", XDG_CONFIG_HOME=str(tmp_path / "file"))
    assert ended.returncode == 1 and "cannot be written" in last_lines(ended.stderr)[0]


def test_errors_travel_between_processes() -> None:
    error = RefusedError("Cause", "Consequence", "next")
    copy = pickle.loads(pickle.dumps(error))
    assert type(copy) is RefusedError and str(copy) == str(error) == "Cause. Consequence. Next: next"
