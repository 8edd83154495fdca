"""Whose access to the object store is being ended, and until when that has to be watched.

Temporary credentials can be deleted at any time, but a token from before can give new ones until it ends. So a policy
that every token names denies, for so long, everything to those who are gone, and to those who left a group what its
policies gave. When the tokens have ended, the credentials are deleted once more, and the entry goes. Nobody comes
back by that: Keycloak gives no token to somebody who is gone, and one without the group to somebody who left it.

The policy is all that is kept, so a restart forgets nothing: the time until which a statement holds is its Sid.
"""

import json
import logging
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from .settings import Settings
from .store import Document, Store
from .times import now

log = logging.getLogger("revocations")

LEEWAY = timedelta(seconds=60)
"""Clocks differ, and services take tokens for a moment longer."""
MOST_BYTES = 20 * 1024
"""The store takes no larger policy."""

Rule = tuple[tuple[str, ...], tuple[str, ...]]
"""Actions and resources, both sorted."""
EVERYTHING: Rule = (("s3:*",), ("arn:aws:s3:::*",))


@dataclass(frozen=True)
class Entry:
    """What is denied to one subject, for one reason."""

    subject: str
    reason: str
    """`gone`, or the policy that was lost."""
    until: datetime
    rules: tuple[Rule, ...] = ()


@dataclass
class Revocations:
    """All that is under way, and the store in which it takes effect."""

    store: Store
    settings: Settings
    entries: dict[tuple[str, str], Entry] = field(default_factory=dict)
    """By subject and reason."""
    _to_revoke: set[str] = field(default_factory=set)
    _written: bytes | None = None
    _without_room: set[str] = field(default_factory=set)

    def load(self) -> None:
        """Take up what was under way when the warden ended."""
        document = self.store.policy(self.settings.revoked_policy) or {"Statement": []}
        for entry in _entries(document):
            self.entries.setdefault((entry.subject, entry.reason), entry)

    def gone(self, subject: str, at: datetime) -> bool:
        """Somebody is disabled or deleted, since a time. Returns whether that is news."""
        return self._add(subject, "gone", at, (EVERYTHING,))

    def left(self, subject: str, at: datetime, lost: Iterable[str], kept: Iterable[str]) -> bool:
        """Somebody lost policies, since a time. Returns whether that is news.

        Raises:
            ServiceError: the policies cannot be read; nothing has been noted then.
        """
        allowed = [self._allowed(name) for name in sorted(set(kept))]
        news = False
        for name in sorted(set(lost) - set(kept) - {self.settings.revoked_policy}):
            rules = tuple(_less(self._allowed(name), allowed))
            news |= self._add(subject, name, at, rules)
        return news

    def back(self, subject: str, policies: Iterable[str]) -> None:
        """Somebody is enabled and holds these policies: nothing of that is denied."""
        for reason in ("gone", *policies):
            self.entries.pop((subject, reason), None)

    def waiting(self) -> set[str]:
        """Subjects of whom something is denied."""
        return {entry.subject for entry in self.entries.values()}

    def flush(self) -> list[str]:
        """Make it so in the store. Returns the subjects whose credentials were deleted.

        Raises:
            ServiceError: not all could be done; the next call does the rest.
        """
        ended = [key for key, entry in self.entries.items() if entry.until <= now()]
        # First deny, then delete: the other way round somebody could get new ones in between.
        self._write(leaving_out=set(ended))
        revoked = []
        ending = {self.entries[key].subject for key in ended}
        for subject in sorted(self._to_revoke | ending | self._without_room):
            self.store.revoke(subject)
            if subject not in self._without_room:
                revoked.append(subject)
            self._to_revoke.discard(subject)
        for key in ended:
            del self.entries[key]
        return revoked

    def _add(self, subject: str, reason: str, at: datetime, rules: tuple[Rule, ...]) -> bool:
        until = _whole_minute(at + self.settings.token_life + LEEWAY)
        known = self.entries.get((subject, reason))
        if known is not None and known.until >= until:
            return False
        self.entries[(subject, reason)] = Entry(subject, reason, until, rules)
        self._to_revoke.add(subject)
        return True

    def _allowed(self, policy: str) -> dict[tuple[str, ...], set[str]]:
        document = self.store.policy(policy) or {"Statement": []}
        allowed: dict[tuple[str, ...], set[str]] = defaultdict(set)
        for statement in document["Statement"]:
            if statement.get("Effect") == "Allow" and statement.get("Resource"):
                allowed[tuple(sorted(statement["Resource"]))].update(statement.get("Action", ()))
        return allowed

    def _write(self, leaving_out: set[tuple[str, str]]) -> None:
        wanted = [entry for key, entry in self.entries.items() if key not in leaving_out and entry.rules]
        # Those who have longest to wait come first: of all others less is left.
        wanted.sort(key=lambda entry: (entry.until, entry.subject), reverse=True)
        body, fitting = _fitting(wanted)
        without_room = {entry.subject for entry in wanted[fitting:]}
        if without_room and not self._without_room:
            log.warning(
                "%d subjects find no room in the policy %s; until their tokens end their credentials are deleted "
                "in each round instead",
                len(without_room),
                self.settings.revoked_policy,
            )
        if body != self._written:
            self.store.put_policy(self.settings.revoked_policy, body)
            self._written = body
        self._without_room = without_room


