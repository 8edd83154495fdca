"""Tests of the audit stream, in the image and with the versions that are served, against a collector of its own."""

import contextlib
import io
import json
import os
import threading
import time
import unittest
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

taken: list[dict[str, Any]] = []


class Collector(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        taken.extend(json.loads(self.rfile.read(int(self.headers["content-length"]))))
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_: object) -> None: ...


collector = ThreadingHTTPServer(("127.0.0.1", 0), Collector)
threading.Thread(target=collector.serve_forever, daemon=True).start()
os.environ["AUDIT_URL"] = f"http://127.0.0.1:{collector.server_port}/events"

from harness import Person, api, ask, make_workspace, member, scope, send, token
from joserfc.jwk import RSAKey

from mlflow_platform import audit, audited, shipping
from mlflow_platform.shipping import Shipper
from mlflow_platform.versions import UnexpectedVersion

shipping.COUNT_SECONDS = 0.3
shipping.BATCH_SECONDS = 0.1
#: The ten keys of the platform's form.
KEYS = {"time", "source", "event", "actor", "subject", "client", "ip", "workspace", "target", "status", "detail"}
STRANGER = RSAKey.generate_key(2048, {"kid": "test", "alg": "RS256", "use": "sig"})

make_workspace("vision")
ALICE = member("alice", "vision")
EXPERIMENT = ALICE.json("POST", api("experiments/create"), {"name": "audited"})["experiment_id"]


def events(which: Callable[[dict[str, Any]], bool], number: int = 1) -> list[dict[str, Any]]:
    """The events of some kind, as soon as there are that many."""
    until = time.monotonic() + 10
    while True:
        found = [event for event in list(taken) if which(event)]
        if len(found) >= number or time.monotonic() > until:
            return found
        time.sleep(0.02)


def of(person: Person | str, path: str) -> Callable[[dict[str, Any]], bool]:
    name = person if isinstance(person, str) else person.name
    return lambda event: event["actor"] == name and event["detail"].get("path", "").endswith(path)


