"""MinIO's audit entries (`madmin-go/logger/audit.Entry`) in the common form. Only what is named here is taken over."""

import re
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from .events import Event, malformed, tidy
from .summary import Summary
from .times import iso, parse

_READS = ("Get", "Head", "List", "Select", "Info")
_PARTS = frozenset({"NewMultipartUpload", "PutObjectPart", "CopyObjectPart"})
"""Left out where they succeed: `CompleteMultipartUpload` tells that something was written."""
_OBJECTS = re.compile(
    r"(Put|Copy|Delete|Append|Restore|Rename)(Multiple)?Objects?|PutObjectExtract|PostPolicyBucket|"
    r"(Complete|Abort)MultipartUpload|(Put|Delete)Object(Tagging|Retention|LegalHold|ACL)|DeleteMultipleObjects|"
    r"NewMultipartUpload|(Put|Copy)ObjectPart(Extract)?"
)
"""What changes objects. The rest that changes something is administration."""
_ADMIN_TARGETS = ("userOrGroup", "accessKey", "name")
"""Where calls of MinIO's administration name whom or what they change."""
_MOST_NAMES = 100


class MinioEvents:
    """Decides what is kept of MinIO's entries, and how."""

    def __init__(self, root_user: str, server_user: str) -> None:
        """
        Args:
            root_user: the platform's own key, with which it configures MinIO.
            server_user: MLflow's own key.
        """
        self._root, self._server = root_user, server_user
        self.summary = Summary()

    def take(self, entries: Iterable[Any]) -> list[Event]:
        """Events to store now. Reads and repeated refusals go into the summary."""
        return [event for entry in entries if (event := self._one(entry)) is not None]

    def _one(self, entry: Any) -> Event | None:
        time = parse(entry.get("time")) if isinstance(entry, dict) else None
        if time is None or not isinstance(entry.get("api"), dict):
            return malformed("minio", "no audit entry of MinIO", entry)
        api, claims = entry["api"], entry.get("requestClaims") or {}
        if not isinstance(claims, dict):
            return malformed("minio", "claims are no object", entry)
        if entry.get("trigger", "incoming") != "incoming":
            # What the server does by itself, such as removing old versions.
            return None
        action = _text(api.get("name")) or "unknown"
        if action == "AssumeRoleSSOCommon":
            # Its name for both calls that take a token; the other one is of no use here.
            action = "AssumeRoleWithWebIdentity"
        code = api["statusCode"] if isinstance(api.get("statusCode"), int) else 0
        key = _text(entry.get("parentUser")) or _text(entry.get("accessKey"))
        status = "refused" if code in (401, 403) else "failed" if code >= 400 else "success"
        sts = action.startswith("AssumeRole")
        if sts and status == "failed" and code < 500:
            # It answers 400 to a token that has expired or is not for it.
            status = "refused"
        if not sts and status != "refused" and self._is_own(key, action):
            return None
        event = self._event(entry, time, action, code, key, status)
        if status == "refused":
            return event if self.summary.first(event) else None
        if event["event"] == "read":
            self.summary.count(event, _number(api.get("tx")))
            return None
        return None if status == "success" and action in _PARTS else event

    def _is_own(self, key: str | None, action: str) -> bool:
        # MLflow tells itself what it does, and for whom. What the platform itself changes is kept.
        return key is not None and (key == self._server or (key == self._root and _kind(action) == "read"))

    def _event(
        self, entry: dict[str, Any], time: datetime, action: str, code: int, key: str | None, status: str
    ) -> Event:
        api, claims = entry["api"], entry.get("requestClaims") or {}
        bucket, object_name = _text(api.get("bucket")), _text(api.get("object"))
        name = _text(claims.get("preferred_username"))
        kind = _kind(action)
        detail: dict[str, Any] = {"action": action, "code": code}
        target = "/".join(part for part in (bucket, object_name) if part) or None
        if kind.startswith("admin.") and isinstance(query := entry.get("requestQuery"), dict):
            # Of a query only the names of users and policies: it may hold tokens and signatures.
            target = target or next(filter(None, (_text(query.get(key)) for key in _ADMIN_TARGETS)), None)
            detail["policy"] = _text(query.get("policyName"))
        objects = [
            text
            for item in api.get("objects") or []
            if isinstance(item, dict) and (text := _text(item.get("objectName")))
        ]
        if objects and objects != [object_name]:
            detail |= {"objects": objects[:_MOST_NAMES], "objectCount": len(objects)}
        if kind == "write" and _number(api.get("rx")) > 0:
            detail["bytes"] = _number(api.get("rx"))
        detail |= {
            "request": _text(entry.get("requestID")),
            "agent": (_text(entry.get("userAgent")) or "")[:200],
        }
        # MinIO also names the claims of a token that it has not accepted: anybody's word. It names a key when the
        # request was signed with it.
        proven = bool(key) if kind != "s3.credentials" else status == "success"
        detail["accessKey"] = _text(entry.get("accessKey")) or (
            _text(claims.get("accessKey")) if proven else None
        )
        detail["claimed"] = name if not proven else None
        return tidy(
            {
                "time": iso(time),
                "source": "minio",
                "event": "refused" if status == "refused" and kind != "s3.credentials" else kind,
                # Credentials from a token carry its claims; other keys are users of MinIO itself.
                "actor": (name if claims else key) if proven else None,
                "subject": _text(claims.get("sub")) if proven else None,
                "client": _text(claims.get("azp")) if proven else None,
                "ip": _text(entry.get("remotehost")),
                "workspace": _workspace(bucket, object_name),
                "target": target,
                "status": status,
                "detail": {name: value for name, value in detail.items() if value not in (None, "")},
            }
        )


def _kind(action: str) -> str:
    if action.startswith("AssumeRole"):
        return "s3.credentials"
    if action.startswith(_READS) or action.endswith("Info"):
        return "read"
    if _OBJECTS.fullmatch(action):
        return "write"
    return "admin." + re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "-", action).lower()


def _workspace(bucket: str | None, object_name: str | None) -> str | None:
    if bucket == "mlflow-artifacts":
        match = re.match(r"workspaces/([^/]+)/", object_name or "")
        return match[1] if match else None
    return bucket.removeprefix("mlflow-") if bucket is not None and bucket.startswith("mlflow-") else None


def _text(value: object) -> str | None:
    return value if isinstance(value, str) and value else None


def _number(value: object) -> int:
    return value if isinstance(value, int) and value > 0 else 0
