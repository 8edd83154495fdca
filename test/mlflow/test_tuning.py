"""Tests of what spares work, in the image and with the versions that are served: it decides nothing else."""

import base64
import hmac
import json
import time
import types
import unittest
from collections.abc import Callable
from typing import Any

from harness import ADMIN, KEY, ask, make_workspace, member, scope, token
from joserfc.jwk import RSAKey
from mlflow.server import app as flask
from mlflow_oidc_auth.middleware import auth_middleware
from mlflow_oidc_auth.middleware.auth_aware_wsgi_middleware import AuthAwareWSGIMiddleware
from mlflow_oidc_auth.store import store
from starlette.routing import Match, Mount

from mlflow_platform import tuning
from mlflow_platform.app import app
from mlflow_platform.versions import UnexpectedVersion

SEARCH = "/api/2.0/mlflow/experiments/search"
STRANGER = RSAKey.generate_key(2048, {"kid": "test", "alg": "RS256", "use": "sig"})
make_workspace("vision")


def forged(username: str, algorithm: str, sign: Callable[[bytes], bytes]) -> str:
    """A token that says itself how it is signed."""
    payload = token(username).split(".")[1]
    message = f"{encoded(json.dumps({'alg': algorithm, 'kid': 'test'}).encode())}.{payload}"
    return f"{message}.{encoded(sign(message.encode()))}"


