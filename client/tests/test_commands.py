"""The commands whose output other programs read."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path

import boto3
import pytest
from conftest import Command
from fake_platform import FakePlatform

from mlflow_platform_client.shells import lines
from mlflow_platform_client.sources import credentials_for
from mlflow_platform_client.sts import kept_credentials, s3_file

AWKWARD = {"PLAIN": "http://a:1/x", "SPACE": "a b", "QUOTES": """it's "so" $HOME `id` \\ end"""}


def test_whoami_for_people(pipeline: FakePlatform, command: Command) -> None:
    ended = command("whoami")
    rows = dict(line.split(maxsplit=1) for line in ended.stdout.splitlines())
    assert rows["user"] == "service-account-vision-ci"
    assert (rows["team"], rows["groups"], rows["platform"]) == ("vision", "vision", pipeline.url)
    assert "vision-ci" in rows["source"] and rows["token"].startswith(("valid for 5", "valid for 60"))


def test_whoami_for_programs(person: FakePlatform, command: Command) -> None:
    person.teams = ["language", "vision"]
    found = json.loads(command("whoami", "--json").stdout)
    assert {name: found[name] for name in ("address", "username", "team", "teams")} == {
        "address": person.url,
        "username": "vera",
        "team": None,
        "teams": ["language", "vision"],
    }
    assert 0 < found["tokenSeconds"] <= 60


def test_env_holds_no_secret_and_works_without_the_variables(person: FakePlatform, command: Command) -> None:
    told = command("env", person.url, "--shell", "dotenv", MLFLOW_TRACKING_URI="", MLFLOW_TRACKING_AUTH="")
    assert told.stdout.splitlines() == [
        f"MLFLOW_TRACKING_URI={person.url}",
        "MLFLOW_TRACKING_AUTH=mlflow-platform",
        "MLFLOW_WORKSPACE=vision",
    ]


def test_env_passes_a_ca_on(pipeline: FakePlatform, command: Command) -> None:
    told = command("env", REQUESTS_CA_BUNDLE="/etc/ssl/my ca.pem")
    assert told.stdout.splitlines()[-1] == "export MLFLOW_TRACKING_SERVER_CERT_PATH='/etc/ssl/my ca.pem'"


def test_sh_reads_back_what_was_meant() -> None:
    script = lines("sh", AWKWARD) + f"'{sys.executable}' -c 'import os,json; print(json.dumps(dict(os.environ)))'"
    told = subprocess.run(["sh", "-c", script], capture_output=True, text=True, check=True)
    assert {name: json.loads(told.stdout)[name] for name in AWKWARD} == AWKWARD


def test_dotenv_is_read_back_by_the_library_that_mlflow_brings(tmp_path: Path) -> None:
    from dotenv import dotenv_values

    (tmp_path / ".env").write_text(lines("dotenv", AWKWARD))
    assert dotenv_values(tmp_path / ".env", interpolate=False) == AWKWARD


def test_the_words_of_other_shells() -> None:
    assert lines("fish", {"A": "it's \\ so"}) == "set -gx A 'it\\'s \\\\ so'\n"
    assert lines("powershell", {"A": "it's $so"}) == "$Env:A = 'it''s $so'\n"


def test_token_prints_one_that_is_accepted(pipeline: FakePlatform, command: Command) -> None:
    assert pipeline.accepts(command("token").stdout.strip())


def test_s3_credentials_are_kept_until_shortly_before_their_end(pipeline: FakePlatform, command: Command) -> None:
    first, second = (json.loads(command("s3-credentials").stdout) for _ in range(2))
    assert first == second and pipeline.counts["sts"] == 1
    assert set(first) == {"Version", "AccessKeyId", "SecretAccessKey", "SessionToken", "Expiration"}
    path = s3_file(credentials_for(pipeline.url)).path
    assert oct(path.stat().st_mode & 0o777) == "0o600"
    held = json.loads(path.read_text())
    soon = time.strftime("%Y-%m-%dT%H:%M:%S+00:00", time.gmtime(time.time() + 60))
    path.write_text(json.dumps({**held, "expiration": soon}))
    assert json.loads(command("s3-credentials").stdout)["AccessKeyId"] == "KEY2"


def test_keys_are_not_used_longer_than_they_were_asked_for(pipeline: FakePlatform) -> None:
    pipeline.s3_life = 8 * 3600
    assert 3500 < kept_credentials(credentials_for(pipeline.url)).seconds_left() <= 3600


def test_keys_of_a_quarter_of_an_hour_are_kept_too(pipeline: FakePlatform) -> None:
    pipeline.s3_life = 900
    credentials = credentials_for(pipeline.url)
    assert kept_credentials(credentials) == kept_credentials(credentials)


def test_boto3_uses_the_profile(
    pipeline: FakePlatform, command: Command, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    config = tmp_path / "aws" / "config"
    config.parent.mkdir()
    config.write_text("[profile work]\nregion = eu-central-1")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(config))
    assert "has now the profile platform" in command("configure-aws", "--profile", "platform").stdout
    assert "had already" in command("configure-aws", "--profile", "platform").stdout
    assert config.read_text().startswith("[profile work]\nregion = eu-central-1\n")
    session = boto3.Session(profile_name="platform")
    keys = session.get_credentials().get_frozen_credentials()
    assert (keys.access_key, keys.token) == ("KEY1", "session")
    assert session.client("s3").meta.endpoint_url == pipeline.s3.url
    assert boto3.Session(profile_name="work").region_name == "eu-central-1"


def test_another_profile_of_that_name_is_left_alone(
    pipeline: FakePlatform, command: Command, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    config = tmp_path / "config"
    config.write_text("[profile mlflow-platform]\nregion = eu-central-1\n")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(config))
    ended = command("configure-aws")
    assert ended.returncode == 2 and "has another profile mlflow-platform" in ended.stderr
    assert config.read_text() == "[profile mlflow-platform]\nregion = eu-central-1\n"
    assert "credential_process" in command("configure-aws", "--print").stdout


@pytest.mark.parametrize("args", [["nonsense"], ["login", "--nonsense"], ["env", "--shell", "tcsh"]])
def test_wrong_usage_ends_with_2(command: Command, args: list[str]) -> None:
    ended = command(*args)
    assert ended.returncode == 2 and "Traceback" not in ended.stderr


@pytest.mark.parametrize("args", [["--help"], ["--version"], ["login", "-h"]])
def test_help_ends_with_0(command: Command, args: list[str]) -> None:
    assert command(*args).returncode == 0
