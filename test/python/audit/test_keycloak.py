"""Keycloak's events: named as people say it, and each exactly once whatever fails."""

import asyncio
import json
from collections import Counter
from typing import Any

import aiohttp
import pytest
from audit_service.days import DayFiles
from audit_service.keycloak import Api, KeycloakError, Puller
from audit_service.keycloak_events import admin_event, login_event
from audit_service.settings import Settings
from audit_service.stream import Stream
from audit_service.times import now, to_ms

from conftest import CANARY, REALM, VERA, VISION, Keycloak, keycloak, sent

ID = "33333333-3333-4333-8333-333333333333"


async def name_of(resource: str) -> str | None:
    return {f"users/{VERA}": "vera", f"groups/{VISION}": "vision"}.get(resource)


def mapped(kind: str, **more: Any) -> Any:
    raw = {
        "id": ID,
        "time": 1769860800123,
        "type": kind,
        "userId": VERA,
        "clientId": "mlflow",
        "ipAddress": "::1",
        **more,
    }
    return asyncio.run(login_event(raw, name_of))


@pytest.mark.parametrize(
    ("kind", "event", "status"),
    [
        ("LOGIN", "login", "success"),
        ("LOGIN_ERROR", "login.refused", "refused"),
        ("LOGOUT", "logout", "success"),
        ("CODE_TO_TOKEN", "token", "success"),
        ("CODE_TO_TOKEN_ERROR", "token.refused", "refused"),
        ("REFRESH_TOKEN", "token", "success"),
        ("REFRESH_TOKEN_ERROR", "token.refused", "refused"),
        ("CLIENT_LOGIN", "token", "success"),
        ("CLIENT_LOGIN_ERROR", "token.refused", "refused"),
        ("OAUTH2_DEVICE_AUTH", "login.device", "success"),
        ("OAUTH2_DEVICE_CODE_TO_TOKEN", "token", "success"),
        ("REVOKE_GRANT", "token.revoked", "success"),
        ("UPDATE_PASSWORD", "account.update-password", "success"),
        ("USER_DISABLED_BY_TEMPORARY_LOCKOUT", "account.locked", "success"),
        ("SOMETHING_NEW_ERROR", "account.something-new.refused", "refused"),
    ],
)
def test_names_events(kind: str, event: str, status: str) -> None:
    taken = mapped(kind)
    assert (taken["event"], taken["status"], taken["actor"], taken["subject"]) == (
        event,
        status,
        "vera",
        VERA,
    )


def test_takes_over_who_where_and_how_and_no_code() -> None:
    details = {
        "username": "vera",
        "auth_method": "openid-connect",
        "token_id": "onrtac:1",
        "code_id": CANARY,
        "redirect_uri": f"https://mlflow/callback?code={CANARY}",
        "code": CANARY,
        "refresh_token_id": CANARY,
    }
    assert mapped("CODE_TO_TOKEN", details=details, sessionId="s1") == {
        "time": "2026-01-31T12:00:00.123Z",
        "source": "keycloak",
        "event": "token",
        "actor": "vera",
        "subject": VERA,
        "client": "mlflow",
        "ip": "::1",
        "workspace": None,
        "target": None,
        "status": "success",
        "detail": {
            "id": ID,
            "type": "CODE_TO_TOKEN",
            "method": "openid-connect",
            "tokenId": "onrtac:1",
            "grant": "authorization_code",
            "session": "s1",
        },
    }


def test_a_name_that_nobody_has_is_not_kept() -> None:
    # People type their password there.
    refused = mapped("LOGIN_ERROR", userId=None, error="user_not_found", details={"username": CANARY})
    assert (refused["actor"], refused["detail"]["error"]) == (None, "user_not_found")
    assert CANARY not in json.dumps(refused)


def test_who_signs_in_by_address_has_his_name() -> None:
    assert mapped("LOGIN", details={"username": "vera@example.com"})["actor"] == "vera"


def test_a_terminal_that_waits_is_not_refused() -> None:
    assert mapped("OAUTH2_DEVICE_CODE_TO_TOKEN_ERROR", error="authorization_pending") is None
    assert mapped("OAUTH2_DEVICE_CODE_TO_TOKEN_ERROR", error="slow_down") is None
    assert mapped("OAUTH2_DEVICE_CODE_TO_TOKEN_ERROR", error="access_denied")["event"] == "token.refused"


def admin(path: str, realm: str = REALM, **more: Any) -> Any:
    raw = {
        "id": ID,
        "time": 1769860800123,
        "authDetails": {"realmId": realm, "clientId": "c", "userId": VERA, "ipAddress": "192.0.2.1"},
        "operationType": "CREATE",
        "resourceType": "GROUP_MEMBERSHIP",
        "resourcePath": path,
        **more,
    }
    return asyncio.run(admin_event(raw, REALM, name_of))


def test_changes_by_administrators_name_whom_they_touch() -> None:
    taken = admin(f"users/{VERA}/groups/{VISION}")
    assert (taken["event"], taken["actor"], taken["ip"]) == (
        "admin.group-membership.create",
        "vera",
        "192.0.2.1",
    )
    assert (taken["target"], taken["detail"]["path"]) == (
        "users/vera/groups/vision",
        f"users/{VERA}/groups/{VISION}",
    )
    assert admin(f"users/{ID}")["target"] == f"users/{ID}"
    assert admin("x", error="no")["status"] == "failed"


