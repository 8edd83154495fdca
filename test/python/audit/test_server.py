"""The service as its senders see it."""

import asyncio
import io
import json
import os
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from audit_service.settings import Settings, SettingsError, from_environment
from audit_service.times import now, to_ms

from conftest import CANARY, TOKEN, Client, event, keycloak, running, sent, stored

ENTRIES = (Path(__file__).parent / "minio_entries.jsonl").read_text()


def served(settings: Settings, work: Callable[[Client], Awaitable[None]]) -> None:
    async def main() -> None:
        async with running(settings) as client:
            await work(client)

    asyncio.run(main())


@pytest.mark.parametrize(
    ("body", "kept"),
    [
        (json.dumps(event()), 1),
        (json.dumps([event(), event()]), 2),
        ("\n".join(json.dumps(event()) for _ in range(3)) + "\n", 3),
        ("[]", 0),
        (json.dumps(event(target="a\u2028b"), ensure_ascii=False) + "\n" + json.dumps(event()), 2),
    ],
)
def test_takes_an_object_an_array_or_lines(settings: Settings, body: str, kept: int) -> None:
    async def work(client: Client) -> None:
        answer = await client.post("/events", data=body.encode())
        assert (answer.status, await answer.json()) == (200, {"stored": kept, "malformed": 0})

    served(settings, work)
    assert [each["event"] for each in sent(settings)] == ["write"] * kept


@pytest.mark.parametrize(
    "body", ["", "no json", '{"event":"write"}', "[1]", "[" * 100_000, '{"a":1}\nxx\n', "\x00"]
)
def test_keeps_what_is_no_event_and_says_so(settings: Settings, body: str) -> None:
    async def work(client: Client) -> None:
        answer = await client.post("/events", data=body.encode())
        said = await answer.json()
        assert answer.status == 200
        assert said["stored"] == said["malformed"] > 0

    served(settings, work)
    kept = [each for each in stored(settings) if each["event"] == "malformed"]
    assert kept and all(each["detail"]["reason"] for each in kept)


def test_good_events_beside_a_bad_one_are_taken(settings: Settings) -> None:
    async def work(client: Client) -> None:
        answer = await client.post("/events", json=[event(), {"event": CANARY, "password": CANARY}, event()])
        assert await answer.json() == {"stored": 3, "malformed": 1}

    served(settings, work)
    assert len(sent(settings)) == 2
    assert f'"password": "{CANARY}"' not in json.dumps(stored(settings))


def test_too_much_at_once_is_refused(settings: Settings) -> None:
    async def work(client: Client) -> None:
        assert (await client.post("/events", data=io.BytesIO(b"x" * (17 << 20)))).status == 413
        assert (await client.post("/events", json=event())).status == 200

    served(settings, work)


def test_only_minio_may_speak_for_minio(settings: Settings) -> None:
    async def work(client: Client) -> None:
        for headers in ({}, {"Authorization": "wrong"}, {"Authorization": f"Bearer {TOKEN}"}):
            assert (await client.post("/minio", data=ENTRIES, headers=headers)).status == 403
        assert sent(settings) == []
        answer = await client.post("/minio", data=ENTRIES + "no json\n", headers={"Authorization": TOKEN})
        assert (await answer.json())["malformed"] == 1

    served(settings, work)
    kept = {each["event"] for each in sent(settings)}
    # Reads are counted, and told at the latest when the service ends.
    assert kept >= {"write", "read", "refused", "s3.credentials", "admin.add-user", "malformed"}
    text = json.dumps(stored(settings))
    assert "canary" not in text and "eyJ" not in text


def test_tells_of_its_start_and_end_so_that_gaps_show(settings: Settings) -> None:
    async def work(client: Client) -> None:
        assert (await client.get("/healthz")).status == 200

    served(settings, work)
    assert [each["event"] for each in stored(settings)] == ["audit.started", "audit.stopped"]


def test_is_ill_while_nothing_can_be_stored_and_has_senders_try_again(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    async def work(client: Client) -> None:
        with monkeypatch.context() as patch:
            patch.setattr(os, "fdatasync", full)
            assert (await client.post("/events", json=event())).status == 503
            health = await client.get("/healthz")
            assert (health.status, (await health.json())["problem"]) == (
                503,
                f"{settings.folder}: No space left on device",
            )
        assert (await client.post("/events", json=event())).status == 200
        assert (await client.get("/healthz")).status == 200

    served(settings, work)
    assert len(sent(settings)) == 1


def test_pulls_keycloaks_events_by_itself(settings: Settings) -> None:
    async def main() -> dict[str, Any]:
        async with keycloak(settings) as (played, theirs):
            played.add(to_ms(now()))
            async with running(theirs) as client:
                while not sent(settings):
                    await asyncio.sleep(0.05)
                health: dict[str, Any] = await (await client.get("/healthz")).json()
                return health

    health = asyncio.run(asyncio.wait_for(main(), 20))
    assert health["keycloak"]["error"] is None
    (login,) = sent(settings)
    assert (login["event"], login["actor"]) == ("login", "vera")
    assert CANARY not in json.dumps(stored(settings))


def test_is_healthy_without_keycloak_and_tells_of_it(settings: Settings) -> None:
    async def work(client: Client) -> None:
        async def told() -> str:
            while (error := (await (await client.get("/healthz")).json())["keycloak"]["error"]) is None:
                await asyncio.sleep(0.05)
            return str(error)

        assert await asyncio.wait_for(told(), 10) == "no token: ClientConnectorError"
        assert (await client.get("/healthz")).status == 200

    served(settings, work)


@pytest.mark.parametrize(
    ("wrong", "named"),
    [
        ({"KEYCLOAK_URL": "keycloak:8080"}, "KEYCLOAK_URL"),
        ({"KEYCLOAK_REALM": " "}, "KEYCLOAK_REALM"),
        ({"AUDIT_DAYS": "0"}, "AUDIT_DAYS"),
        ({"AUDIT_DAYS": "-1"}, "AUDIT_DAYS"),
        ({"AUDIT_MAX_MIB": "much"}, "AUDIT_MAX_MIB"),
        ({}, "KEYCLOAK_CLIENT_SECRET"),
    ],
)
def test_does_not_start_with_a_setting_that_cannot_work(wrong: dict[str, str], named: str) -> None:
    right = {"KEYCLOAK_URL": "http://keycloak:8080", "KEYCLOAK_REALM": "r", "KEYCLOAK_CLIENT_ID": "c"}
    with pytest.raises(SettingsError, match=named):
        from_environment({**right, **wrong})
