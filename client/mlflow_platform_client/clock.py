"""How much time has passed, on machines that sleep and whose clocks are set."""

from __future__ import annotations

import time
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Moment:
    """A point in time by two clocks.

    Neither alone will do: the monotonic clock stands still while a laptop sleeps, and the wall clock jumps when
    it is set. So a token counts as old as soon as one of the two says so: being early costs one request, being
    late a failed one.
    """

    monotonic: float = field(default_factory=lambda: time.monotonic())
    wall: float = field(default_factory=lambda: time.time())

    def elapsed(self) -> float:
        """Seconds since this moment."""
        now = Moment()
        return max(now.monotonic - self.monotonic, now.wall - self.wall)

    @classmethod
    def at(cls, wall: float) -> Moment:
        """A moment that another process has written down by the wall clock, in seconds since 1970."""
        now = cls()
        return cls(monotonic=now.monotonic - (now.wall - wall), wall=wall)