def test_administrators_of_the_master_realm_are_not_taken_for_users() -> None:
    taken = admin("x", realm="another-realm")
    assert (taken["actor"], taken["subject"], taken["detail"]["realm"]) == (None, VERA, "master")


@pytest.mark.parametrize(
    "wrong", [None, "x", {}, {"id": "1", "time": "x", "type": "LOGIN"}, {"id": "1", "time": 10**30}]
)
def test_what_is_no_event_is_kept_as_malformed(wrong: Any) -> None:
    assert asyncio.run(login_event(wrong, name_of))["event"] == "malformed"  # type: ignore[index]
    assert asyncio.run(admin_event(wrong, REALM, name_of))["event"] == "malformed"


class Look:
    """A puller with its stream, as one start of the service has them."""

    def __init__(self, settings: Settings, session: aiohttp.ClientSession) -> None:
        files = DayFiles(settings.folder, settings.days, 100)
        self.stream = Stream(files)
        self._writer = asyncio.create_task(self.stream.run())
        self.puller = Puller(settings, Api(settings, session), self.stream, files)
        self.puller.restore()

    async def end(self) -> None:
        self._writer.cancel()
        await asyncio.gather(self._writer, return_exceptions=True)


def with_keycloak(settings: Settings, work: Any) -> None:
    async def main() -> None:
        async with keycloak(settings) as (played, theirs), aiohttp.ClientSession() as session:
            await work(played, theirs, lambda: Look(theirs, session))

    asyncio.run(main())


def ids(settings: Settings) -> Counter[str]:
    return Counter(event["detail"]["id"] for event in sent(settings))


def test_each_event_is_stored_once_over_looks_and_restarts(settings: Settings) -> None:
    async def work(played: Keycloak, theirs: Settings, start: Any) -> None:
        wanted = [played.add(to_ms(now()) - 86_400_000 * n) for n in range(5)]
        for n in range(4):
            look = start()
            await look.puller.look()
            wanted.append(played.add(to_ms(now())))
            await look.puller.look()
            await look.puller.look()
            await look.end()
            if n == 2:
                # As after a crash before it was written, or a damaged disk.
                (theirs.folder / "keycloak.json").unlink()
        assert ids(theirs) == Counter(raw["id"] for raw in wanted)

    with_keycloak(settings, work)


def test_what_keycloak_commits_late_is_not_missed(settings: Settings) -> None:
    async def work(played: Keycloak, theirs: Settings, start: Any) -> None:
        look = start()
        played.add(to_ms(now()))
        await look.puller.look()
        late = played.add(to_ms(now()) - 50_000)
        await look.puller.look()
        assert ids(theirs)[late["id"]] == 1
        await look.end()

    with_keycloak(settings, work)


def test_a_day_without_this_service_is_made_up_for_page_by_page(settings: Settings) -> None:
    async def work(played: Keycloak, theirs: Settings, start: Any) -> None:
        began = to_ms(now()) - 3_600_000
        # More of one millisecond than a page holds.
        for n in range(1300):
            played.add(began + (n if n < 300 else 300 if n < 900 else n))
        look = start()
        await look.puller.look()
        assert len(ids(theirs)) == 1300 and set(ids(theirs).values()) == {1}
        calls = len(played.calls)
        await look.puller.look()
        # Looks that find nothing ask for the last minute only.
        assert len(played.calls) == calls + 2
        await look.end()

    with_keycloak(settings, work)


def test_keycloaks_absence_loses_nothing(settings: Settings) -> None:
    async def work(played: Keycloak, theirs: Settings, start: Any) -> None:
        look = start()
        await look.puller.look()
        played.refuse = True
        with pytest.raises(KeycloakError):
            await look.puller.look()
        meanwhile = played.add(to_ms(now()) - 30_000)
        played.refuse = False
        played.forget_token = True
        await look.puller.look()
        assert ids(theirs) == Counter([meanwhile["id"]])
        assert played.tokens == 2
        await look.end()

    with_keycloak(settings, work)


def test_names_are_asked_for_once_and_addresses_not_kept(settings: Settings) -> None:
    async def work(played: Keycloak, theirs: Settings, start: Any) -> None:
        for _ in range(20):
            played.add(to_ms(now()), "LOGOUT")
        look = start()
        await look.puller.look()
        assert [call for call in played.calls if call.startswith("users/")] == [f"users/{VERA}?"]
        assert {event["actor"] for event in sent(theirs)} == {"vera"}
        assert "example.com" not in json.dumps(sent(theirs))
        await look.end()

    with_keycloak(settings, work)


def test_a_deleted_user_keeps_the_name_of_his_login(settings: Settings) -> None:
    async def work(played: Keycloak, theirs: Settings, start: Any) -> None:
        played.names.clear()
        began = to_ms(now())
        played.add(began, "LOGIN", details={"username": "vera"})
        played.add(began + 1, "LOGOUT")
        look = start()
        await look.puller.look()
        assert [event["actor"] for event in sent(theirs)] == ["vera", "vera"]
        await look.end()

    with_keycloak(settings, work)


def test_events_older_than_the_retention_are_left(settings: Settings) -> None:
    async def work(played: Keycloak, theirs: Settings, start: Any) -> None:
        played.add(to_ms(now()) - 400 * 86_400_000)
        kept = played.add(to_ms(now()) - 300 * 86_400_000)
        look = start()
        await look.puller.look()
        assert list(ids(theirs)) == [kept["id"]]
        await look.end()

    with_keycloak(settings, work)
