"""Tests of the route by which the warden changes accounts, in the image and with the versions that are served."""

import base64
import json
import unittest
from datetime import UTC, datetime, timedelta
from typing import Any

from harness import ADMIN, Person, api, ask, make_workspace, token
from mlflow_oidc_auth.db.models import SqlUserGroup
from mlflow_oidc_auth.store import store

PATH = "/platform/accounts"
GATE = "mlflow-users"
make_workspace("vision")


def keeper() -> Person:
    return Person(ADMIN)


def account(name: str) -> dict[str, Any]:
    status, text = ask("GET", PATH, keeper().token)
    assert status == 200, text
    return next(one for one in json.loads(text) if one["username"] == name)


def change(name: str, **changes: Any) -> int:
    return keeper().status("PATCH", f"{PATH}/{name}", changes)


def signed_in(name: str) -> Person:
    person = Person(name)
    assert person.status("GET", api("users/current")) == 200
    return person


def personal_token(person: Person) -> dict[str, str]:
    expiration = (datetime.now(UTC) + timedelta(days=1)).isoformat()
    made = person.json("POST", api("users/current/tokens"), {"name": "notebook", "expiration": expiration})
    basic = base64.b64encode(f"{person.name}:{made['token']}".encode()).decode()
    return {"authorization": f"Basic {basic}"}


class Accounts(unittest.TestCase):
    def test_only_administrators(self) -> None:
        curious = signed_in("curious")
        self.assertEqual(ask("GET", PATH)[0], 401)
        self.assertEqual(curious.status("GET", PATH), 403)
        self.assertEqual(curious.status("PATCH", f"{PATH}/{ADMIN}", {"active": False}), 403)
        self.assertEqual(curious.status("PATCH", f"{PATH}/curious", {"admin": True}), 403)
        self.assertFalse(account("curious")["admin"])

    def test_lists_what_the_warden_compares(self) -> None:
        signed_in("listed")
        self.assertEqual(
            account("listed"),
            {
                "username": "listed",
                "active": True,
                "admin": False,
                "serviceAccount": False,
                "deactivatedByWarden": False,
                "groups": [GATE],
                "subjects": ["id-of-listed"],
            },
        )

    def test_deactivated_and_active_again(self) -> None:
        person = signed_in("leaver")
        personal = personal_token(person)
        self.assertEqual(ask("GET", api("users/current"), **personal)[0], 200)
        self.assertEqual(change("leaver", active=False), 200)
        self.assertEqual(person.status("GET", api("users/current")), 401)
        self.assertEqual(ask("GET", api("users/current"), **personal)[0], 401)
        found = account("leaver")
        self.assertEqual((found["active"], found["deactivatedByWarden"]), (False, True))
        self.assertEqual(change("leaver", active=True, groups=[GATE, "vision"], admin=False), 200)
        self.assertEqual(person.status("GET", api("users/current")), 200)
        # For good.
        self.assertEqual(ask("GET", api("users/current"), **personal)[0], 401)
        self.assertEqual(account("leaver")["groups"], [GATE, "vision"])
        self.assertEqual(store.get_user_detail("leaver")["managed_by"], "oidc:default")

    def test_by_hand_is_by_hand(self) -> None:
        signed_in("banned")
        self.assertEqual(keeper().status("PATCH", api("users/banned/active"), {"active": False}), 200)
        found = account("banned")
        self.assertEqual((found["active"], found["deactivatedByWarden"]), (False, False))
        # Not taken over by the warden either.
        self.assertEqual(change("banned", active=False), 200)
        self.assertFalse(account("banned")["deactivatedByWarden"])
        self.assertEqual(change("banned", active=True), 409)
        self.assertFalse(account("banned")["active"])

    def test_groups_are_owned_as_by_the_login(self) -> None:
        """A login takes away only what it owns itself; so the warden's must be its own."""
        signed_in("mover")
        self.assertEqual(change("mover", groups=[GATE, "vision", "new-group"]), 200)
        with store.user_repo._Session() as session:
            owners = {row.managed_by for row in session.query(SqlUserGroup)}
        self.assertEqual(owners, {"oidc:default"})
        store.set_user_groups("mover", [GATE], written_by="oidc:default")
        self.assertEqual(account("mover")["groups"], [GATE])

    def test_a_group_counts_at_once(self) -> None:
        grants = "/api/3.0/mlflow/permissions/workspaces/vision/groups"
        store.populate_groups(["vision"], written_by="manual")
        keeper().json("POST", grants, {"group_name": "vision", "permission": "EDIT"})
        signed_in("joiner")
        joiner = Person("joiner", "vision")
        search = ("POST", api("experiments/search"), {"max_results": 1})
        self.assertEqual(joiner.status(*search), 403)
        self.assertEqual(change("joiner", groups=[GATE, "vision"]), 200)
        self.assertEqual(joiner.status(*search), 200)
        self.assertEqual(change("joiner", groups=[GATE]), 200)
        self.assertEqual(joiner.status(*search), 403)

    def test_a_successor_is_bound(self) -> None:
        signed_in("namesake")
        self.assertEqual(change("namesake", active=False), 200)
        self.assertEqual(change("namesake", subject="id-of-the-next", active=True), 200)
        self.assertEqual(account("namesake")["subjects"], ["id-of-the-next"])
        successor = token("namesake", sub="id-of-the-next")
        self.assertEqual(ask("GET", api("users/current"), successor)[0], 200)

    def test_administrators_come_and_go_but_for_the_last(self) -> None:
        signed_in("deputy")
        self.assertEqual(change("deputy", admin=True), 200)
        self.assertTrue(account("deputy")["admin"])
        self.assertEqual(change("deputy", admin=False), 200)
        self.assertFalse(account("deputy")["admin"])
        self.assertEqual(change(ADMIN, admin=False), 409)
        self.assertEqual(change(ADMIN, active=False), 409)
        self.assertTrue(account(ADMIN)["active"])

    def test_any_name(self) -> None:
        for name in ("Вера", "a/b", "a b", "o'reader+x@example.org"):
            name = name.lower()
            store.create_user(name, display_name=name)
            self.assertEqual(change(name, active=False), 200, name)
            self.assertFalse(account(name)["active"])

    def test_unknown(self) -> None:
        self.assertEqual(change("nobody-of-this-name", active=False), 404)
        self.assertEqual(change("keeper", other=True), 422)
