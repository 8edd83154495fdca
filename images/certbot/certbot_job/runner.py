"""Certbot in a process of its own: what it leaks, hangs on or dies of stays there."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from threading import Event

from .lineage import NAME
from .settings import Settings

RUN_SECONDS = 1200
"""A run that takes longer is ended. Slow validations and visible challenges take some minutes at most."""
STOP_SECONDS = 5
"""What a run may take to end when it is told to; Certbot empties the challenge meanwhile."""
LOG_BACKUPS = 5


@dataclass(frozen=True)
class Outcome:
    """How a run of Certbot went."""

    ordered: bool
    """Whether the CA was asked for an order."""
    error: str | None
    """Why there is no certificate; None when the run went well, whether or not a renewal was due."""


class Certbot:
    """Runs `certbot certonly`, which obtains, renews when due, or does nothing."""

    def __init__(self, settings: Settings, stop: Event, alive: Callable[[], None]) -> None:
        """Args:
        stop: ends a run.
        alive: called again and again while a run lasts.
        """
        self._settings, self._stop, self._alive = settings, stop, alive
        self._folder = settings.runtime / "certbot"

    def run(self, force: bool) -> Outcome:
        """Obtain the certificate, or renew it if it is due.

        Args:
            force: order even when the present certificate is not due, since it is another CA's.
        """
        self._folder.mkdir(parents=True, exist_ok=True)
        outcome_file, output_file = self._folder / "outcome.json", self._folder / "output.txt"
        outcome_file.unlink(missing_ok=True)
        with open(output_file, "wb") as output:
            process = subprocess.Popen(
                [
                    sys.executable,
                    "-m",
                    "certbot_job.certbot_main",
                    str(outcome_file),
                    *self._arguments(force),
                ],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env={**os.environ, "HOME": str(self._folder), "NO_COLOR": "1"},
                # A signal to the job reaches Certbot through the job only.
                start_new_session=True,
            )
            ended = self._wait(process)
        text = output_file.read_text("utf-8", "replace")
        try:
            said = json.loads(outcome_file.read_text("utf-8"))
        except (OSError, ValueError):
            # Killed, or not even started. Whether it had ordered is unknown, so it counts.
            cause = ended or f"Certbot ended with code {process.returncode} and said: {_last_line(text)}"
            return Outcome(ordered=True, error=cause)
        if process.returncode == 0:
            return Outcome(bool(said["ordered"]), None)
        return Outcome(bool(said["ordered"]), ended or _cause(str(said["error"]), text))

    def _arguments(self, force: bool) -> list[str]:
        settings = self._settings
        challenge = (
            ["--authenticator", "dns-duckdns"]
            if settings.challenge == "dns-duckdns"
            else ["--webroot", "--webroot-path", str(settings.published / "challenges")]
        )
        contact = (
            ["--email", settings.email, "--no-eff-email"]
            if settings.email
            else ["--register-unsafely-without-email"]
        )
        return [
            "certonly",
            "--non-interactive",
            "--agree-tos",
            *contact,
            *("--server", settings.server),
            *("--cert-name", NAME),
            *("--config-dir", str(settings.state)),
            *("--work-dir", str(self._folder / "work")),
            *("--logs-dir", str(self._folder / "logs")),
            *("--max-log-backups", str(LOG_BACKUPS)),
            *("--issuance-timeout", "300"),
            "--no-directory-hooks",
            "--renew-with-new-domains",
            "--force-renewal" if force else "--keep-until-expiring",
            *challenge,
            *(part for name in settings.names for part in ("--domain", name)),
        ]

    def _wait(self, process: "subprocess.Popen[bytes]") -> str | None:
        """Wait for the end of a run; says why it was ended before."""
        deadline = time.monotonic() + RUN_SECONDS
        while process.poll() is None:
            self._alive()
            if self._stop.wait(0.1):
                _end(process)
                return "the job was stopped while Certbot ran"
            if time.monotonic() > deadline:
                _end(process)
                return f"Certbot took more than {RUN_SECONDS // 60} min and was ended"
        return None


def _end(process: "subprocess.Popen[bytes]") -> None:
    process.send_signal(signal.SIGTERM)
    try:
        process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _cause(error: str, output: str) -> str:
    """The error in one line, with what the CA said about a challenge, which Certbot only prints."""
    details = re.findall(r"^\s*Detail: (.+)$", output, re.MULTILINE)
    # One per name, and mostly the same.
    parts = dict.fromkeys([*details[:1], error])
    return " / ".join(" ".join(part.split())[:300] for part in parts)


def _last_line(text: str) -> str:
    lines = [line for line in text.splitlines() if line.strip()]
    return lines[-1].strip()[:300] if lines else "nothing"
