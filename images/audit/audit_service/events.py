"""The common form of events: one JSON object per line, the same ten keys in the same order."""

import json
import re
from typing import Any

from .scrub import scrub, scrub_all
from .times import iso, now, parse

Event = dict[str, Any]

SENDERS = frozenset({"mlflow", "warden"})
"""Who may post events in the common form. Those of Keycloak and MinIO are known from themselves only."""
STATUS = frozenset({"success", "refused", "failed"})
KEYS = (
    "time",
    "source",
    "event",
    "actor",
    "subject",
    "client",
    "ip",
    "workspace",
    "target",
    "status",
    "detail",
)

_NAME = re.compile(r"[a-z][a-z0-9_-]*(\.[a-z0-9_-]+)*")
_LIMITS = {"actor": 255, "subject": 255, "client": 255, "ip": 64, "workspace": 255, "target": 2048}
"""Characters of each text."""
_DETAIL_BYTES = 8192
_RAW_CHARACTERS = 1024
_RAW_SEARCHED = 4096


class MalformedError(ValueError):
    """An event that is not of the common form; the text says why."""


def make(source: str, name: str, status: str = "success", **rest: Any) -> Event:
    """An event of the service's own making, now unless `time` says otherwise."""
    event = {"time": iso(now()), "source": source, "event": name, "status": status, **rest}
    return tidy(event)


def tidy(event: Event) -> Event:
    """All keys, in order, without secrets; texts that are too long are cut."""
    tidied: Event = {key: event.get(key) for key in KEYS}
    for key, limit in _LIMITS.items():
        if isinstance(text := tidied[key], str):
            # Cut twice: what is searched is bounded, and so is what is kept.
            tidied[key] = scrub(text[: 2 * limit])[:limit] or None
    tidied["detail"] = scrub_all(_bounded(event.get("detail") or {}))
    return tidied


def check(value: Any) -> Event:
    """A posted event, checked and tidied.

    Raises:
        MalformedError: it is not of the common form.
    """
    if not isinstance(value, dict):
        raise MalformedError("no JSON object")
    if unknown := sorted(set(value) - set(KEYS)):
        raise MalformedError(f"unknown key {unknown[0][:64]}")
    time = parse(value.get("time"))
    if time is None:
        raise MalformedError("time is not ISO 8601 with a zone")
    if not _one_of(value.get("source"), SENDERS):
        raise MalformedError(f"source is none of {', '.join(sorted(SENDERS))}")
    name = value.get("event")
    if not isinstance(name, str) or len(name) > 64 or _NAME.fullmatch(name) is None:
        raise MalformedError("event is no dotted name of at most 64 characters")
    if not _one_of(value.get("status"), STATUS):
        raise MalformedError(f"status is none of {', '.join(sorted(STATUS))}")
    for key in _LIMITS:
        if not isinstance(value.get(key), str | None):
            raise MalformedError(f"{key} is neither text nor null")
    if not isinstance(value.get("detail") or {}, dict):
        raise MalformedError("detail is no object")
    return tidy({**value, "time": iso(time)})


def malformed(source: str, reason: str, raw: Any) -> Event:
    """What is kept of something that is no event: why, and how it began."""
    text = raw if isinstance(raw, str) else json.dumps(raw, ensure_ascii=False)
    # Secrets are looked for in more than is kept: one that is cut in two might not be known any more.
    raw = scrub(text[:_RAW_SEARCHED])[:_RAW_CHARACTERS]
    return make(source, "malformed", "failed", detail={"reason": reason, "raw": raw})


def encode(event: Event) -> bytes:
    """One line."""
    text = json.dumps(event, ensure_ascii=False, separators=(",", ":"))
    # JSON allows halves of surrogate pairs, UTF-8 does not.
    return text.encode("utf-8", "replace") + b"\n"


def _one_of(value: object, known: frozenset[str]) -> bool:
    return isinstance(value, str) and value in known


def _bounded(detail: Any) -> Any:
    size = len(json.dumps(detail, ensure_ascii=False).encode("utf-8", "replace"))
    if size <= _DETAIL_BYTES:
        return detail
    kept: dict[str, Any] = {}
    for key, value in detail.items():
        text = json.dumps({**kept, key: value}, ensure_ascii=False)
        if len(text.encode("utf-8", "replace")) <= _DETAIL_BYTES:
            kept[key] = value
    return {**kept, "cut": f"{size} bytes of detail are more than {_DETAIL_BYTES}"}
