"""Tests of how accounts are made by a first token, in the image and with two workers of one server."""

import multiprocessing
import os
import time
import types
import unittest
from typing import Any

from harness import ADMIN, Person, make_workspace, token
from mlflow_oidc_auth import user
from mlflow_oidc_auth.store import store

from mlflow_platform import provisioning
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


def another_worker(name: str, half_made: Any, answer: Any, ends: bool) -> None:
    """Asks as the new member, and tells when the account is there without its groups."""
    store.engine.dispose(close=False)
    populate = user.populate_groups

    def slowly(**arguments: Any) -> Any:
        half_made.set()
        if ends:
            os._exit(1)
        time.sleep(HALF_MADE_SECONDS)
        return populate(**arguments)

    user.populate_groups = slowly
    answer.put(Member(name).search())


class FirstToken(unittest.TestCase):
    def beside(self, name: str, *, ends: bool = False) -> tuple[int, Any, Any]:
        """What a new member is answered while another worker makes the account."""
        processes = multiprocessing.get_context("fork")
        half_made, answer = processes.Event(), processes.Queue()
        worker = processes.Process(target=another_worker, args=(name, half_made, answer, ends))
        worker.start()
        self.assertTrue(half_made.wait(30))
        self.assertTrue(store.has_user(name))
        return Member(name).search(), worker, answer

    def test_serves_everything_that_is_asked_at_once(self) -> None:
        status, worker, answer = self.beside("hasty")
        self.assertEqual([status, answer.get(timeout=30)], [200, 200])
        worker.join()

    def test_goes_on_when_a_worker_ends_half_way(self) -> None:
        # Without groups until the next login, or the warden, gives them.
        status, worker, _ = self.beside("unlucky", ends=True)
        self.assertEqual(status, 403)
        worker.join()
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
