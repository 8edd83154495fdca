"""The service's three routes, and the tasks beside them."""

import asyncio
import hmac
import json
import logging
import os
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any, BinaryIO

import aiohttp
from aiohttp import web

from .days import DayFiles
from .events import Event, MalformedError, check, make, malformed
from .keycloak import Api, Puller
from .minio import MinioEvents
from .settings import Settings
from .stream import Stream, StreamError
from .times import now

log = logging.getLogger("service")

MAX_BYTES = 16 << 20
"""Of one request. MinIO sends at most 100 entries at once, of a few KiB each."""
SUMMARY_SECONDS = 60.0
TIDY_SECONDS = 600.0
_AFTER_MIDNIGHT = timedelta(minutes=10)
"""A write that began before midnight has ended by then."""

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Service:
    """Takes events and stores them."""

    def __init__(self, settings: Settings, echo: BinaryIO | None = None) -> None:
        self._settings = settings
        self._files = DayFiles(settings.folder, settings.days, settings.max_mib)
        self.stream = Stream(self._files, echo)
        self._minio = MinioEvents(settings.root_user, settings.server_user)
        self._puller: Puller | None = None

    def app(self) -> web.Application:
        """The application; its tasks run as long as it does."""
        app = web.Application(client_max_size=MAX_BYTES, middlewares=[_refuse])
        app.router.add_post("/events", self.events)
        app.router.add_post("/minio", self.minio)
        app.router.add_get("/healthz", self.healthz)
        app.cleanup_ctx.append(self._tasks)
        return app

    async def events(self, request: web.Request) -> web.Response:
        """Events in the common form: an object, an array, or JSON lines. What is no event is kept as `malformed`."""
        taken = [_checked(value) for value in _values(await request.read())]
        await self.stream.append(taken)
        bad = sum(event["event"] == "malformed" for event in taken)
        return web.json_response({"stored": len(taken), "malformed": bad})

    async def minio(self, request: web.Request) -> web.Response:
        """Audit entries of MinIO, as JSON lines."""
        given = request.headers.get("Authorization", "").encode("utf-8", "replace")
        if not hmac.compare_digest(given, self._settings.minio_token().encode()):
            raise web.HTTPForbidden(text="not MinIO\n")
        entries: list[Any] = []
        events: list[Event] = []
        for value in _values(await request.read()):
            if isinstance(value, _NotJson):
                events.append(malformed("minio", "no JSON", value.text))
            else:
                entries.append(value)
        await self.stream.append(events + self._minio.take(entries))
        return web.json_response({"taken": len(entries), "malformed": len(events)})

    async def healthz(self, _: web.Request) -> web.Response:
        """200 while events can be stored. Keycloak's absence is told, and no illness of this service."""
        problem = self.stream.error
        puller = self._puller
        first = self._files.first_day()
        body = {
            "status": "ok" if problem is None else "failing",
            "problem": problem,
            "stored": self.stream.stored,
            "keycloak": {
                "error": puller.error if puller else None,
                "through": puller.through if puller else None,
            },
            "files": {
                "firstDay": None if first is None else str(first),
                "bytes": self._files.size,
                "maxBytes": self._files.max_bytes,
                "days": self._files.days,
            },
        }
        return web.json_response(body, status=200 if problem is None else 503)

    async def _tasks(self, _: web.Application) -> AsyncIterator[None]:
        async with aiohttp.ClientSession() as session:
            self._puller = Puller(self._settings, Api(self._settings, session), self.stream, self._files)
            async with _running(self.stream.run()):
                await self._started()
                async with _running(self._puller.run(), self._summaries(), self._tidying()):
                    yield
                # No request is under way any more.
                await self._store(self._minio.summary.flush(), make("audit", "audit.stopped"))

    async def _started(self) -> None:
        await self._store([], make("audit", "audit.started", detail={"days": self._settings.days}))

    async def _summaries(self) -> None:
        while True:
            await asyncio.sleep(SUMMARY_SECONDS)
            events = self._minio.summary.flush()
            await self._store(events)

    async def _tidying(self) -> None:
        while True:
            try:
                pruned = await asyncio.to_thread(self._files.tidy, (now() - _AFTER_MIDNIGHT).date())
            except OSError as error:
                log.warning("the files could not be tidied: %s; tried again in 10 min", error)
            else:
                await self._store([make("audit", "audit.pruned", "failed", target=day) for day in pruned])
            await asyncio.sleep(TIDY_SECONDS)

    async def _store(self, events: Iterable[Event], *more: Event) -> None:
        """Store the service's own events; where that fails, the log has told why."""
        try:
            await self.stream.append([*events, *more])
        except StreamError:
            log.error("events of the service's own are lost")


class _NotJson:
    def __init__(self, text: str) -> None:
        self.text = text


def _values(body: bytes) -> list[Any]:
    """What a body holds: an array's items, one value, or a value per line."""
    text = body.decode("utf-8", "replace")
    whole = _parsed(text)
    if isinstance(whole, list):
        return whole
    if not isinstance(whole, _NotJson):
        return [whole]
    lines = [line for line in text.split("\n") if line.strip()]
    # Neither JSON nor lines of it: one thing, told once.
    parsed = [_parsed(line) for line in lines]
    return [whole] if all(isinstance(value, _NotJson) for value in parsed) else parsed


def _parsed(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return _NotJson(text)


def _checked(value: Any) -> Event:
    if isinstance(value, _NotJson):
        return malformed("audit", "no JSON", value.text)
    try:
        return check(value)
    except MalformedError as error:
        return malformed("audit", str(error), value)


@web.middleware
async def _refuse(request: web.Request, handler: Handler) -> web.StreamResponse:
    try:
        return await handler(request)
    except StreamError:
        # The reason names a path; the log has it.
        return web.json_response({"error": "not stored; send it again later"}, status=503)
    except web.HTTPRequestEntityTooLarge:
        log.warning("%s sent more than %d MiB at once; refused", request.path, MAX_BYTES >> 20)
        raise


@asynccontextmanager
async def _running(*coroutines: Any) -> AsyncIterator[None]:
    """Tasks that run meanwhile. When one of them ends by itself, so does the process: Docker starts it again."""
    tasks = [asyncio.create_task(coroutine) for coroutine in coroutines]
    for task in tasks:
        task.add_done_callback(_end_with)
    try:
        yield
    finally:
        for task in tasks:
            task.remove_done_callback(_end_with)
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def _end_with(task: "asyncio.Task[None]") -> None:
    if not task.cancelled():
        log.critical("a part of the service has ended: %r", task.exception())
        os._exit(1)