def encoded(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def ours() -> tuning.DirectMount:
    first = app.router.routes[0]
    assert isinstance(first, tuning.DirectMount)
    return first


def takes(request: dict[str, Any]) -> bool:
    return ours().matches(request)[0] is Match.FULL


class Routing(unittest.TestCase):
    def test_takes_what_the_mount_would_have_got_and_nothing_else(self) -> None:
        others = app.router.routes[1:]
        taken = 0
        for rule in flask.url_map.iter_rules():
            for method in sorted(rule.methods or ()):
                request = scope(method, rule.rule)
                first = next(route for route in others if route.matches(dict(request))[0] is Match.FULL)
                is_mount = isinstance(first, Mount) and isinstance(first.app, AuthAwareWSGIMiddleware)
                if takes(request):
                    taken += 1
                    self.assertTrue(is_mount, f"{method} {rule.rule} belongs to {first}")
        self.assertGreater(taken, 300)

    def test_hands_the_same_on_as_the_mount(self) -> None:
        request = scope("POST", SEARCH)
        self.assertEqual(ours().matches(request), app.router.routes[-1].matches(request))
        self.assertIs(ours().app, app.router.routes[-1].app)

    def test_takes_what_is_used_most(self) -> None:
        for method, path in [("POST", SEARCH), ("GET", "/api/2.0/mlflow/runs/get")]:
            self.assertTrue(takes(scope(method, path)), path)

    def test_leaves_every_other_spelling_to_the_routes(self) -> None:
        for path in [
            "/" + SEARCH, SEARCH + "/", SEARCH.upper(), "/x/.." + SEARCH, SEARCH.replace("/mlflow", "//mlflow"),
            SEARCH.replace("/mlflow", "/./mlflow"), SEARCH + "\n", SEARCH + "%2F", SEARCH + ";a", SEARCH + "?a", "",
        ]:  # fmt: skip
            self.assertFalse(takes(scope("POST", path)), path)

    def test_leaves_what_is_not_as_it_was_sent_to_the_routes(self) -> None:
        self.assertFalse(takes(scope("POST", SEARCH, raw_path=SEARCH.replace("/mlflow", "%2Fmlflow").encode())))
        self.assertFalse(takes(scope("POST", SEARCH, raw_path=None)))
        self.assertFalse(takes(scope("POST", SEARCH, root_path="/api")))
        self.assertFalse(takes(scope("DELETE", SEARCH)))
        self.assertFalse(takes(scope("post", SEARCH)))
        self.assertFalse(takes({"type": "websocket", "path": SEARCH, "raw_path": SEARCH.encode(), "headers": []}))

    def test_remembers_no_more_than_what_flask_serves(self) -> None:
        before = len(ours()._taken)
        for number in range(100):
            takes(scope(f"M{number}", f"/{number}"))
        self.assertEqual(len(ours()._taken), before)

    def test_leaves_a_path_that_a_route_serves_too(self) -> None:
        async def served(*_: Any) -> None: ...

        from starlette.routing import Route

        mount = app.router.routes[-1]
        for path in [SEARCH, "/api/{rest:path}"]:
            direct = tuning.DirectMount(mount, [Route(path, served, methods=["GET"]), mount], [("POST", SEARCH)])
            # Even where the method is another: then the routes decide, as they do today.
            self.assertIs(direct.matches(scope("POST", SEARCH))[0], Match.NONE)


class Access(unittest.TestCase):
    def ask(self, bearer: str | None) -> int:
        """What everybody with an account may see: the account."""
        return ask("GET", "/api/2.0/mlflow/users/current", bearer)[0]

    def test_refuses_who_says_nothing(self) -> None:
        self.assertEqual(self.ask(None), 401)
        self.assertEqual(ask("GET", "/", accept="text/html")[0], 302)

    def test_asks_flasks_hooks(self) -> None:
        # MLflow's own, which knows its hosts, and the plugin's, which lets nobody but administrators touch webhooks.
        admin = token(ADMIN)
        self.assertEqual(ask("POST", SEARCH, admin, {"max_results": 1})[0], 200)
        self.assertEqual(ask("POST", SEARCH, admin, {"max_results": 1}, host="evil.example.com")[0], 403)
        manager = member("hooked", "vision", "MANAGE")
        self.assertEqual(manager.status("POST", SEARCH, {"max_results": 1}), 200)
        self.assertEqual(manager.status("GET", "/api/2.0/mlflow/webhooks"), 403)

    def test_refuses_a_bad_token_after_a_good_one(self) -> None:
        good = token("validated")
        self.assertEqual([self.ask(good), self.ask(good)], [200, 200])
        past = int(time.time()) - 1
        public = KEY.as_pem(private=False)
        for bad in [
            token("validated", key=STRANGER),
            token("validated", exp=past),
            token("validated", aud="account"),
            token("validated", iss="https://elsewhere.example.com"),
            good[:-4] + "AAAA",
            forged("validated", "none", lambda _: b""),
            forged("validated", "HS256", lambda message: hmac.digest(public, message, "sha256")),
        ]:
            self.assertEqual(self.ask(bad), 401, bad)
        self.assertEqual(self.ask(good), 200)

    def test_refuses_who_is_in_no_team_at_first_and_later(self) -> None:
        outsider = token("outsider", groups=[])
        self.assertEqual([self.ask(outsider), self.ask(outsider)], [401, 401])
        self.assertFalse(store.has_user("outsider"))

    def test_refuses_a_disabled_account_at_once(self) -> None:
        self.assertEqual(self.ask(token("disabled")), 200)
        store.update_user("disabled", active=False)
        self.assertEqual(self.ask(token("disabled")), 401)
        store.update_user("disabled", active=True)
        self.assertEqual(self.ask(token("disabled")), 200)

    def test_takes_an_administrators_rights_away_at_once(self) -> None:
        self.ask(token("demoted"))
        store.update_user("demoted", is_admin=True)
        create = "/api/2.0/mlflow/experiments/create"
        # Allowed, but what is sent has no name.
        self.assertEqual(ask("POST", create, token("demoted"))[0], 400)
        store.update_user("demoted", is_admin=False)
        self.assertEqual(ask("POST", create, token("demoted"))[0], 403)

    def test_refuses_a_deleted_account_once_and_looks_at_its_groups_again(self) -> None:
        self.assertEqual(self.ask(token("deleted")), 200)
        store.delete_user("deleted")
        self.assertEqual(self.ask(token("deleted", groups=[])), 401)
        self.assertEqual(self.ask(token("deleted", groups=[])), 401)
        self.assertFalse(store.has_user("deleted"))
        self.assertEqual(self.ask(token("deleted")), 200)

    def test_looks_for_a_known_account_only_once(self) -> None:
        self.ask(token("known"))
        looked = 0
        real = auth_middleware.store

        class Counting:
            def __getattr__(self, name: str) -> Any:
                nonlocal looked
                looked += name == "has_user"
                return getattr(real, name)

        auth_middleware.store = Counting()
        try:
            self.assertEqual(self.ask(token("known")), 200)
        finally:
            auth_middleware.store = real
        self.assertEqual(looked, 0)


class Pings(unittest.TestCase):
    def setUp(self) -> None:
        self.asked = 0
        test = self

        class Dialect:
            def do_ping(self, _connection: Any) -> bool:
                test.asked += 1
                return True

        class Connection:
            closed = False

        tuning.ping_idle_connections_only(Dialect)
        self.dialect, self.connection = Dialect(), Connection()

    def test_asks_once_within_the_time_and_each_connection(self) -> None:
        for _ in range(5):
            self.assertTrue(self.dialect.do_ping(self.connection))
        self.assertEqual(self.asked, 1)
        self.dialect.do_ping(type(self.connection)())
        self.assertEqual(self.asked, 2)

    def test_asks_again_after_it(self) -> None:
        self.dialect.do_ping(self.connection)
        clock = tuning.time
        tuning.time = types.SimpleNamespace(monotonic=lambda: clock.monotonic() + tuning.PING_SECONDS)
        try:
            self.dialect.do_ping(self.connection)
        finally:
            tuning.time = clock
        self.assertEqual(self.asked, 2)

    def test_asks_where_the_connection_is_known_to_be_closed(self) -> None:
        self.dialect.do_ping(self.connection)
        self.connection.closed = True
        self.dialect.do_ping(self.connection)
        self.assertEqual(self.asked, 2)

    def test_does_not_hide_a_failure(self) -> None:
        class Dead:
            def do_ping(self, _connection: Any) -> bool:
                raise ConnectionError

        tuning.ping_idle_connections_only(Dead)
        for _ in range(2):
            with self.assertRaises(ConnectionError):
                Dead().do_ping(self.connection)


class OtherVersions(unittest.TestCase):
    def test_stop_the_server_with_the_way_out(self) -> None:
        from fastapi import FastAPI

        with self.assertRaisesRegex(UnexpectedVersion, "last route.*pin the former versions"):
            tuning.route_directly(FastAPI(), flask)
        with self.assertRaisesRegex(UnexpectedVersion, "accounts in another way"):
            tuning.skip_provisioning_of_known_accounts(types.SimpleNamespace())
        with self.assertRaisesRegex(UnexpectedVersion, "do_ping"):
            tuning.ping_idle_connections_only(object)


if __name__ == "__main__":
    unittest.main(verbosity=2)