def _fitting(entries: list[Entry]) -> tuple[bytes, int]:
    """The document of as many entries as there is room for, and their number."""
    low, high = 0, len(entries)
    body = _document(entries)
    if len(body) <= MOST_BYTES:
        return body, high
    while high - low > 1:
        middle = (low + high) // 2
        if len(_document(entries[:middle])) <= MOST_BYTES:
            low = middle
        else:
            high = middle
    return _document(entries[:low]), low


def _document(entries: Iterable[Entry]) -> bytes:
    subjects: dict[tuple[str, datetime, Rule], set[str]] = defaultdict(set)
    for entry in entries:
        for rule in entry.rules:
            subjects[(entry.reason, entry.until, rule)].add(entry.subject)
    statements = [
        _statement(f"{reason} {_text(until)}", rule, names)
        for (reason, until, rule), names in sorted(subjects.items())
    ]
    # A policy must have a statement; nobody's subject is empty.
    document = {"Version": "2012-10-17", "Statement": statements or [_statement("", EVERYTHING, {""})]}
    return json.dumps(document, separators=(",", ":")).encode()


def _statement(sid: str, rule: Rule, subjects: set[str]) -> dict[str, Any]:
    return {
        **({"Sid": sid} if sid else {}),
        "Effect": "Deny",
        "Action": list(rule[0]),
        "Resource": list(rule[1]),
        "Condition": {"StringEquals": {"jwt:sub": sorted(subjects)}},
    }


def _entries(document: Document) -> Iterable[Entry]:
    """The reverse of `_document`. Statements of other makes are left out."""
    found: dict[tuple[str, str], Entry] = {}
    for statement in document["Statement"]:
        reason, _, end = str(statement.get("Sid", "")).rpartition(" ")
        try:
            until = datetime.strptime(end, "%Y-%m-%dT%H:%MZ").replace(tzinfo=UTC)
            subjects = statement["Condition"]["StringEquals"]["jwt:sub"]
            rule = (tuple(sorted(statement["Action"])), tuple(sorted(statement["Resource"])))
        except (KeyError, TypeError, ValueError):
            continue
        for subject in subjects:
            before = found.get((subject, reason))
            rules = (*before.rules, rule) if before else (rule,)
            found[(subject, reason)] = Entry(subject, reason, until, rules)
    return found.values()


def _less(
    lost: dict[tuple[str, ...], set[str]], kept: Iterable[dict[tuple[str, ...], set[str]]]
) -> Iterable[Rule]:
    for resources, actions in sorted(lost.items()):
        rest = actions.difference(*(other.get(resources, set()) for other in kept))
        if rest:
            yield tuple(sorted(rest)), resources


def _whole_minute(time: datetime) -> datetime:
    """Rounded up, so that those who go together share a statement."""
    floor = time.replace(second=0, microsecond=0)
    return floor if floor == time else floor + timedelta(minutes=1)


def _text(time: datetime) -> str:
    return time.strftime("%Y-%m-%dT%H:%MZ")
