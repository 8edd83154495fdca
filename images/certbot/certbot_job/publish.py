"""The volume that NGINX reads. A release is complete before anything points to it."""

import os
import shutil
from pathlib import Path

from .files import sync_folder, write_file
from .pair import BadPair, Pair, make_pair, read_pair

KEEP = 3
"""Releases that stay: NGINX may still be taking over the one before."""


class Publisher:
    """`releases/<n>` with chain and key, and `current` pointing to one of them."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._releases = root / "releases"
        self._current = root / "current"

    def prepare(self) -> None:
        """Make the folders, and remove what a killed publication left."""
        self._root.mkdir(parents=True, exist_ok=True)
        self._releases.mkdir(mode=0o755, exist_ok=True)
        for leftover in self._releases.glob(".new-*"):
            shutil.rmtree(leftover, ignore_errors=True)

    def current(self) -> Pair | None:
        """What is published; None when `current` is missing, is not ours, or leads to no valid pair."""
        if self._number() is None:
            return None
        try:
            return read_pair(self._current)
        except (BadPair, OSError):
            return None

    def publish(self, pair: Pair) -> int:
        """Make a release of a pair and point to it.

        Returns: the release's number.

        Raises:
            OSError: it could not be written, for instance because the disk is full. What was published stays.
        """
        self.prepare()
        number = max([0, *self._numbers()]) + 1
        new = self._releases / f".new-{number}"
        try:
            new.mkdir(mode=0o755)
            write_file(new / "fullchain.pem", pair.fullchain, 0o644)
            # For NGINX by its group; others get nothing.
            write_file(new / "privkey.pem", pair.privkey, 0o640)
            sync_folder(new)
            # What lies on the disk is what counts.
            make_pair((new / "fullchain.pem").read_bytes(), (new / "privkey.pem").read_bytes())
            new.rename(self._releases / str(number))
        except (OSError, BadPair) as error:
            shutil.rmtree(new, ignore_errors=True)
            if isinstance(error, BadPair):
                raise OSError(f"the release did not reach the disk as it is: {error}") from None
            raise
        sync_folder(self._releases)
        self._point_to(number)
        self._prune(number)
        return number

    def _point_to(self, number: int) -> None:
        link = self._root / ".current.new"
        link.unlink(missing_ok=True)
        link.symlink_to(f"releases/{number}")
        if self._current.is_dir() and not self._current.is_symlink():
            # Someone else's: a rename cannot replace a folder. Nothing is deleted.
            self._current.rename(self._root / f"current.foreign-{number}")
        os.replace(link, self._current)
        sync_folder(self._root)

    def _prune(self, newest: int) -> None:
        for number in sorted(self._numbers())[:-KEEP]:
            if number != newest:
                shutil.rmtree(self._releases / str(number), ignore_errors=True)

    def _number(self) -> int | None:
        """The release that `current` names."""
        try:
            target = os.readlink(self._current)
        except OSError:
            return None
        folder, _, number = target.partition("/")
        return int(number) if folder == "releases" and number.isdecimal() else None

    def _numbers(self) -> list[int]:
        return [int(entry.name) for entry in self._releases.iterdir() if entry.name.isdecimal()]
