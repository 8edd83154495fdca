"""People who are disabled, deleted, leave a team, and come back."""

from datetime import timedelta

from warden.store import parent_of

from conftest import Bench
from platform_world import World


def parent(bench: Bench, subject: str) -> str:
    return parent_of(subject, bench.settings.issuer)


def test_disabled(world: World, bench: Bench) -> None:
    vera = world.add_user("vera", "mlflow-users", "vision")
    world.add_user("luis", "mlflow-users", "language")
    bench.round()
    assert world.accounts["vera"]["active"] and not world.revoked
    world.disable(vera)
    bench.round()
    assert not world.accounts["vera"]["active"]
    assert world.accounts["luis"]["active"]
    assert world.denied() == {vera: {("s3:*", "arn:aws:s3:::*")}}
    assert world.revoked == [parent(bench, vera)]
    assert ("account.deactivated", "vera") in world.names()


def test_denied_before_credentials_are_deleted(world: World, bench: Bench) -> None:
    vera = world.add_user("vera", "mlflow-users", "vision")
    bench.round()
    world.disable(vera)
    world.calls.clear()
    bench.round()
    put = world.calls.index("PUT /minio-host/minio/admin/v3/add-canned-policy")
    revoke = world.calls.index("POST /minio-host/minio/admin/v3/revoke-tokens/builtin")
    assert put < revoke


def test_the_parent_is_the_one_that_the_store_derives() -> None:
    # From cmd/sts-handlers.go: base64url without padding of SHA-256 of "openid:<sub>:<iss>".
    parent = parent_of("0f0b2918-671d-44c0-b528-acc87a11a040", "http://localhost:8081/realms/mlflow-dev")
    assert parent == "2rUie9SemYxQm8dOBPvHXHk6yh8NP6RpcpoKQ2D3fTY"


def test_disabled_without_an_event(world: World, bench: Bench) -> None:
    vera = world.add_user("vera", "mlflow-users", "vision")
    bench.round()
    world.disable(vera, told=False)
    bench.round()
    assert world.accounts["vera"]["active"]
    bench.sweep()
    assert not world.accounts["vera"]["active"]
    assert vera in world.denied()


def test_disabled_without_an_account(world: World, bench: Bench) -> None:
    ines = world.add_user("ines", "mlflow-users", "vision", account=False)
    bench.round()
    world.disable(ines)
    bench.round()
    assert world.denied().keys() == {ines}
    assert world.revoked == [parent(bench, ines)]


def test_enabled_again(world: World, bench: Bench) -> None:
    vera = world.add_user("vera", "mlflow-users", "vision")
    bench.round()
    world.disable(vera)
    bench.round()
    world.enable(vera)
    bench.round()
    assert world.accounts["vera"]["active"]
    assert world.accounts["vera"]["groups"] == ["mlflow-users", "vision"]
    assert world.denied() == {}
    assert world.names()[-1] == ("account.reactivated", "vera")


def test_deactivated_by_hand_stays_so(world: World, bench: Bench) -> None:
    vera = world.add_user("vera", "mlflow-users", "vision")
    world.accounts["vera"]["active"] = False
    bench.round()
    world.disable(vera)
    bench.round()
    world.enable(vera)
    bench.round()
    assert not world.accounts["vera"]["active"]
    assert not world.accounts["vera"]["deactivatedByWarden"]


def test_deleted(world: World, bench: Bench) -> None:
    vera = world.add_user("vera", "mlflow-users", "vision")
    world.add_user("luis", "mlflow-users", "language")
    bench.round()
    world.delete(vera)
    bench.round()
    assert not world.accounts["vera"]["active"]
    assert vera in world.denied()
    assert world.revoked == [parent(bench, vera)]


def test_another_user_of_the_same_name_gets_the_account_without_what_opened_it(
    world: World, bench: Bench, clock: list[timedelta]
) -> None:
    vera = world.add_user("vera", "mlflow-users", "vision")
    world.add_user("luis", "mlflow-users", "language")
    bench.round()
    world.delete(vera)
    world.add_user("vera", "mlflow-users", "language", account=False, id="s-vera-2")
    world.note("CREATE", "users/s-vera-2")
    bench.round()
    bench.sweep()
    # MLflow goes by the name: a token of the former user must not open the account of the new one.
    account = world.accounts["vera"]
    assert not account["active"] and account["subjects"] == [vera] and vera in world.denied()
    clock[0] = timedelta(minutes=7)
    for _ in range(3):
        bench.sweep()
    assert account["active"] and account["subjects"] == ["s-vera-2"]
    assert account["groups"] == ["language", "mlflow-users"]


def test_left_a_team(world: World, bench: Bench) -> None:
    vera = world.add_user("vera", "mlflow-users", "vision", "language")
    bench.round()
    world.leave(vera, "vision")
    bench.round()
    assert world.accounts["vera"]["groups"] == ["language", "mlflow-users"]
    assert world.accounts["vera"]["active"]
    # The other team's bucket stays open.
    assert world.denied() == {
        vera: {
            ("s3:GetObject", "arn:aws:s3:::mlflow-vision/*"),
            ("s3:PutObject", "arn:aws:s3:::mlflow-vision/*"),
        }
    }
    assert world.revoked == [parent(bench, vera)]


