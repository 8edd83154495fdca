"""How long something is denied, what a restart remembers, and what there is no room for."""

from datetime import timedelta

import pytest
from warden import revocations
from warden.http import ServiceError
from warden.store import parent_of

from conftest import Bench
from platform_world import World


def disabled_member(world: World, bench: Bench) -> str:
    """The subject of a member of vision whom the warden has seen, then found disabled."""
    subject = world.add_user("vera", "mlflow-users", "vision")
    bench.round()
    world.disable(subject)
    bench.round()
    return subject


def test_denied_until_tokens_have_ended_then_deleted_once_more(
    world: World, bench: Bench, clock: list[timedelta]
) -> None:
    vera = disabled_member(world, bench)
    clock[0] = timedelta(minutes=5, seconds=50)
    bench.round()
    assert vera in world.denied() and len(world.revoked) == 1
    clock[0] = timedelta(minutes=7, seconds=1)
    bench.round()
    assert world.denied() == {}
    assert world.revoked == [parent_of(vera, bench.settings.issuer)] * 2
    bench.sweep()
    assert len(world.revoked) == 2


def test_an_entry_stays_when_its_credentials_could_not_be_deleted(
    world: World, bench: Bench, clock: list[timedelta]
) -> None:
    disabled_member(world, bench)
    clock[0] = timedelta(minutes=8)
    world.broken["POST /minio-host/minio/admin/v3/revoke-tokens"] = (500, b"")
    with pytest.raises(ServiceError):
        bench.round()
    world.broken.clear()
    bench.round()
    assert len(world.revoked) == 2


def test_a_restart_takes_up_what_was_under_way(world: World, bench: Bench, clock: list[timedelta]) -> None:
    vera = world.add_user("vera", "mlflow-users", "vision")
    luis = world.add_user("luis", "mlflow-users", "vision", "language")
    bench.round()
    world.disable(vera)
    world.leave(luis, "vision")
    bench.round()
    before = world.policies["revoked"]
    # As if Keycloak had forgotten: the policy alone remembers.
    world.events.clear()
    bench.restart()
    bench.round()
    assert world.policies["revoked"] == before
    clock[0] = timedelta(minutes=8)
    bench.round()
    assert world.denied() == {}
    assert world.revoked.count(parent_of(luis, bench.settings.issuer)) == 2


def test_a_restart_finds_what_happened_meanwhile(world: World, bench: Bench) -> None:
    vera = world.add_user("vera", "mlflow-users", "vision")
    luis = world.add_user("luis", "mlflow-users", "vision", "language", account=False)
    ines = world.add_user("ines", "mlflow-users", "vision", account=False)
    bench.round()
    for subject in (vera, ines):
        world.users[subject]["enabled"] = False
    world.leave(luis, "vision", told=False)
    # Two hours ago: no token of then is valid, but credentials may be.
    for operation, path in (
        ("UPDATE", f"users/{ines}"),
        ("DELETE", f"users/{luis}/groups/g-vision"),
    ):
        world.note(operation, path, ago=timedelta(hours=2))
    bench.restart()
    bench.round()
    issuer = bench.settings.issuer
    assert sorted(world.revoked) == sorted(parent_of(one, issuer) for one in (vera, luis, ines))
    # Of vera nothing is known but that her account is still open: that may be new.
    assert world.denied().keys() == {vera}
    assert not world.accounts["vera"]["active"]


def test_what_is_older_than_credentials_live_is_let_be(world: World, bench: Bench) -> None:
    ines = world.add_user("ines", "mlflow-users", "vision", account=False)
    world.add_user("vera", "mlflow-users", "vision")
    world.users[ines]["enabled"] = False
    world.note("UPDATE", f"users/{ines}", ago=timedelta(hours=9))
    bench.round()
    assert not world.revoked and world.denied() == {}


def test_who_finds_no_room_is_revoked_in_each_round(world: World, bench: Bench) -> None:
    subjects = [world.add_user(f"{number:036d}", "mlflow-users") for number in range(700)]
    bench.round()
    for subject in subjects:
        world.disable(subject)
    bench.round()
    denied = world.denied()
    assert 400 < len(denied) < 700
    assert len(set(world.revoked)) == 700
    world.revoked.clear()
    bench.round()
    outside = {parent_of(one, bench.settings.issuer) for one in subjects if one not in denied}
    assert set(world.revoked) == outside


def test_statements_of_others_are_not_taken_for_entries(world: World, bench: Bench) -> None:
    world.add_user("vera", "mlflow-users", "vision")
    statement = {
        "Effect": "Deny",
        "Action": ["s3:*"],
        "Resource": ["arn:aws:s3:::*"],
        "Condition": {"StringEquals": {"jwt:sub": [""]}},
    }
    world.policies["revoked"] = {"Version": "2012-10-17", "Statement": [statement]}
    bench.round()
    assert bench.warden.revocations.entries == {}
    assert world.policies["revoked"]["Statement"] == [statement]


def test_an_empty_policy_denies_nobody() -> None:
    document = revocations._document([])
    assert b'"jwt:sub":[""]' in document
