"""The files of the stream: `audit-2026-01-31.jsonl`, compressed when their day is over, deleted when they are old."""

import gzip
import logging
import os
import re
import shutil
from collections.abc import Iterator
from datetime import date, timedelta
from io import BufferedIOBase
from pathlib import Path

log = logging.getLogger("stream")

_FILE = re.compile(r"audit-(\d{4}-\d\d-\d\d)\.jsonl(\.gz)?")
_SEARCHED_BYTES = 1 << 20


class DayFiles:
    """The folder of the stream."""

    def __init__(self, folder: Path, days: int, max_mib: int) -> None:
        """
        Args:
            days: for which files are kept.
            max_mib: MiB that all files together may take; the oldest go first, today's never.
        """
        self.folder = folder
        self.days = days
        self.max_bytes = max_mib << 20
        self.size = 0
        """Bytes of all files, as of the last `tidy`."""
        self._today: Path | None = None

    def open_day(self, day: date) -> int:
        """The descriptor of a day's file, for appending. A line that a crash cut short is taken away."""
        path = self.folder / f"audit-{day}.jsonl"
        self._today = path
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o640)
        try:
            _cut_torn_line(descriptor, path)
            _sync_folder(self.folder)
        except OSError:
            os.close(descriptor)
            raise
        return descriptor

    def has_room(self) -> bool:
        """Whether more may be written."""
        today = self._today.stat().st_size if self._today is not None else 0
        return today < self.max_bytes

    def first_day(self) -> date | None:
        """Of the oldest file."""
        return next((day for day, _ in self._all()), None)

    def since(self, day: date) -> list[Path]:
        """Files of a day and later, oldest first."""
        return [path for of, path in self._all() if of >= day]

    def open_to_read(self, path: Path) -> BufferedIOBase:
        """A file's lines, whether or not it has been compressed meanwhile."""
        packed = path.with_name(path.name.removesuffix(".gz") + ".gz")
        try:
            return gzip.open(path) if path.suffix == ".gz" else path.open("rb")
        except FileNotFoundError:
            return gzip.open(packed)

    def tidy(self, today: date) -> list[str]:
        """Compress what is over, delete what is too old or too much.

        Returns:
            Days that were deleted for want of room, before their time.
        """
        self._finish_interrupted()
        for day, path in list(self._all()):
            if day < today - timedelta(days=self.days):
                path.unlink()
                log.info("deleted %s: older than %d days", path.name, self.days)
            elif day < today and path.suffix != ".gz":
                _compress(path)
        pruned: list[str] = []
        files = [(day, path, path.stat().st_size) for day, path in self._all()]
        self.size = sum(size for _, _, size in files)
        for day, path, size in files:
            if self.size <= self.max_bytes or day >= today:
                break
            path.unlink()
            self.size -= size
            pruned.append(str(day))
            log.warning(
                "deleted %s before its time: more than %d MiB are in use", path.name, self.max_bytes >> 20
            )
        return pruned

    def _finish_interrupted(self) -> None:
        for unfinished in self.folder.glob("*.tmp"):
            unfinished.unlink()
        for ready in self.folder.glob("*.ready"):
            _put_in_place(ready)

    def _all(self) -> Iterator[tuple[date, Path]]:
        # In order of names, which is that of days.
        for path in sorted(self.folder.iterdir(), key=lambda path: path.name):
            if (match := _FILE.fullmatch(path.name)) is None:
                continue
            try:
                yield date.fromisoformat(match[1]), path
            except ValueError:
                continue


def _compress(path: Path) -> None:
    packed = path.with_name(path.name + ".gz")
    temporary = path.with_name(path.name + ".tmp")
    with temporary.open("wb") as target:
        # A day may have a packed part already, when the clock was set back over midnight.
        if packed.exists():
            with packed.open("rb") as earlier:
                shutil.copyfileobj(earlier, target)
        with path.open("rb") as source, gzip.open(target, "wb", compresslevel=6) as pack:
            shutil.copyfileobj(source, pack)
        target.flush()
        os.fsync(target.fileno())
    os.chmod(temporary, 0o640)
    ready = path.with_name(path.name + ".ready")
    os.replace(temporary, ready)
    _sync_folder(path.parent)
    _put_in_place(ready)


def _put_in_place(ready: Path) -> None:
    """The last step of compressing, which may be repeated: the plain file is in the ready one."""
    plain = ready.with_name(ready.name.removesuffix(".ready"))
    plain.unlink(missing_ok=True)
    os.replace(ready, plain.with_name(plain.name + ".gz"))
    _sync_folder(ready.parent)


def _cut_torn_line(descriptor: int, path: Path) -> None:
    size = os.fstat(descriptor).st_size
    end = size
    while end > 0:
        start = max(0, end - _SEARCHED_BYTES)
        found = os.pread(descriptor, end - start, start).rfind(b"\n")
        if found >= 0:
            end = start + found + 1
            break
        end = start
    if end < size:
        # Nobody was told that it is stored.
        os.ftruncate(descriptor, end)
        log.warning("%s ended in the middle of a line; %d bytes taken away", path.name, size - end)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
