"""Files with secrets: for their owner alone, and never half written."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import re
import stat
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout
from platformdirs import user_config_path

from .errors import PlatformError

#: Seconds to wait for another process; longer than the longest time that one asks Keycloak for.
LOCK_SECONDS = 300.0
_OTHERS = stat.S_IRWXG | stat.S_IRWXO


class PrivateFile:
    """A JSON object in a file of the user's configuration folder.

    Args:
        kind: What it holds, a part of its name.
        *of: What it belongs to: a file for each platform, and for credentials for each identity.
    """

    def __init__(self, kind: str, *of: str) -> None:
        digest = hashlib.sha256("\n".join(of).encode()).hexdigest()[:12]
        readable = re.sub(r"[^a-z0-9.]+", "-", of[0].lower().partition("://")[2])
        self.path = folder() / f"{kind}-{readable}-{digest}.json"

    def read(self) -> dict[str, Any] | None:
        """The object; None when there is none.

        Raises:
            PlatformError: If others may read the file, or it is not what this package writes.
        """
        try:
            # Opened first and looked at then: what is looked at is what is read.
            with self.path.open(encoding="utf-8") as file:
                self._refuse_shared(os.fstat(file.fileno()))
                held = json.load(file)
        except FileNotFoundError:
            return None
        except (OSError, ValueError) as error:
            raise PlatformError(
                f"{self.path} cannot be read: {error}",
                "What it holds is not used",
                f"delete it and sign in again: rm {self.path}; mlflow-platform login",
            ) from error
        return held if isinstance(held, dict) else None

    def write(self, held: dict[str, Any]) -> None:
        """Replaces the content; a reader sees the old one or the new one."""
        with self._explained():
            _make_folder(self.path.parent)
            # mkstemp makes files that their owner alone can read.
            descriptor, temporary = tempfile.mkstemp(dir=self.path.parent, prefix=".new-")
            try:
                with os.fdopen(descriptor, "w", encoding="utf-8") as file:
                    json.dump(held, file, indent=1)
                    file.flush()
                    os.fsync(file.fileno())
                os.replace(temporary, self.path)
            except BaseException:
                with contextlib.suppress(FileNotFoundError):
                    os.unlink(temporary)
                raise

    def delete(self) -> None:
        """Removes the file, if there is one."""
        with self._explained(), contextlib.suppress(FileNotFoundError):
            self.path.unlink()

    @contextlib.contextmanager
    def lock(self) -> Iterator[None]:
        """Keeps other processes and threads from changing the file."""
        with self._explained():
            _make_folder(self.path.parent)
            # A lock of its own each time: one that is shared would be copied into forked processes.
            lock = FileLock(self.path.with_suffix(".lock"), timeout=LOCK_SECONDS, mode=0o600)
            try:
                lock.acquire()
            except Timeout as error:
                raise PlatformError(
                    f"Another process has held {self.path.with_suffix('.lock')} for {LOCK_SECONDS:.0f} seconds",
                    "The token was not renewed",
                    "end the process that holds it (`fuser` names it), and try again",
                ) from error
        try:
            yield
        finally:
            lock.release()

    def _refuse_shared(self, status: os.stat_result) -> None:
        if os.name != "posix":
            return
        if status.st_mode & _OTHERS or status.st_uid != os.getuid():
            raise PlatformError(
                f"{self.path} belongs to another user or can be read by others, who may know what it holds",
                "It is not used",
                f"mlflow-platform logout ends that sign-in; then rm -f {self.path} and mlflow-platform login",
            )

    @contextlib.contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise PlatformError(
                f"{self.path.parent} cannot be written: {error.strerror or error}",
                "The sign-in cannot be kept",
                "make the folder writable for you, or set XDG_CONFIG_HOME to one that is",
            ) from error


def folder() -> Path:
    """Where this package keeps its files."""
    return user_config_path("mlflow-platform", appauthor=False)


def _make_folder(path: Path) -> None:
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    if os.name == "posix" and stat.S_IMODE(path.stat().st_mode) & _OTHERS:
        path.chmod(0o700)
