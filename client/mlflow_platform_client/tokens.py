"""Holds a token and renews it ahead of its end: once for many threads, and anew in forked processes."""

from __future__ import annotations

import logging
import threading
import weakref
from typing import Protocol

from .clock import Moment
from .errors import PlatformError, UnreachableError
from .forks import renew_after_fork
from .grants import Grant

#: A token is renewed at this part of its life, so that one of 60 seconds serves as well as one of an hour.
_DUE = 2 / 3
#: What must be left for a request to arrive in time: MLflow allows no clock difference. Also the time between attempts
#: to renew a token that is still valid, while Keycloak does not answer.
_MARGIN = 1 / 10
_MARGIN_SECONDS = 5.0

_log = logging.getLogger(__name__)


class Source(Protocol):
    """Where tokens come from."""

    def fetch(self, refused: str | None, patient: bool) -> Grant:
        """A token.

        Args:
            refused: One that MLflow has refused, which another process may have replaced already.
            patient: Whether to go on asking for some minutes when Keycloak does not answer.
        """


class Holder:
    """The present token of a source. Any thread may use it."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._grant: Grant | None = None
        self._lock = threading.Lock()
        self._attempts = 0
        self._failure: PlatformError | None = None
        self._failed_at: Moment | None = None
        _holders.add(self)

    def get(self) -> Grant:
        """A token with enough life left for a request.

        Raises:
            PlatformError: If there is none to be had.
        """
        grant = self._grant
        if grant is None or spent(grant):
            return self._replace(grant)
        if due(grant) and not self._failed_lately() and self._lock.acquire(blocking=False):
            # One thread renews; the others go on with the token, which is still valid.
            try:
                if self._grant is grant:
                    self._fetch(None, patient=False)
            except UnreachableError as error:
                self._failed_at = Moment()
                _log.warning("The token was not renewed yet, the present one is still valid: %s", error)
            finally:
                self._lock.release()
        return self._grant or grant

    def renew(self, refused: str) -> Grant:
        """Another token than one that MLflow has refused, if there is one."""
        grant = self._grant
        if grant is not None and grant.access_token != refused and not spent(grant):
            return grant
        return self._replace(grant, refused)

    def _replace(self, seen: Grant | None, refused: str | None = None) -> Grant:
        attempts = self._attempts
        with self._lock:
            if self._grant is not None and self._grant is not seen and not spent(self._grant):
                return self._grant
            if self._attempts != attempts and self._failure is not None:
                # Whoever waited for an attempt shares its outcome, else each would try for minutes in turn.
                raise type(self._failure)(*self._failure.args)
            return self._fetch(refused, patient=True)

    def _fetch(self, refused: str | None, patient: bool) -> Grant:
        try:
            self._grant = self._source.fetch(refused, patient)
            self._failure = self._failed_at = None
        except PlatformError as error:
            # One that was given up early says nothing to those who have time.
            self._failure = error if patient else None
            raise
        finally:
            # Counted when it is over: whoever comes while it is under way waits for its outcome.
            self._attempts += 1
        return self._grant

    def _failed_lately(self) -> bool:
        failed_at, grant = self._failed_at, self._grant
        return failed_at is not None and grant is not None and failed_at.elapsed() < _margin(grant)

    def renew_lock(self) -> None:
        """For a forked child, where the thread that holds the lock does not exist."""
        self._lock = threading.Lock()


def due(grant: Grant) -> bool:
    """Whether it is time for the next token."""
    return grant.taken.elapsed() >= grant.life * _DUE


def spent(grant: Grant) -> bool:
    """Whether too little life is left for a request."""
    return grant.taken.elapsed() >= grant.life - _margin(grant)


def _margin(grant: Grant) -> float:
    return min(_MARGIN_SECONDS, grant.life * _MARGIN)


_holders: weakref.WeakSet[Holder] = weakref.WeakSet()


@renew_after_fork
def _renew_locks() -> None:
    for holder in list(_holders):
        holder.renew_lock()
