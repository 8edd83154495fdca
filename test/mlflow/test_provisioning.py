"""Tests of how accounts are made by a first token, in the image and with two workers of one server."""

import multiprocessing
import os
import time
import types
import unittest
from typing import Any

from harness import ADMIN, Person, make_workspace, token
from mlflow_oidc_auth import auth, user
from mlflow_oidc_auth.middleware import AuthMiddleware
from mlflow_oidc_auth.store import store

from mlflow_platform import provisioning
from mlflow_platform.app import app
from mlflow_platform.versions import UnexpectedVersion

#: Seconds for which the other worker leaves an account without its groups: far more than a request takes.
HALF_MADE_SECONDS = 3
GATE = os.environ["OIDC_GROUP_NAME"]
TEAM = "vision-members"
SEARCH = "/api/2.0/mlflow/experiments/search"
make_workspace("vision")
store.populate_groups([TEAM], written_by="manual")
Person(ADMIN).json(
    "POST",
    "/api/3.0/mlflow/permissions/workspaces/vision/groups",
    {"group_name": TEAM, "permission": "EDIT"},
)


class Member(Person):
    """Somebody of the team by the groups of the token, whom MLflow does not know yet."""

    def __init__(self, name: str) -> None:
        super().__init__(name, "vision")
        self.token = token(name, groups=[GATE, TEAM])

    def search(self) -> int:
        return self.status("POST", SEARCH, {"max_results": 1})


def make_account(name: str, half_made: Any, ends: bool) -> None:
    """Makes the account as another worker would, and tells when it is there without its groups."""
    store.engine.dispose(close=False)
    populate = user.populate_groups

    def slowly(**arguments: Any) -> Any:
        half_made.set()
        if ends:
            os._exit(1)
        time.sleep(HALF_MADE_SECONDS)
        return populate(**arguments)

    user.populate_groups = slowly
    bearer = Member(name).token
    AuthMiddleware(app)._maybe_provision_bearer_user(name, bearer, auth.validate_token(bearer))


class FirstToken(unittest.TestCase):
    def beside(self, name: str, *, ends: bool = False) -> tuple[int, int | None]:
        """What a new member is answered while another worker makes the account, and how that one ended."""
        processes = multiprocessing.get_context("fork")
        half_made = processes.Event()
        worker = processes.Process(target=make_account, args=(name, half_made, ends))
        worker.start()
        self.assertTrue(half_made.wait(30))
        self.assertTrue(store.has_user(name))
        status = Member(name).search()
        worker.join(30)
        return status, worker.exitcode

    def test_waits_until_another_worker_has_made_the_account(self) -> None:
        self.assertEqual(self.beside("hasty"), (200, 0))

    def test_goes_on_when_a_worker_ends_half_way(self) -> None:
        # Without groups until the next login, or the warden, gives them.
        self.assertEqual(self.beside("unlucky", ends=True), (403, 1))
        self.assertEqual(Member("other").search(), 200)


class OtherVersions(unittest.TestCase):
    def test_stop_the_server_with_the_way_out(self) -> None:
        for auth in [
            types.SimpleNamespace(),
            types.SimpleNamespace(AuthMiddleware=type("", (), {"_maybe_provision_bearer_user": lambda self: None})),
        ]:
            with self.assertRaisesRegex(UnexpectedVersion, "pin the former versions"):
                provisioning.provision_in_turns(auth)


if __name__ == "__main__":
    unittest.main(verbosity=2)
