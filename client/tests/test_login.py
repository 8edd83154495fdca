"""Signing in by device code, and out: against a Keycloak that insists on PKCE."""

from __future__ import annotations

import os
import subprocess
import sys
import time

import pytest
from conftest import Command, last_lines, sign_in
from fake_platform import FakePlatform

import mlflow_platform_client
from mlflow_platform_client.session import load, session_file
from mlflow_platform_client.sources import DeviceLogin, credentials_for
from mlflow_platform_client.sts import kept_credentials, s3_file


def test_shows_address_and_code_and_waits_until_the_person_agrees(platform: FakePlatform, command: Command) -> None:
    platform.pending = ["authorization_pending"] * 3
    ended = command("login", platform.url, "--no-browser")
    assert ended.returncode == 0, ended.stderr
    assert f"{platform.issuer}/open?user_code=ABCD-EFGH" in ended.stdout
    assert "shows the code   ABCD-EFGH" in ended.stdout
    assert f"Signed in at {platform.url} as vera, team vision." in ended.stdout
    assert platform.counts["device_code"] == 4
    session = load(platform.url)
    assert session is not None and session.team == "vision"


def test_the_address_is_shown_before_anybody_has_to_agree(platform: FakePlatform) -> None:
    platform.pending = ["authorization_pending"] * 1_000_000
    process = subprocess.Popen(
        [sys.executable, "-m", "mlflow_platform_client", "login", platform.url, "--no-browser"],
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        assert platform.issuer in process.stdout.readline()
        platform.pending = []
        assert process.wait(20) == 0
    finally:
        process.kill()
        process.stdout.close()  # type: ignore[union-attr]


def test_asks_less_often_when_told_to(platform: FakePlatform, monkeypatch: pytest.MonkeyPatch) -> None:
    waits: list[float] = []
    monkeypatch.setattr(time, "sleep", waits.append)
    platform.pending = ["authorization_pending", "slow_down", "authorization_pending"]
    platform.interval = 2
    mlflow_platform_client.login(platform.url)
    assert waits[:4] == [2, 2, 7, 7]


@pytest.mark.parametrize(
    ("answer", "cause"),
    [("access_denied", "refused on the page"), ("expired_token", "expired before anybody agreed")],
)
def test_an_end_without_agreement_is_explained(
    platform: FakePlatform, command: Command, answer: str, cause: str
) -> None:
    platform.pending = [answer]
    ended = command("login", platform.url, "--no-browser")
    assert ended.returncode == 1
    assert cause in last_lines(ended.stderr)[0]
    assert f"mlflow-platform login {platform.url}" in last_lines(ended.stderr)[2]
    assert load(platform.url) is None


def test_a_team_is_chosen_at_sign_in(platform: FakePlatform, command: Command) -> None:
    platform.teams = ["language", "vision"]
    assert "team language." in command("login", platform.url, "--team", "language", "--no-browser").stdout
    assert "export MLFLOW_WORKSPACE=language" in command("env").stdout


def test_who_is_in_several_teams_is_told_to_choose(platform: FakePlatform, command: Command) -> None:
    platform.teams = ["language", "vision"]
    ended = command("login", platform.url, "--no-browser")
    assert "teams language, vision." in ended.stdout
    assert "export MLFLOW_WORKSPACE=language" in ended.stdout


@pytest.mark.parametrize("teams", [["vision"], []])
def test_a_sign_in_that_is_no_use_is_not_left_behind(
    platform: FakePlatform, command: Command, teams: list[str]
) -> None:
    platform.teams = teams
    ended = command("login", platform.url, "--team", "language", "--no-browser")
    assert ended.returncode == 1
    assert "not in the team language" in last_lines(ended.stderr)[0]
    assert load(platform.url) is None and len(platform.revoked) == 1


def test_signing_out_revokes_and_deletes(person: FakePlatform, command: Command) -> None:
    credentials = credentials_for(person.url)
    kept_credentials(credentials)
    session = load(person.url)
    assert session is not None and s3_file(credentials).path.exists()
    ended = command("logout")
    assert (ended.returncode, ended.stdout) == (0, f"Signed out at {person.url}.\n")
    assert person.revoked == [session.refresh_token]
    assert not session_file(person.url).path.exists() and not s3_file(credentials).path.exists()
    assert command("logout").stdout == f"Nobody was signed in at {person.url}.\n"


def test_signing_out_while_keycloak_is_away_deletes_all_the_same(person: FakePlatform, command: Command) -> None:
    person.keycloak.stop()
    ended = command("logout")
    assert ended.returncode == 1
    assert "was not revoked" in last_lines(ended.stderr)[1]
    assert not session_file(person.url).path.exists()


def test_the_next_person_does_not_get_the_keys_of_the_one_before(person: FakePlatform, command: Command) -> None:
    before = kept_credentials(DeviceLogin(person.url))
    command("login", "--no-browser")
    assert kept_credentials(DeviceLogin(person.url)).access_key_id != before.access_key_id


def test_a_notebook_signs_in_and_uses_the_platform(
    platform: FakePlatform, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("MLFLOW_TRACKING_URI", "MLFLOW_TRACKING_AUTH", "MLFLOW_WORKSPACE"):
        monkeypatch.setenv(name, "")
    done = mlflow_platform_client.login(platform.url)
    assert (done.username, done.team) == ("vera", "vision")
    assert "ABCD-EFGH" in capsys.readouterr().out
    assert os.environ["MLFLOW_TRACKING_URI"] == platform.url
    import mlflow

    mlflow.MlflowClient().search_experiments()
    assert platform.accepts(mlflow_platform_client.token())
    assert mlflow_platform_client.s3_credentials().access_key_id == "KEY1"
    assert mlflow_platform_client.logout() and not mlflow_platform_client.logout()


def test_two_platforms_are_kept_apart(platform: FakePlatform) -> None:
    other = FakePlatform()
    try:
        sign_in(platform, team="vision")
        sign_in(other, team="language")
        assert credentials_for(platform.url).team == "vision"
        assert credentials_for(other.url).team == "language"
        assert platform.accepts(credentials_for(platform.url).token())
        assert other.accepts(credentials_for(other.url).token())
    finally:
        other.close()
