"""10,000 users: pages, few requests, and what one change costs."""

import time

from conftest import Bench
from platform_world import World

USERS, TEAMS = 10_000, 100


def test_ten_thousand_users(world: World, bench: Bench) -> None:
    for number in range(TEAMS):
        world.add_group(f"team{number}", [f"team-team{number}", "revoked"])
    for number in range(USERS):
        world.add_user(f"user{number:05d}", "mlflow-users", f"team{number % TEAMS}", account=number < 1000)
    bench.round()
    asked = [call for call in world.calls if call.startswith("GET /keycloak")]
    # Ten pages and an empty one of users, the same of the gate group, one for each team, and a few more.
    assert len(asked) < 2 * (USERS // 1000 + 1) + TEAMS + 10
    assert not [call for call in world.calls if call.startswith("PATCH")]
    world.calls.clear()
    world.disable("s-user00500")
    started = time.monotonic()
    bench.round()
    took = time.monotonic() - started
    assert not world.accounts["user00500"]["active"]
    assert len(world.calls) < 10
    # Far more than it takes, and far less than anybody waits.
    assert took < 5


def test_a_user_that_is_gone_is_asked_for_once(world: World, bench: Bench) -> None:
    world.add_user("vera", "mlflow-users")
    for _ in range(5):
        world.note("UPDATE", "users/s-gone")
    bench.round()
    assert world.calls.count("GET /keycloak/admin/realms/test/users/s-gone") == 1
