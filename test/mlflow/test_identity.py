"""Tests of who made something, in the image and with the versions that are served."""

import json
import unittest
from unittest import mock

from harness import Person, api, make_workspace, member
from mlflow.entities import RunTag
from mlflow.server.handlers import _get_tracking_store
from mlflow.store.tracking import sqlalchemy_store
from mlflow.store.tracking.sqlalchemy_workspace_store import WorkspaceAwareSqlAlchemyStore
from mlflow.utils.workspace_context import ServerWorkspaceContext

from mlflow_platform import identity
from mlflow_platform.versions import UnexpectedVersion

USER = "mlflow.user"
TRACE = "tr-0123456789abcdef0123456789abcdef"

make_workspace("vision")
ALICE, MALLORY = member("alice", "vision"), member("mallory", "vision")
EXPERIMENT = ALICE.json("POST", api("experiments/create"), {"name": "identity"})["experiment_id"]


def tags(entity: dict) -> dict[str, str]:
    return {tag["key"]: tag["value"] for tag in entity.get("tags", [])}


class Runs(unittest.TestCase):
    def create(self, person: Person, **body: object) -> str:
        return person.json("POST", api("runs/create"), {"experiment_id": EXPERIMENT, **body})["run"]["info"]["run_id"]

    def user(self, run: str) -> tuple[str, str]:
        found = ALICE.json("GET", api(f"runs/get?run_id={run}"))["run"]
        return found["info"]["user_id"], tags(found["data"])[USER]

    def test_belong_to_who_made_them_whatever_the_client_says(self) -> None:
        forged = [{"key": USER, "value": "alice"}, {"key": "other", "value": "kept"}]
        for body in (
            {},
            {"user_id": "alice"},
            {"userId": "alice"},
            {"tags": forged},
            {"tags": [*forged, {"key": USER, "value": "bob"}], "user_id": "alice"},
        ):
            run = self.create(MALLORY, **body)
            self.assertEqual(self.user(run), ("mallory", "mallory"), body)
        found = ALICE.json("GET", api(f"runs/get?run_id={run}"))["run"]
        self.assertEqual(tags(found["data"])["other"], "kept")

    def test_are_found_by_who_made_them(self) -> None:
        run = self.create(ALICE)
        search = {"experiment_ids": [EXPERIMENT], "filter": "attributes.user_id = 'alice'"}
        found = MALLORY.json("POST", api("runs/search"), search)["runs"]
        self.assertIn(run, [one["info"]["run_id"] for one in found])

    def test_keep_who_made_them(self) -> None:
        run = self.create(ALICE)
        for path, body, status in [
            ("runs/set-tag", {"run_id": run, "key": USER, "value": "mallory"}, 400),
            ("runs/set-tag", {"runId": run, "key": USER, "value": "mallory"}, 400),
            ("runs/set-tag", {"run_uuid": run, "key": USER, "value": "mallory"}, 400),
            ("runs/delete-tag", {"run_id": run, "key": USER}, 400),
            ("runs/log-batch", {"run_id": run, "tags": [{"key": USER, "value": "mallory"}]}, 200),
            ("runs/update", {"run_id": run, "status": "FINISHED", "user_id": "mallory"}, 200),
        ]:
            for person in (ALICE, MALLORY):
                for prefix in ("/api", "/ajax-api"):
                    self.assertEqual(person.status("POST", f"{prefix}/2.0/mlflow/{path}", body), status, path)
                    self.assertEqual(self.user(run), ("alice", "alice"), path)

    def test_take_what_comes_with_the_tag(self) -> None:
        run = self.create(ALICE)
        body = {
            "run_id": run,
            "metrics": [{"key": "loss", "value": 1, "timestamp": 1, "step": 0}],
            "params": [{"key": "depth", "value": "3"}],
            "tags": [{"key": USER, "value": "mallory"}, {"key": "other", "value": "kept"}],
        }
        MALLORY.json("POST", api("runs/log-batch"), body)
        data = ALICE.json("GET", api(f"runs/get?run_id={run}"))["run"]["data"]
        self.assertEqual((tags(data)[USER], tags(data)["other"]), ("alice", "kept"))
        self.assertEqual((data["metrics"][0]["key"], data["params"][0]["key"]), ("loss", "depth"))

    def test_take_other_tags(self) -> None:
        run = self.create(ALICE)
        for key in ("mlflow.note.content", "mlflow.runName", "mlflow.users", "Mlflow.User", "owner"):
            body = {"run_id": run, "key": key, "value": "x"}
            self.assertEqual(ALICE.status("POST", api("runs/set-tag"), body), 200, key)

    def test_of_the_prompt_page_belong_to_who_made_them(self) -> None:
        body = {
            "experiment_id": EXPERIMENT,
            "user_id": "alice",
            "prompt_template": "{{ a }}",
            "prompt_parameters": [{"key": "a", "value": "b"}],
            "model_route": "route",
            "model_parameters": [],
            "model_input": "b",
            "model_output": "c",
            "model_output_parameters": [],
            "mlflow_version": "3.17.2",
        }
        run = MALLORY.json("POST", "/ajax-api/2.0/mlflow/runs/create-promptlab-run", body)["run"]["info"]["run_id"]
        self.assertEqual(self.user(run), ("mallory", "mallory"))