def test_left_the_administrators_of_a_team_only(world: World, bench: Bench) -> None:
    world.add_group("vision.admins", ["admin-vision", "revoked"])
    vera = world.add_user("vera", "mlflow-users", "vision", "vision.admins")
    bench.round()
    world.leave(vera, "vision.admins")
    bench.round()
    assert world.denied() == {vera: {("s3:DeleteObject", "arn:aws:s3:::mlflow-vision/*")}}


def test_left_without_an_event(world: World, bench: Bench) -> None:
    vera = world.add_user("vera", "mlflow-users", "vision", "language")
    bench.round()
    world.leave(vera, "vision", told=False)
    bench.sweep()
    assert world.accounts["vera"]["groups"] == ["language", "mlflow-users"]
    assert vera in world.denied()


def test_joined(world: World, bench: Bench) -> None:
    vera = world.add_user("vera", "mlflow-users", "vision")
    bench.round()
    world.leave(vera, "vision")
    bench.round()
    assert vera in world.denied()
    world.members["g-vision"].add(vera)
    world.note("CREATE", f"users/{vera}/groups/g-vision")
    bench.round()
    assert world.accounts["vera"]["groups"] == ["mlflow-users", "vision"]
    assert world.denied() == {}


def test_a_deleted_group_takes_its_members_along(world: World, bench: Bench) -> None:
    vera = world.add_user("vera", "mlflow-users", "vision", "language")
    bench.round()
    del world.groups["g-vision"], world.members["g-vision"]
    world.note("DELETE", "groups/g-vision")
    bench.round()
    assert world.accounts["vera"]["groups"] == ["language", "mlflow-users"]
    assert vera in world.denied()


def test_out_of_the_last_team_nobody_stays_signed_in(world: World, bench: Bench) -> None:
    vera = world.add_user("vera", "mlflow-users", "vision")
    world.add_user("luis", "mlflow-users", "language")
    bench.round()
    world.leave(vera, "vision")
    world.leave(vera, "mlflow-users")
    bench.round()
    assert not world.accounts["vera"]["active"]
    world.members["g-mlflow-users"].add(vera)
    world.note("CREATE", f"users/{vera}/groups/g-mlflow-users")
    bench.round()
    assert world.accounts["vera"]["active"]


def test_administrators_follow_their_group(world: World, bench: Bench) -> None:
    ada = world.add_user("ada", "mlflow-users")
    world.add_user("bea", "mlflow-admins")
    bench.round()
    world.members["g-mlflow-admins"].add(ada)
    world.note("CREATE", f"users/{ada}/groups/g-mlflow-admins")
    bench.round()
    assert world.accounts["ada"]["admin"]
    world.leave(ada, "mlflow-admins")
    bench.round()
    assert not world.accounts["ada"]["admin"]


def test_service_account_disabled_by_its_client(world: World, bench: Bench) -> None:
    world.add_user("vera", "mlflow-users", "vision")
    subject = world.add_service_account("vision-ci", "vision")
    bench.round()
    world.clients[0]["enabled"] = False
    world.note("UPDATE", "clients/c-vision-ci")
    bench.round()
    assert not world.accounts["service-account-vision-ci"]["active"]
    assert subject in world.denied()
    world.clients[0]["enabled"] = True
    world.note("UPDATE", "clients/c-vision-ci")
    bench.round()
    assert world.accounts["service-account-vision-ci"]["active"]
    assert world.denied() == {}


def test_service_account_disabled_by_its_user_or_gone(world: World, bench: Bench) -> None:
    world.add_user("vera", "mlflow-users", "vision")
    first = world.add_service_account("vision-ci", "vision")
    second = world.add_service_account("vision-cron")
    bench.round()
    assert world.accounts["service-account-vision-cron"]["active"]
    world.disable(first)
    world.delete(second, told=False)
    world.note("DELETE", "clients/c-vision-cron")
    bench.round()
    bench.sweep()
    assert not world.accounts["service-account-vision-ci"]["active"]
    assert not world.accounts["service-account-vision-cron"]["active"]
    assert world.denied().keys() == {first, second}


def test_own_accounts_and_those_made_by_hand_are_left_alone(world: World, bench: Bench) -> None:
    world.add_user("vera", "mlflow-users", "vision")
    own = world.add_service_account("mlflow-provisioner")
    world.add_user("robot")
    world.accounts["robot"]["subjects"] = []
    del world.users["s-robot"]
    bench.round()
    world.disable(own)
    bench.round()
    assert world.accounts["service-account-mlflow-provisioner"]["active"]
    assert world.accounts["robot"]["active"]


def test_nothing_to_do_asks_for_events_only(world: World, bench: Bench) -> None:
    world.add_user("vera", "mlflow-users", "vision")
    bench.round()
    world.calls.clear()
    bench.round()
    assert world.calls == ["GET /keycloak/admin/realms/test/admin-events"]


def test_one_event_asks_for_one_user(world: World, bench: Bench) -> None:
    vera = world.add_user("vera", "mlflow-users", "vision")
    bench.round()
    world.note("UPDATE", f"users/{vera}")
    world.calls.clear()
    bench.round()
    asked = [
        call.removeprefix("GET /keycloak/admin/realms/test/") for call in world.calls if "keycloak" in call
    ]
    assert asked == ["admin-events", f"users/{vera}", f"users/{vera}/groups"]
