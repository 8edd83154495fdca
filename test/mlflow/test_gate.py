"""Tests of the workspace gate and of what members may create, in the image and with the versions that are served."""

import types
import unittest

from harness import ADMIN, Person, api, ask, grant, make_workspace, member, revoke, scope, send, token
from mlflow_oidc_auth.hooks import before_request
from mlflow_oidc_auth.utils import grant_context
from starlette.applications import Starlette

from mlflow_platform import creation, gate, grants
from mlflow_platform.versions import UnexpectedVersion

for team in ("vision", "language"):
    make_workspace(team)

#: One route of each kind that serves data: Flask's, downloads, GraphQL, FastAPI's own, the plugin's.
DATA = [
    ("POST", "/api/2.0/mlflow/experiments/search"),
    ("POST", "/ajax-api/2.0/mlflow/runs/search"),
    ("GET", "/api/2.0/mlflow/experiments/get?experiment_id=1"),
    ("GET", "/api/2.0/mlflow/registered-models/search"),
    ("GET", "/api/2.0/mlflow-artifacts/artifacts?path=1"),
    ("PUT", "/api/2.0/mlflow-artifacts/artifacts/workspaces/vision/1/x"),
    ("PUT", "/api/2.0/mlflow-artifacts/artifacts/1/mlflow/server-info"),
    ("GET", "/get-artifact?run_id=1&path=x"),
    ("GET", "/model-versions/get-artifact?name=a&version=1&path=x"),
    ("POST", "/graphql"),
    ("POST", "/v1/traces"),
    ("POST", "/ajax-api/3.0/jobs/search"),
    ("GET", "/api/3.0/mlflow/mcp-servers"),
    ("GET", "/gateway/mlflow/v1/models"),
    ("GET", "/api/2.0/mlflow/permissions/experiments"),
    ("GET", "/api/2.0/mlflow/permissions/users/outsider/experiments"),
    ("GET", "/api/2.0/mlflow/users"),
    ("GET", "/api/3.0/mlflow/workspaces/vision"),
    ("GET", "/ajax-api/3.0/mlflow/permissions/workspaces/vision/users"),
    ("GET", "/no-such-page"),
]
#: What is served whatever the header says.
OPEN = [
    "/", "/version", "/logout", "/ajax-api/3.0/mlflow/server-info", "/ajax-api/3.0/mlflow/workspaces",
    "/api/2.0/mlflow/users/current", "/api/2.0/mlflow/users/current/tokens",
]  # fmt: skip


