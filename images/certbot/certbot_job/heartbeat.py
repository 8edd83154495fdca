"""The sign of life between the job and its health command. Imports little: the command runs every few seconds."""

import os
import time
from pathlib import Path

RUNTIME = Path("/tmp/certbot-job")
STALE_SECONDS = 60
"""A round may wait for one answer of the CA and for one slow disk."""


def beat(runtime: Path) -> None:
    """Say that the loop is alive."""
    (runtime / "heartbeat").touch()


def problem(runtime: Path = RUNTIME) -> str | None:
    """Why the loop is not alive; None when it is."""
    try:
        age = time.time() - os.stat(runtime / "heartbeat").st_mtime
    except OSError:
        return "the job has not begun its work"
    # A negative age means that the clock was set back, not that the job is well; the next beat corrects it.
    return None if abs(age) <= STALE_SECONDS else f"the last sign of life is {abs(age):.0f} s old"
