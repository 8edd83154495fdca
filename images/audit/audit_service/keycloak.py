"""Pulls Keycloak's events, each exactly once."""

import asyncio
import json
import logging
import os
import re
from collections import OrderedDict
from datetime import timedelta
from pathlib import Path
from typing import Any

import aiohttp

from .days import DayFiles
from .events import Event
from .keycloak_events import admin_event, login_event
from .settings import Settings
from .stream import Stream, read_days
from .times import from_ms, iso, now, parse, to_ms

log = logging.getLogger("keycloak")

POLL_SECONDS = 5.0
_OVERLAP_MS = 60_000
"""An event has the time at which its request began and can be read when that has ended. One minute is ample."""
_PAGE = 200
_TIMEOUT = aiohttp.ClientTimeout(total=20, connect=5)
_NAMES_KEPT = 10_000
_ID = re.compile(rb'"detail":\{"id":"([0-9a-f-]{36})"')
KINDS = ("events", "admin-events")


class KeycloakError(Exception):
    """Keycloak did not give what it was asked for. The text has no secret."""


class Api:
    """Keycloak's administration, as the service's own client."""

    def __init__(self, settings: Settings, session: aiohttp.ClientSession) -> None:
        self._settings, self._session = settings, session
        self._token: str | None = None
        self._names: OrderedDict[str, str | None] = OrderedDict()

    async def get(self, path: str, **query: str | int) -> Any:
        """A resource of the realm. None where there is none.

        Raises:
            KeycloakError: no answer, or a refusal.
        """
        for attempt in (1, 2):
            headers = {"Authorization": f"Bearer {self._token or await self._sign_in()}"}
            url = f"{self._settings.keycloak}/admin/realms/{self._settings.realm}/{path}"
            try:
                async with self._session.get(
                    url, params=query, headers=headers, timeout=_TIMEOUT
                ) as response:
                    if response.status == 401 and attempt == 1:
                        self._token = None
                        continue
                    if response.status == 404:
                        return None
                    if response.status != 200:
                        raise KeycloakError(f"{response.status} for {path}")
                    return await response.json()
            except (aiohttp.ClientError, TimeoutError, ValueError) as error:
                raise KeycloakError(f"no answer for {path}: {type(error).__name__}") from None
        raise KeycloakError(f"401 for {path}")

    async def name_of(self, resource: str) -> str | None:
        """Name of `users/<id>` or `groups/<id>`. The realm lets nobody change a name."""
        if resource in self._names:
            return self._names[resource]
        found = await self.get(resource) or {}
        name = found.get("username") or found.get("name")
        if not isinstance(name, str):
            return None
        self.learn(resource, name)
        return name

    def learn(self, resource: str, name: str) -> None:
        """Remember a name, for when its owner is gone."""
        self._names[resource] = name
        if len(self._names) > _NAMES_KEPT:
            self._names.popitem(last=False)

    async def _sign_in(self) -> str:
        settings = self._settings
        url = f"{settings.keycloak}/realms/{settings.realm}/protocol/openid-connect/token"
        form = {
            "grant_type": "client_credentials",
            "client_id": settings.client_id,
            "client_secret": settings.client_secret(),
        }
        try:
            async with self._session.post(url, data=form, timeout=_TIMEOUT) as response:
                if response.status != 200:
                    raise KeycloakError(f"{response.status} for a token of {settings.client_id}")
                token = (await response.json())["access_token"]
        except (aiohttp.ClientError, TimeoutError, ValueError, KeyError) as error:
            raise KeycloakError(f"no token: {type(error).__name__}") from None
        self._token = token
        return str(token)