class Gate(unittest.TestCase):
    def test_refuses_outsiders_everything_that_serves_data(self) -> None:
        member("outsider", "vision", None)
        for workspace in ("vision", "default", None):
            person = Person("outsider", workspace)
            for method, path in DATA:
                self.assertEqual(person.status(method, path, {}), 403, f"{method} {path} in {workspace}")

    def test_says_why_as_json(self) -> None:
        member("asking", "vision", None)
        status, text = ask("POST", api("runs/search"), token("asking"), {}, **{"x-mlflow-workspace": "vision"})
        self.assertEqual((status, "asking has no permission in the workspace 'vision'." in text), (403, True), text)
        status, text = ask("POST", api("runs/search"), token("asking"), {})
        self.assertEqual((status, "Set MLFLOW_WORKSPACE" in text), (403, True), text)

    def test_leaves_the_way_open_to_whoever_lost_their_team(self) -> None:
        person = member("lost", "vision", None)
        for path in OPEN:
            self.assertIn(person.status("GET", path), (200, 302, 307), path)
        listed = person.json("GET", "/ajax-api/3.0/mlflow/workspaces")
        self.assertEqual(listed.get("workspaces", []), [])

    def test_does_not_let_other_spellings_pass_as_open(self) -> None:
        person = member("spelling", "vision", None)
        for path in [
            "//", "/version/", "/api/3.0/mlflow/workspaces/", "/API/3.0/mlflow/workspaces", "/x/../version",
            "/api/2.0/mlflow/users/current/tokens/../../../experiments/search", "/api/3.0/mlflow/server-info/",
        ]:  # fmt: skip
            self.assertEqual(person.status("GET", path), 403, path)

    def test_asks_for_a_login_before_all(self) -> None:
        for method, path in DATA:
            self.assertEqual(ask(method, path, None, {})[0], 401, path)
        self.assertEqual(ask("GET", "/health")[0], 200)

    def test_wants_one_workspace(self) -> None:
        member("two", "vision")
        request = scope("POST", api("experiments/search"), headers={"authorization": f"Bearer {token('two')}"})
        for names in (("vision", "language"), ("language", "vision"), ("vision", "vision")):
            headers = [(b"x-mlflow-workspace", name.encode()) for name in names]
            self.assertEqual(send(request | {"headers": request["headers"] + headers})[0], 403, names)

    def test_wants_one_workspace_for_grants_and_data(self) -> None:
        # MLflow resolves no workspace for what ends like this, and would serve it from `default`.
        person = member("ending", "vision", "MANAGE")
        self.assertEqual(person.status("PUT", "/api/2.0/mlflow-artifacts/artifacts/1/mlflow/server-info", {}), 403)

    def test_lets_administrators_pass(self) -> None:
        for workspace in ("vision", "language", None):
            self.assertEqual(Person(ADMIN, workspace).status("POST", api("experiments/search"), {"max_results": 1}), 200)

    def test_ends_access_to_ones_own_things_with_the_grant(self) -> None:
        person = member("leaver", "vision")
        experiment = person.json("POST", api("experiments/create"), {"name": "of a leaver"})["experiment_id"]
        run = person.json("POST", api("runs/create"), {"experiment_id": experiment})["run"]["info"]["run_id"]
        requests = [
            ("GET", api(f"experiments/get?experiment_id={experiment}"), None),
            ("GET", api(f"runs/get?run_id={run}"), None),
            ("POST", api("runs/search"), {"experiment_ids": [experiment]}),
            ("POST", api("runs/log-metric"), {"run_id": run, "key": "k", "value": 1, "timestamp": 1}),
            ("GET", api(f"permissions/experiments/{experiment}/users"), None),
        ]
        for method, path, body in requests:
            self.assertEqual(person.status(method, path, body), 200, path)
        revoke("vision", "leaver")
        grant("language", "leaver", "MANAGE")
        for workspace in ("vision", "language", "default", None):
            for method, path, body in requests:
                status = Person("leaver", workspace).status(method, path, body)
                self.assertIn(status, (403, 404), f"{path} from {workspace}")

    def test_keeps_leavers_from_granting_on_what_they_made(self) -> None:
        person = member("giver", "vision")
        member("friend", "vision", None)
        experiment = person.json("POST", api("experiments/create"), {"name": "of a giver"})["experiment_id"]
        path = api(f"permissions/users/friend/experiments/{experiment}")
        revoke("vision", "giver")
        grant("language", "giver", "MANAGE")
        self.assertEqual(Person("giver", "language").status("POST", path, {"permission": "NO_PERMISSIONS"}), 403)

    def test_keeps_grants_on_single_things_within_the_team(self) -> None:
        person = member("sharing", "vision")
        member("stranger", "vision", None)
        experiment = person.json("POST", api("experiments/create"), {"name": "shared"})["experiment_id"]
        person.json("POST", api("registered-models/create"), {"name": "shared-model"})
        get = api(f"experiments/get?experiment_id={experiment}")
        person.json("POST", api(f"permissions/users/stranger/experiments/{experiment}"), {"permission": "MANAGE"})
        person.json("POST", api("permissions/users/stranger/registered-models/shared-model"), {"permission": "MANAGE"})
        for workspace in ("vision", None):
            self.assertEqual(Person("stranger", workspace).status("GET", get), 403)
        # Where the stranger belongs they get nothing of it either.
        grant("language", "stranger", "MANAGE")
        elsewhere = Person("stranger", "language")
        self.assertIn(elsewhere.status("GET", get), (403, 404))
        self.assertEqual(elsewhere.status("GET", api("registered-models/get?name=shared-model")), 404)
        self.assertEqual(Person("stranger", "vision").status("GET", api("registered-models/get?name=shared-model")), 403)
        # Once they are in the team the grant counts.
        grant("vision", "stranger", "READ")
        self.assertEqual(Person("stranger", "vision").status("GET", get), 200)


