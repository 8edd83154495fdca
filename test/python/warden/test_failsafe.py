"""Nobody is locked out because a service answers nonsense, nothing, or less than there is."""

import json
from collections.abc import Callable

import pytest
from warden.directory import Implausible
from warden.http import ServiceError

from conftest import Bench
from platform_world import World

ADMIN = "GET /keycloak/admin/realms/test/"


@pytest.fixture
def team(world: World, bench: Bench) -> list[str]:
    """Twenty people whom the warden has seen."""
    subjects = [world.add_user(f"user{number:02d}", "mlflow-users", "vision") for number in range(20)]
    bench.round()
    return subjects


def untouched(world: World) -> bool:
    accounts = [account for account in world.accounts.values() if account["active"]]
    return len(accounts) == 20 and not world.revoked and not world.denied()


@pytest.mark.parametrize(
    ("start", "answer"),
    [
        (ADMIN + "users", (200, b"[]")),
        (ADMIN + "users", (200, b"null")),
        (ADMIN + "users", (200, b"{}")),
        (ADMIN + "users", (200, b"<html>maintenance</html>")),
        (ADMIN + "users", (200, b'[{"id":"s-user01"}]')),
        (ADMIN + "users", (403, b"{}")),
        (ADMIN + "users", (404, b'{"error":"Realm not found."}')),
        (ADMIN + "users", (500, b"")),
        (ADMIN + "groups", (200, b"[]")),
        (ADMIN + "groups", (403, b"{}")),
        (ADMIN + "groups/g-mlflow-users/members", (200, b"[]")),
        (ADMIN + "groups/g-mlflow-users/members", (404, b"{}")),
        (ADMIN + "clients", (403, b"{}")),
        (ADMIN, (404, b'{"error":"Realm not found."}')),
        (ADMIN + "admin-events", (200, b"{}")),
        ("POST /keycloak/realms/test/protocol", (401, b'{"error":"invalid_client"}')),
        ("POST /keycloak/realms/test/protocol", (200, b"{}")),
    ],
)
@pytest.mark.parametrize("restarted", [False, True])
def test_nonsense(
    world: World, bench: Bench, team: list[str], start: str, answer: tuple[int, bytes], restarted: bool
) -> None:
    if restarted:
        bench.restart()
    world.broken[start] = answer
    if start.startswith("POST"):
        bench.warden._keycloak._token_until = 0.0
    with pytest.raises((ServiceError, Implausible)):
        bench.sweep()
    assert untouched(world)
    # And when that is over, what happened meanwhile is made up for.
    world.broken.clear()
    world.disable(team[3])
    bench.sweep()
    assert not world.accounts["user03"]["active"]


def test_a_list_cut_short(world: World, bench: Bench, team: list[str]) -> None:
    world.broken[ADMIN + "users/count"] = (200, b"20")
    world.broken[ADMIN + "users"] = (200, json.dumps([world.users[one] for one in team[:5]]).encode())
    with pytest.raises(Implausible, match="lists 5 users and counts 20"):
        bench.sweep()
    assert untouched(world)


@pytest.mark.parametrize(
    "lose",
    [
        lambda world, subject: world.delete(subject, told=False),
        lambda world, subject: world.leave(subject, "mlflow-users", told=False),
    ],
    ids=["deleted", "left"],
)
def test_many_at_once_without_an_event(
    world: World, bench: Bench, team: list[str], lose: Callable[[World, str], None]
) -> None:
    """A realm restored in part, or made anew."""
    for subject in team[:6]:
        lose(world, subject)
    bench.sweep()
    assert sum(account["active"] for account in world.accounts.values()) == 20
    assert bench.warden.alarm is not None and "6 accounts" in bench.warden.alarm
    held = [one for one in world.told if one["event"] == "drift"]
    assert len(held) == 1 and len(held[0]["detail"]["accounts"]) == 6
    # Said once, not in each round.
    bench.sweep()
    assert len([one for one in world.told if one["event"] == "drift"]) == 1


def test_few_at_once_without_an_event(world: World, bench: Bench, team: list[str]) -> None:
    for subject in team[:5]:
        world.delete(subject, told=False)
    bench.sweep()
    assert sum(account["active"] for account in world.accounts.values()) == 15
    assert bench.warden.alarm is None