class Puller:
    """Asks for new events every few seconds.

    The cursor says up to when all events are stored. Each look begins a minute before it; what is stored already is
    known by its id. After a start the ids are read from the stream itself, so a lost cursor costs time, not events.
    """

    def __init__(self, settings: Settings, api: Api, stream: Stream, files: DayFiles) -> None:
        self._settings, self._api, self._stream, self._files = settings, api, stream, files
        self._file = settings.folder / "keycloak.json"
        self._cursor = dict.fromkeys(KINDS, 0)
        self._seen: dict[str, int] = {}
        self.error: str | None = None
        """Why the last look failed; None when it did not."""
        self.through: str | None = None
        """Up to when all events are stored."""

    async def run(self) -> None:
        """Work until cancelled."""
        await asyncio.to_thread(self.restore)
        while True:
            try:
                await self.look()
                if self.error is not None:
                    log.info("Keycloak answers again")
                self.error = None
            except KeycloakError as error:
                if self.error is None:
                    log.warning("Keycloak gave no events: %s; asked again every %g s", error, POLL_SECONDS)
                self.error = str(error)
            except Exception:
                # Such as a full disk. Nothing is lost: the cursor stays where it was.
                log.exception("unexpected; the next look is in %g s", POLL_SECONDS)
                self.error = "unexpected, see the log"
            await asyncio.sleep(POLL_SECONDS)

    def restore(self) -> None:
        """Read the cursor, and the ids of what may be seen again, from the disk."""
        earliest = to_ms(now() - timedelta(days=self._settings.days))
        saved = _read(self._file)
        for kind in KINDS:
            self._cursor[kind] = max(saved.get(kind, 0), earliest)
        since = from_ms(min(self._cursor.values()) - _OVERLAP_MS)
        for line in read_days(self._files, since.date()):
            # Cheap tests first: most lines are not Keycloak's, or older.
            if b'"source":"keycloak"' in line and (match := _ID.search(line)):
                time = parse(json.loads(line)["time"])
                if time is not None and time >= since:
                    self._seen[match[1].decode()] = to_ms(time)
        log.info("continues from %s; knows %d events since", iso(since), len(self._seen))

    async def look(self) -> None:
        """Store what is new.

        Raises:
            KeycloakError: Keycloak does not answer; what was stored before that stays.
        """
        for kind in KINDS:
            began = to_ms(now())
            await self._pull(kind)
            self._cursor[kind] = max(self._cursor[kind], began - _OVERLAP_MS)
        oldest = min(self._cursor.values()) - _OVERLAP_MS
        self._seen = {key: time for key, time in self._seen.items() if time >= oldest}
        self.through = iso(from_ms(min(self._cursor.values())))
        await asyncio.to_thread(_write, self._file, self._cursor)

    async def _pull(self, kind: str) -> None:
        since, skip = self._cursor[kind], 0
        while True:
            page = await self._api.get(kind, dateFrom=since, first=skip, max=_PAGE, direction="asc")
            if not isinstance(page, list):
                raise KeycloakError(f"no list for {kind}")
            await self._store(kind, [raw for raw in page if _id(raw) not in self._seen])
            if len(page) < _PAGE:
                return
            last = max(_time(raw) for raw in page)
            # From the last time on, not by number: between two pages old events may expire.
            since, skip = (last, 0) if last > since else (since, skip + len(page))

    async def _store(self, kind: str, new: list[Any]) -> None:
        events: list[Event] = []
        for raw in new:
            if kind == "events":
                event = await login_event(raw, self._api.name_of)
            else:
                event = await admin_event(raw, self._settings.realm, self._api.name_of)
            if event is not None:
                events.append(event)
                if event["actor"] and event["subject"]:
                    self._api.learn(f"users/{event['subject']}", event["actor"])
        await self._stream.append(events)
        self._seen.update({_id(raw): _time(raw) for raw in new})


def _id(raw: Any) -> str:
    return str(raw.get("id")) if isinstance(raw, dict) else ""


def _time(raw: Any) -> int:
    time = raw.get("time") if isinstance(raw, dict) else None
    return time if isinstance(time, int) else 0


def _read(file: Path) -> dict[str, int]:
    try:
        saved = json.loads(file.read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    if not isinstance(saved, dict):
        return {}
    return {kind: saved[kind] for kind in KINDS if isinstance(saved.get(kind), int)}


def _write(file: Path, cursor: dict[str, int]) -> None:
    # Not synced: an old cursor only makes the next start look further back.
    temporary = file.with_suffix(".new")
    temporary.write_text(json.dumps(cursor), "utf-8")
    os.replace(temporary, file)