class Roles(unittest.TestCase):
    create = [
        (api("experiments/create"), "name"),
        (api("registered-models/create"), "name"),
        ("/ajax-api/2.0/mlflow/experiments/create", "name"),
    ]

    def test_members_create_and_readers_do_not(self) -> None:
        for name, permission, status in [("m1", "EDIT", 200), ("a1", "MANAGE", 200), ("r1", "READ", 403)]:
            person = member(name, "vision", permission)
            for number, (path, key) in enumerate(self.create):
                self.assertEqual(person.status("POST", path, {key: f"{name}-{number}"}), status, f"{path} as {permission}")

    def test_nobody_creates_outside_of_a_workspace(self) -> None:
        member("m2", "vision")
        for workspace in ("default", "language", None):
            for path, key in self.create:
                self.assertEqual(Person("m2", workspace).status("POST", path, {key: "x"}), 403, f"{path} in {workspace}")

    def test_members_work_on_what_others_made_but_delete_only_their_own(self) -> None:
        owner, other, admin = member("m3", "vision"), member("m4", "vision"), member("a4", "vision", "MANAGE")
        reader = member("r4", "vision", "READ")
        experiment = owner.json("POST", api("experiments/create"), {"name": "roles"})["experiment_id"]
        owner.json("POST", api("registered-models/create"), {"name": "roles"})
        info = owner.json("POST", api("runs/create"), {"experiment_id": experiment})["run"]["info"]
        run = info["run_id"]
        logged = {"run_id": run, "key": "a", "value": "1"}
        version = {"name": "roles", "source": f"{info['artifact_uri']}/model", "run_id": run}
        self.assertEqual(other.status("POST", api("runs/create"), {"experiment_id": experiment}), 200)
        self.assertEqual(other.status("POST", api("runs/log-parameter"), logged), 200)
        self.assertEqual(other.status("POST", api("model-versions/create"), version), 200)
        self.assertEqual(reader.status("GET", api(f"runs/get?run_id={run}")), 200)
        path = api(f"permissions/users/m4/experiments/{experiment}")
        deletions = [
            ("POST", api("runs/delete"), {"run_id": run}),
            ("DELETE", api("registered-models/delete"), {"name": "roles"}),
            ("POST", api("experiments/delete"), {"experiment_id": experiment}),
        ]
        for refused in (other, reader):
            for method, delete, body in [*deletions, ("POST", path, {"permission": "MANAGE"})]:
                self.assertEqual(refused.status(method, delete, body), 403, f"{delete} by {refused.name}")
        for method, write, body in [
            ("POST", api("runs/create"), {"experiment_id": experiment}),
            ("POST", api("runs/log-parameter"), {**logged, "key": "b"}),
            ("POST", api("runs/set-tag"), logged),
            ("POST", api("model-versions/create"), version),
        ]:
            self.assertEqual(reader.status(method, write, body), 403, write)
        self.assertEqual(admin.status(*deletions[0]), 200)
        self.assertEqual(owner.status(*deletions[1]), 200)
        self.assertEqual(owner.status(*deletions[2]), 200)

    def test_members_do_not_change_the_workspace(self) -> None:
        person = member("m5", "vision")
        for method, path, body in [
            ("PATCH", "/api/3.0/mlflow/workspaces/vision", {"description": "mine"}),
            ("DELETE", "/api/3.0/mlflow/workspaces/vision", None),
            ("POST", "/api/3.0/mlflow/workspaces", {"name": "mine"}),
            ("POST", "/api/3.0/mlflow/permissions/workspaces/vision/users", {"username": "m5", "permission": "MANAGE"}),
            ("POST", "/api/3.0/mlflow/gateway/secrets/create", {"secret_name": "x"}),
        ]:
            self.assertEqual(person.status(method, path, body), 403, path)


class OtherVersions(unittest.TestCase):
    def test_stop_the_server_with_the_way_out(self) -> None:
        with self.assertRaisesRegex(UnexpectedVersion, "AuthMiddleware.*pin the former versions"):
            gate.add_workspace_gate(Starlette())
        hooks = types.SimpleNamespace(before_request_hook=before_request.before_request_hook)
        with self.assertRaisesRegex(UnexpectedVersion, "creation of experiments"):
            creation.let_members_create(hooks)
        hooks._is_workspace_gated_creation = lambda path, method: False
        with self.assertRaisesRegex(UnexpectedVersion, "no longer gates"):
            creation.let_members_create(hooks)
        with self.assertRaisesRegex(UnexpectedVersion, "grants on experiments"):
            grants.count_grants_in_own_workspace(types.SimpleNamespace(resolve=grant_context.resolve))


if __name__ == "__main__":
    unittest.main(verbosity=2)
