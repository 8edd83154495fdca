"""MLflow's own client with this package: token and team of every request, refusals, repeated requests."""

from __future__ import annotations

import io
import os
from collections.abc import Iterator
from pathlib import Path

import mlflow
import pytest
import requests
from conftest import sign_in
from fake_platform import FakePlatform
from local_site import Request, Site
from mlflow.exceptions import MlflowException
from mlflow.store.artifact.mlflow_artifacts_repo import MlflowArtifactsRepository

from mlflow_platform_client.auth import PlatformAuth
from mlflow_platform_client.errors import ConfigurationError, PlatformError

SEARCH = "/api/2.0/mlflow/experiments/search"


def search() -> None:
    mlflow.MlflowClient().search_experiments()


def test_mlflow_finds_the_plugin_and_the_only_team(pipeline: FakePlatform) -> None:
    search()
    assert {team for _, team, _, _ in pipeline.seen} == {"vision"}
    # MLflow knows it too, for links and for processes that it starts.
    assert os.environ["MLFLOW_WORKSPACE"] == "vision"


def test_a_named_team_comes_first(pipeline: FakePlatform, monkeypatch: pytest.MonkeyPatch) -> None:
    pipeline.teams = ["language", "vision"]
    monkeypatch.setenv("MLFLOW_WORKSPACE", "language")
    search()
    mlflow.set_workspace("vision")
    search()
    assert [team for _, team, _, _ in pipeline.seen] == ["language", "vision"]


def test_then_the_team_of_the_sign_in(tracked: FakePlatform) -> None:
    tracked.teams = ["language", "vision"]
    sign_in(tracked, team="language")
    search()
    assert [team for _, team, _, _ in tracked.seen] == ["language"]


def test_several_teams_and_none_chosen_are_named(pipeline: FakePlatform) -> None:
    pipeline.teams = ["language", "vision"]
    with pytest.raises(MlflowException, match="several teams: language, vision") as caught:
        search()
    assert "export MLFLOW_WORKSPACE=language" in str(caught.value)
    assert pipeline.seen == []


def test_a_foreign_team_is_explained(pipeline: FakePlatform, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLFLOW_WORKSPACE", "language")
    with pytest.raises(MlflowException, match="not in the team language; your teams: vision"):
        search()


def test_a_403_of_another_kind_is_left_to_mlflow(pipeline: FakePlatform) -> None:
    pipeline.gate[SEARCH] = 403
    with pytest.raises(MlflowException, match="by the test"):
        search()


def test_listing_teams_needs_none(pipeline: FakePlatform) -> None:
    pipeline.teams = ["language", "vision"]
    assert [workspace.name for workspace in mlflow.list_workspaces()] == ["language", "vision"]


def test_a_401_renews_once_and_sends_the_file_again(pipeline: FakePlatform, tmp_path: Path) -> None:
    search()
    # Ended early, as when the platform's keys are replaced.
    pipeline.accepts = refusing(pipeline, pipeline.seen[0][2])  # type: ignore[method-assign]
    file = tmp_path / "model.bin"
    file.write_bytes(os.urandom(300_000))
    MlflowArtifactsRepository("mlflow-artifacts:/workspaces/vision/1/run/artifacts").log_artifact(str(file))
    assert pipeline.seen[-1][3] == file.read_bytes()
    assert (pipeline.counts["client_credentials"], pipeline.counts["401"]) == (2, 1)


def refusing(platform: FakePlatform, token: str):  # type: ignore[no-untyped-def]
    accepts = platform.accepts
    return lambda given: given != token and accepts(given)


def test_a_file_sent_from_its_middle_is_sent_again_from_there(pipeline: FakePlatform) -> None:
    requests.get(pipeline.url + SEARCH, auth=PlatformAuth(), timeout=5)
    pipeline.accepts = refusing(pipeline, pipeline.seen[0][2])  # type: ignore[method-assign]
    body = io.BytesIO(b"skipped|sent")
    body.seek(8)
    requests.put(pipeline.url + "/api/2.0/mlflow-artifacts/artifacts/x", data=body, auth=PlatformAuth(), timeout=5)
    assert pipeline.seen[-1][3] == b"sent"


def test_what_cannot_be_read_twice_is_refused_rather_than_cut_short(pipeline: FakePlatform) -> None:
    requests.get(pipeline.url + SEARCH, auth=PlatformAuth(), timeout=5)
    pipeline.accepts = refusing(pipeline, pipeline.seen[0][2])  # type: ignore[method-assign]

    def pieces() -> Iterator[bytes]:
        yield b"once"

    with pytest.raises(PlatformError):
        requests.put(pipeline.url + SEARCH, data=pieces(), auth=PlatformAuth(), timeout=5)
    assert len(pipeline.seen) == 1


def test_a_second_401_is_final(pipeline: FakePlatform) -> None:
    search()
    pipeline.gate[SEARCH] = 401
    with pytest.raises(MlflowException, match="does not let service-account-vision-ci in"):
        search()
    assert pipeline.counts["client_credentials"] == 2


def test_a_redirect_elsewhere_gets_no_token(pipeline: FakePlatform) -> None:
    seen: list[str | None] = []

    def elsewhere(request: Request) -> None:
        seen.append(request.headers.get("Authorization"))
        request.reply(401)

    other = Site(elsewhere)
    answer = pipeline._mlflow

    def redirecting(request: Request) -> None:
        if request.route == SEARCH:
            request.reply(307, Location=f"{other.url}{SEARCH}")
        else:
            answer(request)

    pipeline.mlflow.answer = redirecting
    try:
        response = requests.get(pipeline.url + SEARCH, auth=PlatformAuth(), timeout=5)
    finally:
        other.stop()
    assert (response.status_code, seen) == (401, [None])
    assert pipeline.counts["client_credentials"] == 1


def test_another_server_gets_no_token(pipeline: FakePlatform) -> None:
    seen: list[str | None] = []

    def other(request: Request) -> None:
        seen.append(request.headers.get("Authorization"))
        request.reply(200, b"<html>")

    site = Site(other)
    try:
        with pytest.raises(ConfigurationError, match="is no mlflow-platform"):
            requests.get(site.url + SEARCH, auth=PlatformAuth(), timeout=5)
    finally:
        site.stop()
    assert seen == [None]