class Writes(unittest.TestCase):
    def test_tell_who_did_what_and_where(self) -> None:
        person = member("writer", "vision")
        run = person.json("POST", api("runs/create"), {"experiment_id": EXPERIMENT})["run"]["info"]["run_id"]
        (event,) = events(of(person, "/runs/create"))
        self.assertEqual(set(event), KEYS)
        self.assertRegex(event.pop("time"), r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$")
        self.assertEqual(event["detail"]["ids"], event["detail"]["ids"] | {"run_id": run, "experiment_id": EXPERIMENT})
        del event["detail"]["ids"]
        self.assertEqual(
            event,
            {
                "source": "mlflow",
                "event": "write",
                "actor": "writer",
                "subject": "id-of-writer",
                "client": None,
                "ip": "127.0.0.1",
                "workspace": "vision",
                "target": f"run:{run}",
                "status": "success",
                "detail": {"method": "POST", "path": "/api/2.0/mlflow/runs/create", "code": 200},
            },
        )

    def test_name_what_they_are_about_in_every_way_to_say_it(self) -> None:
        person = member("namer", "vision")
        run = person.json("POST", api("runs/create"), {"experiment_id": EXPERIMENT})["run"]["info"]["run_id"]
        artifact = f"workspaces/vision/{EXPERIMENT}/{run}/artifacts/search"
        for method, path, body, template, target in [
            ("POST", api("runs/update"), {"runId": run, "status": "FINISHED"}, None, f"run:{run}"),
            ("POST", api("registered-models/create"), {"name": "named"}, None, "model:named"),
            ("PUT", f"/api/2.0/mlflow-artifacts/artifacts/{artifact}", {}, "<path:artifact_path>", f"artifact:{artifact}"),
            ("PATCH", "/api/3.0/mlflow/traces/tr-1/tags", {"key": "a", "value": "b"}, "<trace_id>/tags", "trace:tr-1"),
            ("POST", api(f"permissions/users/alice/experiments/{EXPERIMENT}"), {"permission": "EDIT"},
             "<username>/experiments/<experiment_id>", f"experiment:{EXPERIMENT}"),
        ]:  # fmt: skip
            person.status(method, path, body)
            found = events(lambda event: of(person, template or path)(event) and event["target"] == target)
            self.assertEqual(len(found), 1, f"{path}: {[event for event in taken if event['actor'] == 'namer']}")

    def test_are_all_that_is_told_of(self) -> None:
        person = member("reader", "vision")
        for method, path, body in [
            ("POST", api("experiments/search"), {"max_results": 1}),
            ("GET", api(f"experiments/get?experiment_id={EXPERIMENT}"), None),
            ("POST", "/graphql", {"query": "{ __typename }"}),
        ]:
            self.assertEqual(person.status(method, path, body), 200, path)
        person.status("POST", api("experiments/create"), {"name": "the end"})
        events(of(person, "/experiments/create"))
        self.assertEqual([event["detail"]["path"] for event in taken if event["actor"] == "reader"
                          and event["event"] == "write"], ["/api/2.0/mlflow/experiments/create"])  # fmt: skip

    def test_say_whether_they_were_done(self) -> None:
        person = member("failing", "vision")
        self.assertEqual(person.status("POST", api("experiments/create"), {}), 400)
        (event,) = events(of(person, "/experiments/create"))
        self.assertEqual((event["event"], event["status"], event["detail"]["code"]), ("write", "failed", 400))

    def test_are_counted_where_there_are_many(self) -> None:
        person = member("counting", "vision")
        run = person.json("POST", api("runs/create"), {"experiment_id": EXPERIMENT})["run"]["info"]["run_id"]
        for step in range(30):
            metric = {"run_id": run, "key": "loss", "value": step, "timestamp": 1, "step": step}
            self.assertEqual(person.status("POST", api("runs/log-metric"), metric), 200)
        sum_of = lambda: sum(event["detail"]["count"] for event in taken if of(person, "/log-metric")(event))  # noqa: E731
        until = time.monotonic() + 10
        while sum_of() < 30 and time.monotonic() < until:
            time.sleep(0.02)
        self.assertEqual(sum_of(), 30)
        self.assertLess(len(events(of(person, "/log-metric"))), 15)
        self.assertEqual({event["target"] for event in events(of(person, "/log-metric"))}, {f"run:{run}"})

    def test_come_from_where_a_proxy_that_is_trusted_says(self) -> None:
        for proxy, ip in [("172.18.0.5", "203.0.113.7"), ("198.51.100.9", "198.51.100.9")]:
            person = member(f"from-{proxy}", "vision")
            body = json.dumps({"name": person.name}).encode()
            headers = {
                "content-length": str(len(body)),
                "authorization": f"Bearer {person.token}",
                "x-mlflow-workspace": "vision",
                "x-forwarded-for": "203.0.113.7",
                "content-type": "application/json",
            }
            request = scope("POST", api("experiments/create"), headers=headers, client=(proxy, 1))
            self.assertEqual(send(request, body)[0], 200)
            (event,) = events(of(person, "/experiments/create"))
            self.assertEqual(event["ip"], ip)


class Refusals(unittest.TestCase):
    def test_are_told_of_with_the_caller(self) -> None:
        person = member("prying", "vision", None)
        for _ in range(3):
            self.assertEqual(person.status("GET", api(f"experiments/get?experiment_id={EXPERIMENT}")), 403)
        (event, *_) = events(of(person, "/experiments/get"))
        self.assertEqual(
            (event["event"], event["status"], event["workspace"], event["target"], event["detail"]["code"]),
            ("refused", "refused", "vision", f"experiment:{EXPERIMENT}", 403),
        )

    def test_of_credentials_are_told_of_without_believing_them(self) -> None:
        for bearer in (token("victim", key=STRANGER), token("victim", exp=1)):
            self.assertEqual(ask("GET", api("users/current"), bearer)[0], 401)
        refused = lambda event: event["event"] == "login.refused"  # noqa: E731
        (event, *_) = events(lambda event: refused(event) and event["detail"]["claimed"] == "victim")
        self.assertEqual((event["actor"], event["status"], event["detail"]["scheme"]), (None, "refused", "Bearer"))
        self.assertEqual(ask("GET", api("users/current"), None, authorization="Basic dmljdGltOng=")[0], 401)
        self.assertTrue(events(lambda event: refused(event) and event["detail"]["scheme"] == "Basic"))
        self.assertNotIn("dmljdGltOng", json.dumps(taken))

    def test_of_visitors_without_credentials_are_not(self) -> None:
        before = len([event for event in taken if event["event"] == "login.refused"])
        self.assertEqual(ask("GET", api("users/current"))[0], 401)
        member("after", "vision").status("POST", api("experiments/create"), {"name": "after"})
        events(of("after", "/experiments/create"))
        self.assertEqual(len([event for event in taken if event["event"] == "login.refused"]), before)


class OfThePlugin(unittest.TestCase):
    def test_are_put_into_the_same_form(self) -> None:
        (event,) = events(lambda event: event["event"] == "grant.create" and event["detail"].get("username") == "alice")
        self.assertEqual(set(event), KEYS)
        self.assertEqual(
            (event["actor"], event["workspace"], event["target"], event["status"], event["ip"]),
            ("keeper", "vision", "workspace-permission:vision", "success", "127.0.0.1"),
        )

    def test_have_the_names_of_the_platform(self) -> None:
        said = {"timestamp": "2026-01-01T10:00:00+02:00", "actor": "a", "status": "denied", "detail": {}}
        for theirs, ours in [
            ("auth.login", "login"),
            ("auth.logout", "logout"),
            ("auth.denied_inactive", "login.refused"),
            ("permission.delete", "grant.delete"),
            ("user.token_create", "account.token_create"),
            ("webhook.create", "webhook.create"),
        ]:
            event = audit.of_plugin(said | {"event": theirs})
            self.assertEqual(
                (event["event"], event["status"], event["time"]), (ours, "refused", "2026-01-01T08:00:00.000Z")
            )


class Shipping(unittest.TestCase):
    def setUp(self) -> None:
        self.sent: list[list[dict[str, Any]]] = []
        self.away = True
        self.shipper = Shipper(self.send)
        self.shipper._start = lambda: None

    def send(self, batch: list[dict[str, Any]]) -> None:
        if self.away:
            raise ConnectionRefusedError("away")
        self.sent.append(batch)

    @contextlib.contextmanager
    def errors(self) -> Iterator[io.StringIO]:
        with contextlib.redirect_stderr(io.StringIO()) as written:
            yield written

    def test_keeps_events_while_the_collector_is_away_and_warns_once(self) -> None:
        with self.assertLogs("mlflow_platform.audit") as logs, self.errors() as written:
            for number in range(1200):
                self.shipper.put({"n": number})
            self.assertEqual([self.shipper.flush(), self.shipper.flush()], [False, False])
            self.away = False
            self.assertTrue(self.shipper.flush())
        self.assertEqual([len(batch) for batch in self.sent], [500, 500, 200])
        self.assertEqual([event["n"] for batch in self.sent for event in batch], list(range(1200)))
        self.assertEqual((len(logs.output), written.getvalue()), (2, ""))

    def test_writes_what_it_cannot_keep(self) -> None:
        with self.assertLogs("mlflow_platform.audit"), self.errors() as written:
            for number in range(shipping.KEPT + 3):
                self.shipper.put({"n": number})
            self.assertEqual([json.loads(line)["n"] for line in written.getvalue().splitlines()], [0, 1, 2])
            self.shipper.close()
        self.assertEqual(len(written.getvalue().splitlines()), shipping.KEPT + 3)

    def test_sends_all_when_it_stops(self) -> None:
        self.away = False
        self.shipper.put({"n": 1})
        self.shipper.count("key", lambda: {"n": 2, "detail": {}})
        self.shipper.close()
        self.assertEqual(self.sent, [[{"n": 1}, {"n": 2, "detail": {"count": 1}}]])

    def test_counts_no_more_things_than_it_can_keep(self) -> None:
        for number in range(shipping.COUNTED + 1):
            self.shipper.count(number, lambda: {"detail": {}})
        self.assertEqual((len(self.shipper._counts), len(self.shipper._waiting)), (1, shipping.COUNTED))


class Reading(unittest.TestCase):
    def test_takes_no_upload_for_a_question(self) -> None:
        for request in ("PUT /api/2.0/mlflow-artifacts/artifacts/1/search", "POST /api/2.0/mlflow/x/runs/search",
                        "DELETE /api/2.0/mlflow/runs/search", "POST /api/2.0/mlflow/runs/create"):  # fmt: skip
            self.assertIsNone(audited.READS.fullmatch(request), request)

    def test_of_long_bodies_is_bounded(self) -> None:
        self.assertEqual(audited.named(b" " * audited.LOOKED_AT + b'"run_id": "late"'), {})


class OtherVersions(unittest.TestCase):
    def test_stop_the_server_with_the_way_out(self) -> None:
        from mlflow_platform.app import app, flask

        # Its handler has been replaced already, and once more would be twice.
        audit.plugin._get_audit_logger().handlers.append(audit.logging.NullHandler())
        with self.assertRaisesRegex(UnexpectedVersion, "audit events.*pin the former versions"):
            audit.add_audit(app, flask, Shipper(lambda _batch: None))
        audit.plugin._get_audit_logger().handlers.pop()
        with self.assertRaisesRegex(ValueError, "AUDIT_URL"):
            shipping.post_to("audit:8091/events")


if __name__ == "__main__":
    unittest.main(verbosity=2)
