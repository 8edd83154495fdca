"""Played services. They keep to what the real ones answered when they were asked by hand."""

import json
import time
import uuid
from dataclasses import dataclass, field
from datetime import timedelta
from email.message import Message
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

Json = dict[str, Any]
ACTIONS = ["s3:GetObject", "s3:PutObject"]


def allow(bucket: str, *actions: str) -> Json:
    """A policy that allows actions on the objects of a bucket."""
    statement = {
        "Effect": "Allow",
        "Action": list(actions or ACTIONS),
        "Resource": [f"arn:aws:s3:::{bucket}/*"],
    }
    return {"Version": "2012-10-17", "Statement": [statement]}


@dataclass
class World:
    """A realm, MLflow's accounts, the object store's policies, and what each was asked for."""

    url: str = ""
    users: dict[str, Json] = field(default_factory=dict)
    groups: dict[str, Json] = field(default_factory=dict)
    members: dict[str, set[str]] = field(default_factory=dict)
    clients: list[Json] = field(default_factory=list)
    events: list[Json] = field(default_factory=list)
    accounts: dict[str, Json] = field(default_factory=dict)
    policies: dict[str, Json] = field(default_factory=dict)
    revoked: list[str] = field(default_factory=list)
    told: list[Json] = field(default_factory=list)
    calls: list[str] = field(default_factory=list)
    """Method and path of each request."""
    broken: dict[str, tuple[int, bytes]] = field(default_factory=dict)
    """Answers instead of the true ones, by the beginning of method and path."""

    def __post_init__(self) -> None:
        for name, policies in (
            ("mlflow-users", []),
            ("mlflow-admins", ["platform-admins", "revoked"]),
            ("vision", ["team-vision", "revoked"]),
            ("language", ["team-language", "revoked"]),
        ):
            self.add_group(name, policies)
        self.policies = {
            "revoked": {"Version": "2012-10-17", "Statement": []},
            "team-vision": allow("mlflow-vision"),
            "team-language": allow("mlflow-language"),
            "admin-vision": allow("mlflow-vision", *ACTIONS, "s3:DeleteObject"),
            "platform-admins": allow("mlflow-*"),
        }

    def add_group(self, name: str, policies: list[str]) -> str:
        """A group; its id is its name with `g-` before it."""
        number = f"g-{name}"
        self.groups[number] = {"id": number, "name": name, "attributes": {"policy": policies}}
        self.members[number] = set()
        return number

    def add_user(self, name: str, *groups: str, account: bool = True, **fields: Any) -> str:
        """A person, with MLflow's account of a login; the subject is the name with `s-` before it."""
        subject = fields.pop("id", f"s-{name}")
        self.users[subject] = {"id": subject, "username": name, "enabled": True, **fields}
        for group in groups:
            self.members[f"g-{group}"].add(subject)
        if account:
            self.accounts[name] = {
                "username": name,
                "active": True,
                "admin": "mlflow-admins" in groups,
                "serviceAccount": name.startswith("service-account-"),
                "deactivatedByWarden": False,
                "groups": sorted(groups),
                "subjects": [subject],
            }
        return subject

    def add_service_account(self, client: str, *groups: str) -> str:
        """A client with its user and account."""
        self.clients.append({"clientId": client, "enabled": True, "serviceAccountsEnabled": True})
        subject = self.add_user(f"service-account-{client}", *groups)
        self.accounts[f"service-account-{client}"]["groups"] = []
        return subject

    def note(self, operation: str, path: str, ago: timedelta = timedelta(0)) -> None:
        """An event of an administrator."""
        self.events.append(
            {
                "id": uuid.uuid4().hex,
                "time": int((time.time() - ago.total_seconds()) * 1000),
                "operationType": operation,
                "resourceType": "USER",
                "resourcePath": path,
            }
        )

    def disable(self, subject: str, told: bool = True) -> None:
        """Disable somebody, as the administration does."""
        self.users[subject]["enabled"] = False
        if told:
            self.note("UPDATE", f"users/{subject}")

    def enable(self, subject: str) -> None:
        """The reverse."""
        self.users[subject]["enabled"] = True
        self.note("UPDATE", f"users/{subject}")

    def delete(self, subject: str, told: bool = True) -> None:
        """Delete somebody."""
        del self.users[subject]
        for members in self.members.values():
            members.discard(subject)
        if told:
            self.note("DELETE", f"users/{subject}")

    def leave(self, subject: str, group: str, told: bool = True) -> None:
        """Take somebody out of a group."""
        self.members[f"g-{group}"].discard(subject)
        if told:
            self.note("DELETE", f"users/{subject}/groups/g-{group}")

    def denied(self) -> dict[str, set[tuple[str, str]]]:
        """What the policy denies: pairs of action and resource, by subject."""
        found: dict[str, set[tuple[str, str]]] = {}
        for statement in self.policies["revoked"]["Statement"]:
            assert statement["Effect"] == "Deny"
            pairs = {(action, name) for action in statement["Action"] for name in statement["Resource"]}
            for subject in statement["Condition"]["StringEquals"]["jwt:sub"]:
                found.setdefault(subject, set()).update(pairs)
        found.pop("", None)
        return found

    def names(self) -> list[tuple[str, str | None]]:
        """Events that the audit service was told, each with its target."""
        return [(one["event"], one["target"]) for one in self.told]

    # What follows answers requests.

    def answer(self, method: str, target: str, headers: Message, body: bytes) -> tuple[int, bytes]:
        """Status and body."""
        parts = urlsplit(target)
        self.calls.append(f"{method} {parts.path}")
        for start, answer in self.broken.items():
            if f"{method} {parts.path}".startswith(start):
                return answer
        query = {key: values[0] for key, values in parse_qs(parts.query).items()}
        service, _, path = parts.path[1:].partition("/")
        answer = getattr(self, f"_{service.replace('-', '_')}")(method, f"/{path}", query, headers, body)
        status, content = answer
        return status, content if isinstance(content, bytes) else json.dumps(content).encode()

    def _audit(self, method: str, path: str, query: Json, headers: Message, body: bytes) -> tuple[int, Any]:
        self.told.extend(json.loads(body))
        return 202, {}

    def _keycloak(
        self, method: str, path: str, query: Json, headers: Message, body: bytes
    ) -> tuple[int, Any]:
        if path == "/realms/test/protocol/openid-connect/token":
            return 200, {"access_token": "token-of-the-warden", "expires_in": 300}
        if headers["Authorization"] != "Bearer token-of-the-warden":
            return 401, {}
        first, most = int(query.get("first", 0)), int(query.get("max", 100))

        def page(items: list[Json]) -> tuple[int, Any]:
            return 200, items[first : first + most]

        people = [user for user in self.users.values() if not user["username"].startswith("service-account-")]
        parts = path.removeprefix("/admin/realms/test/").split("/")
        match parts:
            case ["users"]:
                return page(people)
            case ["users", "count"]:
                return 200, len(people)
            case ["users", subject]:
                user = self.users.get(subject)
                return (404, {"error": "User not found"}) if user is None else (200, user)
            case ["users", subject, "groups"]:
                return page(
                    [self.groups[group] for group, members in self.members.items() if subject in members]
                )
            case ["groups"]:
                return page(list(self.groups.values()))
            case ["groups", group, "members"]:
                return page([self.users[one] for one in sorted(self.members[group])])
            case ["clients"]:
                return page(self.clients)
            case ["admin-events"]:
                since = int(query["dateFrom"])
                return page([one for one in reversed(self.events) if one["time"] >= since])
        return 404, {}

    def _mlflow(self, method: str, path: str, query: Json, headers: Message, body: bytes) -> tuple[int, Any]:
        if headers["Authorization"] != "Bearer token-of-the-warden":
            return 401, {}
        if method == "GET":
            return 200, list(self.accounts.values())
        account = self.accounts[unquote(path.removeprefix("/platform/accounts/"))]
        change = json.loads(body)
        if change.get("active") is False:
            account.update(active=False, deactivatedByWarden=True)
        if "subject" in change:
            account["subjects"] = [change["subject"]]
        if change.get("active") and not account["active"]:
            if not account["deactivatedByWarden"]:
                return 409, {}
            account.update(active=True, deactivatedByWarden=False)
        account.update({key: change[key] for key in ("groups", "admin") if key in change})
        return 200, {"changed": True}

    def _minio_host(
        self, method: str, path: str, query: Json, headers: Message, body: bytes
    ) -> tuple[int, Any]:
        if (
            "Credential=mlflow-warden/" not in headers["Authorization"]
            or "X-Amz-Content-SHA256" not in headers
        ):
            return 403, {}
        match path.removeprefix("/minio/admin/v3"):
            case "/revoke-tokens/builtin" if query["fullRevoke"] == "true":
                self.revoked.append(query["user"])
                return 204, b""
            case "/info-canned-policy":
                policy = self.policies.get(query["name"])
                return (404, {}) if policy is None else (200, policy)
            case "/add-canned-policy":
                if len(body) > 20 * 1024:
                    return 400, {"Code": "EntityTooLarge"}
                self.policies[query["name"]] = json.loads(body)
                return 200, b""
        return 404, {}
