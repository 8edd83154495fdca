"""Where tokens come from: order, files, variables, and the sign-in that processes share."""

from __future__ import annotations

import json
import multiprocessing
import os
import time
from pathlib import Path

import pytest
from conftest import sign_in
from fake_platform import FakePlatform

from mlflow_platform_client.errors import ConfigurationError, NotSignedInError, PlatformError, RefusedError
from mlflow_platform_client.session import load, session_file
from mlflow_platform_client.sources import credentials_for


def test_the_order_is_file_then_service_account_then_sign_in(
    person: FakePlatform, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    sources = [credentials_for(person.url).source]
    monkeypatch.setenv("MLFLOW_PLATFORM_CLIENT_ID", "vision-ci")
    monkeypatch.setenv("MLFLOW_PLATFORM_CLIENT_SECRET", "right")
    sources.append(credentials_for(person.url).source)
    monkeypatch.setenv("MLFLOW_PLATFORM_TOKEN_FILE", str(tmp_path / "token"))
    sources.append(credentials_for(person.url).source)
    assert ["kept in" in sources[0], "vision-ci" in sources[1], "token" in sources[2]] == [True] * 3


def test_a_token_file_is_read_again_when_it_changes(
    tracked: FakePlatform, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    file = tmp_path / "token"
    monkeypatch.setenv("MLFLOW_PLATFORM_TOKEN_FILE", str(file))
    file.write_text("one\n")
    credentials = credentials_for(tracked.url)
    assert credentials.token() == "one"
    # As Kubernetes does it: another file in the same place.
    (tmp_path / "new").write_text("two")
    (tmp_path / "new").replace(file)
    assert credentials.token() == "two"
    # In place, with the same length and time: seen when MLflow refuses the old one.
    status = file.stat()
    file.write_text("six")
    os.utime(file, ns=(status.st_atime_ns, status.st_mtime_ns))
    assert credentials.another("two") == "six"


@pytest.mark.parametrize("content", ["", "two words", None])
def test_a_token_file_without_a_token_is_named(
    tracked: FakePlatform, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, content: str | None
) -> None:
    file = tmp_path / "token"
    if content is not None:
        file.write_text(content)
    monkeypatch.setenv("MLFLOW_PLATFORM_TOKEN_FILE", str(file))
    with pytest.raises(ConfigurationError, match="MLFLOW_PLATFORM_TOKEN_FILE"):
        credentials_for(tracked.url).token()


@pytest.mark.parametrize(
    ("given", "named"),
    [
        ({"CLIENT_ID": "a"}, "neither of"),
        ({"CLIENT_ID": "a", "CLIENT_SECRET": "b", "CLIENT_SECRET_FILE": "c"}, "both of"),
        ({"CLIENT_SECRET": "b"}, "without MLFLOW_PLATFORM_CLIENT_ID"),
        ({"CLIENT_SECRET_FILE": "b"}, "without MLFLOW_PLATFORM_CLIENT_ID"),
    ],
)
def test_variables_that_do_not_fit_are_named(
    tracked: FakePlatform, monkeypatch: pytest.MonkeyPatch, given: dict[str, str], named: str
) -> None:
    for name, value in given.items():
        monkeypatch.setenv(f"MLFLOW_PLATFORM_{name}", value)
    with pytest.raises(ConfigurationError, match=named):
        credentials_for(tracked.url)


def test_a_rotated_secret_in_a_file_is_used_by_a_process_that_runs(
    tracked: FakePlatform, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    secret = tmp_path / "secret"
    secret.write_text("right\n")
    monkeypatch.setenv("MLFLOW_PLATFORM_CLIENT_ID", "vision-ci")
    monkeypatch.setenv("MLFLOW_PLATFORM_CLIENT_SECRET_FILE", str(secret))
    credentials = credentials_for(tracked.url)
    first = credentials.token()
    tracked.secret = "rotated"
    with pytest.raises(RefusedError, match="client secret"):
        credentials.another(first)
    secret.write_text("rotated")
    assert tracked.accepts(credentials.another(first))


def test_a_service_account_writes_nothing_to_disk(pipeline: FakePlatform) -> None:
    credentials_for(pipeline.url).token()
    assert not session_file(pipeline.url).path.parent.exists()


def test_nobody_signed_in_says_how(tracked: FakePlatform) -> None:
    with pytest.raises(NotSignedInError, match=f"mlflow-platform login {tracked.url}"):
        credentials_for(tracked.url).token()


def _use(url: str, wanted: int, results: multiprocessing.Queue[object]) -> None:
    try:
        credentials, tokens = credentials_for(url), set()
        while len(tokens) < wanted:
            tokens.add(credentials.token())
            time.sleep(0.005)
        results.put("fine")
    except BaseException as error:
        results.put(str(error))


@pytest.mark.parametrize("method", ["spawn", "fork"])
def test_many_processes_share_refresh_tokens_that_serve_once(person: FakePlatform, method: str) -> None:
    """Each process sees 5 tokens; a second use of any refresh token would end the sign-in."""
    person.life = 0.6
    context = multiprocessing.get_context(method)
    results = context.Queue()
    processes = [context.Process(target=_use, args=(person.url, 5, results)) for _ in range(6)]
    for process in processes:
        process.start()
    assert [results.get(timeout=60) for _ in processes] == ["fine"] * 6
    for process in processes:
        process.join(10)
    used = person.counts["refresh_token"]
    assert 5 <= used <= 60, f"{used} requests, and 6 processes with 5 tokens each"


def test_processes_take_the_token_that_another_one_has_got(person: FakePlatform) -> None:
    context = multiprocessing.get_context("spawn")
    results = context.Queue()
    processes = [context.Process(target=_use, args=(person.url, 1, results)) for _ in range(4)]
    for process in processes:
        process.start()
    assert [results.get(timeout=60) for _ in processes] == ["fine"] * 4
    assert person.counts["refresh_token"] == 1


def test_a_refresh_token_that_is_not_replaced_is_kept(person: FakePlatform) -> None:
    person.rotates = False
    before = load(person.url)
    credentials_for(person.url).token()
    after = load(person.url)
    assert before and after and after.refresh_token == before.refresh_token
    assert after.access_token != before.access_token


def test_files_are_for_their_owner_alone(person: FakePlatform) -> None:
    old = os.umask(0)
    try:
        sign_in(person)
        credentials_for(person.url).token()
    finally:
        os.umask(old)
    path = session_file(person.url).path
    assert {oct(file.stat().st_mode & 0o777) for file in path.parent.iterdir()} == {"0o600"}
    assert oct(path.parent.stat().st_mode & 0o777) == "0o700"


def test_a_folder_that_others_can_read_is_closed(person: FakePlatform) -> None:
    path = session_file(person.url).path
    path.parent.chmod(0o755)
    credentials_for(person.url).token()
    assert oct(path.parent.stat().st_mode & 0o777) == "0o700"


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660])
def test_a_file_that_others_can_read_is_refused(person: FakePlatform, mode: int) -> None:
    path = session_file(person.url).path
    path.chmod(mode)
    with pytest.raises(PlatformError, match="can be read by others"):
        credentials_for(person.url).token()
    assert person.counts["refresh_token"] == 0


def test_a_file_is_replaced_whole(person: FakePlatform, monkeypatch: pytest.MonkeyPatch) -> None:
    before = session_file(person.url).path.read_text()

    def torn(*args: object, **kwargs: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(json, "dump", torn)
    with pytest.raises(PlatformError, match="No space left"):
        credentials_for(person.url).token()
    assert session_file(person.url).path.read_text() == before
    assert not list(session_file(person.url).path.parent.glob(".new-*"))


def test_a_damaged_file_says_what_to_do(person: FakePlatform) -> None:
    session_file(person.url).path.write_text("{")
    with pytest.raises(PlatformError, match="sign in again"):
        credentials_for(person.url).token()


def test_the_refresh_token_goes_to_the_issuer_that_gave_it(person: FakePlatform) -> None:
    other = FakePlatform()
    try:
        person.description = {**person.describe(), "issuer": other.issuer}
        with pytest.raises(NotSignedInError, match="changed its sign-in"):
            credentials_for(person.url).token()
        assert other.counts["refresh_token"] == 0
    finally:
        other.close()
