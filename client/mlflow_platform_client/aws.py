"""A profile for AWS's programs and libraries."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import sys
from pathlib import Path

from .discovery import Platform
from .errors import ConfigurationError


def config_path() -> Path:
    """AWS's own configuration file."""
    return Path(os.environ.get("AWS_CONFIG_FILE") or Path.home() / ".aws" / "config")


def profile_text(platform: Platform, profile: str) -> str:
    """The profile, as it stands in that file."""
    # By its full path: programs that are started from a desktop have another PATH.
    installed = shutil.which("mlflow-platform")
    command = shlex.join([installed] if installed else [sys.executable, "-m", "mlflow_platform_client"])
    return (
        f"[profile {profile}]\n"
        f"credential_process = {command} s3-credentials {platform.address}\n"
        f"region = {platform.s3_region}\n"
        f"endpoint_url = {platform.s3_endpoint}\n"
        "s3 =\n"
        "    addressing_style = path\n"
    )


def add_profile(platform: Platform, profile: str) -> bool:
    """Adds the profile to AWS's configuration file; everything else in it stays as it is.

    Returns:
        False when it is there already, exactly so.

    Raises:
        ConfigurationError: If there is another one of that name.
    """
    path = config_path()
    text = profile_text(platform, profile)
    before = path.read_text(encoding="utf-8") if path.exists() else ""
    if text in before:
        return False
    if re.search(rf"^\s*\[\s*profile\s+{re.escape(profile)}\s*\]", before, re.MULTILINE):
        raise ConfigurationError(
            f"{path} has another profile {profile}",
            "The file was not changed",
            f"remove that profile or choose another name: mlflow-platform configure-aws --profile {profile}-2",
        )
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with path.open("a", encoding="utf-8") as file:
        file.write(("\n" if before and not before.endswith("\n\n") else "") + text)
    return True
