"""The stream: one file of JSON lines for each day (UTC) on which events arrived."""

import asyncio
import errno
import logging
import os
import sys
from collections.abc import Iterable
from datetime import date
from pathlib import Path
from typing import BinaryIO

from .days import DayFiles
from .events import Event, encode
from .times import now

log = logging.getLogger("stream")


class StreamError(Exception):
    """The events could not be stored. The text says why; senders should try again."""


class Stream:
    """Appends events. Whoever appends gets control back when the lines are on the disk.

    One task writes for all: while it waits for the disk, the events of others gather, and share the next `fdatasync`.
    """

    def __init__(self, files: DayFiles, echo: BinaryIO | None = None) -> None:
        """
        Args:
            echo: gets each line as well, once it is stored. Standard output in the container.
        """
        self._files = files
        self._echo = echo
        self._waiting: list[tuple[bytes, asyncio.Future[None]]] = []
        self._wake = asyncio.Event()
        self._descriptor: int | None = None
        self._day: date | None = None
        self.stored = 0
        """Events since the start."""
        self.error: str | None = None
        """Why the last write failed; None when it did not."""

    async def append(self, events: Iterable[Event]) -> None:
        """Store events.

        Raises:
            StreamError: none of them is stored.
        """
        lines = [encode(event) for event in events]
        if not lines:
            return
        stored: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((b"".join(lines), stored))
        self._wake.set()
        await stored
        self.stored += len(lines)

    async def run(self) -> None:
        """Write what is appended, until cancelled."""
        try:
            while True:
                await self._wake.wait()
                self._wake.clear()
                batch, self._waiting = self._waiting, []
                try:
                    await asyncio.to_thread(self._write, b"".join(lines for lines, _ in batch))
                    self.error = None
                except OSError as error:
                    self._tell(error)
                for _, stored in batch:
                    if stored.done():
                        continue
                    if self.error is None:
                        stored.set_result(None)
                    else:
                        stored.set_exception(StreamError(self.error))
        finally:
            self.close()

    def close(self) -> None:
        """Let go of the file."""
        if self._descriptor is not None:
            os.close(self._descriptor)
        self._descriptor, self._day = None, None

    def _tell(self, error: OSError) -> None:
        text = f"{self._files.folder}: {error.strerror or error}"
        if self.error != text:
            log.error("events cannot be stored: %s; senders keep them and try again", text)
        self.error = text

    def _write(self, lines: bytes) -> None:
        today = now().date()
        if self._descriptor is None or self._day != today:
            self.close()
            self._descriptor, self._day = self._files.open_day(today), today
        descriptor = self._descriptor
        if not self._files.has_room():
            raise OSError(
                errno.EDQUOT, f"today's events alone take more than {self._files.max_bytes >> 20} MiB"
            )
        before = os.fstat(descriptor).st_size
        try:
            rest = memoryview(lines)
            while rest:
                rest = rest[os.write(descriptor, rest) :]
            os.fdatasync(descriptor)
        except OSError:
            # A line cut short would swallow the next one.
            os.ftruncate(descriptor, before)
            raise
        if self._echo is not None:
            self._echo.write(lines)
            self._echo.flush()


def standard_output() -> BinaryIO:
    """Where a container's lines go."""
    return sys.stdout.buffer


def read_days(files: DayFiles, since: date) -> Iterable[bytes]:
    """Every whole line that arrived on a day or later, oldest first."""
    for path in files.since(since):
        yield from _lines(files, path)


def _lines(files: DayFiles, path: Path) -> Iterable[bytes]:
    with files.open_to_read(path) as file:
        for line in file:
            if line.endswith(b"\n"):
                yield line