class OtherThings(unittest.TestCase):
    def test_logged_models(self) -> None:
        body = {"experiment_id": EXPERIMENT, "name": "m", "tags": [{"key": USER, "value": "alice"}]}
        model = MALLORY.json("POST", api("logged-models"), body)["model"]["info"]["model_id"]
        change = {"tags": [{"key": USER, "value": "alice"}, {"key": "other", "value": "kept"}]}
        self.assertEqual(MALLORY.status("PATCH", api(f"logged-models/{model}/tags"), change), 200)
        self.assertEqual(ALICE.status("DELETE", api(f"logged-models/{model}/tags/{USER}")), 400)
        found = tags(ALICE.json("GET", api(f"logged-models/{model}"))["model"]["info"])
        self.assertEqual((found[USER], found["other"]), ("mallory", "kept"))

    def test_traces(self) -> None:
        info = {
            "trace_id": TRACE,
            "trace_location": {"type": "MLFLOW_EXPERIMENT", "mlflow_experiment": {"experiment_id": EXPERIMENT}},
            "request_time": "2026-01-01T00:00:00Z",
            "state": "OK",
            "trace_metadata": {USER: "alice", "mlflow.trace.user": "customer"},
            "tags": {USER: "alice"},
        }
        MALLORY.json("POST", "/api/3.0/mlflow/traces", {"trace": {"trace_info": info}})
        path = f"/api/3.0/mlflow/traces/{TRACE}"
        self.assertEqual(MALLORY.status("PATCH", f"{path}/tags", {"key": USER, "value": "alice"}), 400)
        self.assertEqual(MALLORY.status("PATCH", f"{path}/tags", {"key": "other", "value": "kept"}), 200)
        found = ALICE.json("GET", path)["trace"]["trace_info"]
        self.assertEqual(found["trace_metadata"][USER], "mallory")
        self.assertEqual(found["trace_metadata"]["mlflow.trace.user"], "customer")
        self.assertEqual(found["tags"].get("other"), "kept")
        self.assertNotIn(USER, found["tags"])

    def test_data_sets(self) -> None:
        body = {"name": "d", "experiment_ids": [EXPERIMENT], "tags": json.dumps({USER: "alice"})}
        made = MALLORY.json("POST", "/api/3.0/mlflow/datasets/create", body)["dataset"]
        self.assertEqual(made["created_by"], "mallory")
        path = f"/api/3.0/mlflow/datasets/{made['dataset_id']}"
        records = [{"inputs": {"a": 1}, "tags": {USER: "alice"}}, {"inputs": {"a": 2}}]
        MALLORY.json("POST", f"{path}/records", {"records": json.dumps(records)})
        found = json.loads(ALICE.json("GET", f"{path}/records")["records"])
        self.assertEqual([one["created_by"] for one in found], ["mallory", "mallory"])
        self.assertEqual(MALLORY.status("PATCH", f"{path}/tags", {"tags": json.dumps({USER: "alice"})}), 200)
        self.assertEqual(json.loads(ALICE.json("GET", path)["dataset"]["tags"])[USER], "mallory")
        self.assertEqual(ALICE.status("DELETE", f"{path}/tags/{USER}"), 400)


class Outside(unittest.TestCase):
    def test_the_store_is_mlflows_as_it_is(self) -> None:
        store = _get_tracking_store()
        self.assertIsInstance(store, identity.IdentifiedStore)
        with ServerWorkspaceContext("vision"):
            run = store.create_run(EXPERIMENT, "somebody", 0, [RunTag(USER, "somebody")], "by hand")
            store.set_tag(run.info.run_id, RunTag(USER, "else"))
            self.assertEqual(store.get_run(run.info.run_id).data.tags[USER], "else")


class OtherVersions(unittest.TestCase):
    def test_stop_the_server_with_the_way_out(self) -> None:
        def create_run(self, experiment_id, tags): ...

        with mock.patch.object(WorkspaceAwareSqlAlchemyStore, "create_run", create_run):
            with self.assertRaisesRegex(UnexpectedVersion, "create_run takes.*pin the former versions"):
                identity.use_identified_store()
        with mock.patch.object(sqlalchemy_store.SqlAlchemyStore, "set_trace_tag", create_run):
            with self.assertRaisesRegex(UnexpectedVersion, "tags of traces|set_trace_tag"):
                identity.use_identified_store()


if __name__ == "__main__":
    unittest.main(verbosity=2)
