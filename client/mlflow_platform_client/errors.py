"""What people read when something fails, at the command line and in programs alike."""

from __future__ import annotations


class PlatformError(Exception):
    """A failure with its cause, its consequence and the next step.

    Args:
        cause: What is wrong, in one sentence without the full stop.
        consequence: What therefore did not happen, likewise.
        next_step: The command to type, or what to change.
    """

    exit_code = 1

    def __init__(self, cause: str, consequence: str, next_step: str) -> None:
        # All three as arguments: exceptions travel between processes by pickle.
        super().__init__(cause, consequence, next_step)
        self.cause = cause
        self.consequence = consequence
        self.next_step = next_step

    def __str__(self) -> str:
        return f"{self.cause}. {self.consequence}. Next: {self.next_step}"


class ConfigurationError(PlatformError):
    """Settings that cannot work, whatever the platform does."""

    exit_code = 2


class UnreachableError(PlatformError):
    """A service does not answer now; it may later."""


class NotSignedInError(PlatformError):
    """Nobody is signed in, or no longer."""


class RefusedError(PlatformError):
    """The platform has understood, and says no."""