def test_many_at_once_with_events(world: World, bench: Bench, team: list[str]) -> None:
    for subject in team[:12]:
        world.delete(subject)
    bench.round()
    assert sum(account["active"] for account in world.accounts.values()) == 8


def test_many_disabled_at_once(world: World, bench: Bench, team: list[str]) -> None:
    for subject in team[:12]:
        world.disable(subject, told=False)
    bench.sweep()
    assert sum(account["active"] for account in world.accounts.values()) == 8


@pytest.mark.parametrize("answer", [(500, b""), (403, b""), (200, b"{}"), (200, b"nonsense")])
def test_the_object_store_does_not_wait_for_mlflow(
    world: World, bench: Bench, team: list[str], answer: tuple[int, bytes]
) -> None:
    world.broken["GET /mlflow"] = answer
    world.disable(team[0])
    with pytest.raises(ServiceError, match="MLflow"):
        bench.round()
    assert world.denied().keys() == {team[0]} and len(world.revoked) == 1
    # Without another event: it is still to be done.
    world.broken.clear()
    bench.round()
    assert not world.accounts["user00"]["active"]


@pytest.mark.parametrize(
    "start",
    [
        "PUT /minio-host/minio/admin/v3/add-canned-policy",
        "POST /minio-host/minio/admin/v3/revoke-tokens",
        "GET /minio-host/minio/admin/v3/info-canned-policy",
    ],
)
def test_mlflow_does_not_wait_for_the_object_store(
    world: World, bench: Bench, team: list[str], start: str
) -> None:
    world.broken[start] = (503, b"")
    world.disable(team[0])
    world.leave(team[1], "vision")
    with pytest.raises(ServiceError, match="MinIO"):
        bench.round()
    assert not world.accounts["user00"]["active"]
    assert world.accounts["user01"]["groups"] == ["mlflow-users"]
    world.broken.clear()
    bench.round()
    assert world.denied().keys() == {team[0], team[1]} and len(world.revoked) == 2


def test_one_refused_account_keeps_nobody_else_in(world: World, bench: Bench, team: list[str]) -> None:
    world.broken["PATCH /mlflow/platform/accounts/user00"] = (409, b"the last administrator")
    world.disable(team[0])
    world.disable(team[1])
    with pytest.raises(ServiceError, match="409"):
        bench.round()
    assert not world.accounts["user01"]["active"]
    assert ("drift", "user00") in world.names()


def test_the_audit_service_may_be_away(
    world: World, bench: Bench, team: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    world.broken["POST /audit"] = (500, b"")
    world.disable(team[0])
    bench.round()
    assert not world.accounts["user00"]["active"]
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert "account.deactivated" in [line["event"] for line in lines]
    assert [line["event"] for line in lines].count("audit.away") == 1


@pytest.mark.parametrize("answer", [(404, b'{"error":"Realm not found."}'), (403, b"{}"), (500, b"")])
def test_no_word_about_one_user_is_no_word_of_its_end(
    world: World, bench: Bench, team: list[str], answer: tuple[int, bytes]
) -> None:
    world.broken[f"{ADMIN}users/{team[3]}"] = answer
    world.note("UPDATE", f"users/{team[3]}")
    with pytest.raises(ServiceError):
        bench.round()
    assert untouched(world)


@pytest.mark.parametrize("gate", ["mlflow-users", "mlflow-admins"])
def test_a_realm_without_a_gate(world: World, bench: Bench, team: list[str], gate: str) -> None:
    world.members["g-mlflow-admins"].add(team[0])
    del world.groups[f"g-{gate}"]
    with pytest.raises(Implausible, match=f"no group {gate}"):
        bench.sweep()
    assert untouched(world)


def test_an_account_that_is_removed_meanwhile_is_no_failure(
    world: World, bench: Bench, team: list[str]
) -> None:
    world.broken["PATCH /mlflow/platform/accounts/user00"] = (404, b"no such account")
    world.disable(team[0])
    bench.round()
    assert "drift" not in [one["event"] for one in world.told]
