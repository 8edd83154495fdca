"""The sign of life between the loop and the health command. Imports little: the command runs every few seconds."""

import json
import os
import time
from pathlib import Path
from typing import Any

FILE = Path("/tmp/warden/status.json")
LATE_SECONDS = 60
"""Without success for so long, an account disabled in Keycloak may still be open: people have to know."""


def write(status: dict[str, Any], file: Path = FILE) -> None:
    """Say how things stand."""
    file.parent.mkdir(parents=True, exist_ok=True)
    new = file.with_suffix(".new")
    new.write_text(json.dumps(status), "utf-8")
    os.replace(new, file)


def problem(file: Path = FILE) -> str | None:
    """Why it is not well; None when it is."""
    try:
        status = json.loads(file.read_text("utf-8"))
        age = time.time() - float(status["lastSuccess"])
    except (OSError, ValueError, KeyError, TypeError):
        return "the realm has not been read yet"
    if abs(age) > LATE_SECONDS:
        return f"the last success is {age:.0f} s old: {status.get('error') or 'a round takes that long'}"
    return None


def summary(file: Path = FILE) -> str:
    """How things stand, in one line."""
    status = json.loads(file.read_text("utf-8"))
    age = max(0.0, time.time() - float(status["lastSuccess"]))
    return (
        f"in step {age:.0f} s ago; {status['users']} users, {status['accounts']} accounts, "
        f"{status['denied']} subjects denied" + (f"; {status['alarm']}" if status.get("alarm") else "")
    )
