"""What the service is told, by environment and mounted files. The names are the component's contract with the image."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit


class SettingsError(Exception):
    """A setting that the service cannot work with. The text names cause, consequence and next step."""


@dataclass(frozen=True)
class Settings:
    """All settings. Paths differ from their defaults in tests only."""

    keycloak: str
    """Base URL inside the network, no slash at the end."""
    realm: str
    client_id: str
    """Keycloak client by which events are read."""
    days: int
    """Days for which the stream is kept."""
    max_mib: int = 4096
    """MiB that the stream may take; the oldest days go first."""
    root_user: str = ""
    """MinIO's root key: its reads are left out."""
    server_user: str = ""
    """MLflow's own key: MLflow tells of what it does with it, and for whom."""
    port: int = 8091
    folder: Path = Path("/var/lib/audit")
    secrets: Path = Path("/run/platform/secrets")

    def client_secret(self) -> str:
        """The secret of the Keycloak client. Read at each use."""
        return self._secret("KEYCLOAK_CLIENT_SECRET")

    def minio_token(self) -> str:
        """What MinIO sends as `Authorization`."""
        return self._secret("MINIO_TOKEN")

    def _secret(self, name: str) -> str:
        file = self.secrets / name
        try:
            text = file.read_text("utf-8").strip()
        except OSError as error:
            raise SettingsError(
                f"{file} cannot be read ({error.strerror}); the service cannot work. Run `npm run up`."
            ) from None
        if not text:
            raise SettingsError(f"{file} is empty; the service cannot work. Run `npm run up`.")
        return text


def from_environment(env: Mapping[str, str] = os.environ) -> Settings:
    """Read and check the settings.

    Raises:
        SettingsError: one is missing or of no use.
    """
    url = env.get("KEYCLOAK_URL", "").rstrip("/")
    if urlsplit(url).scheme not in ("http", "https") or not urlsplit(url).hostname:
        raise SettingsError(
            f"KEYCLOAK_URL is '{url}', which is no http or https URL; nobody can be asked for events."
        )
    settings = Settings(
        keycloak=url,
        realm=_text(env, "KEYCLOAK_REALM"),
        client_id=_text(env, "KEYCLOAK_CLIENT_ID"),
        days=_number(env, "AUDIT_DAYS", "365"),
        max_mib=_number(env, "AUDIT_MAX_MIB", "4096"),
        root_user=env.get("MINIO_ROOT_USER", ""),
        server_user=env.get("MINIO_SERVER_USER", ""),
    )
    settings.client_secret()
    settings.minio_token()
    return settings


def _text(env: Mapping[str, str], name: str) -> str:
    value = env.get(name, "").strip()
    if not value:
        raise SettingsError(f"{name} is not set; nobody can be asked for events. Set it.")
    return value


def _number(env: Mapping[str, str], name: str, default: str) -> int:
    value = env.get(name, "") or default
    if not value.isascii() or not value.isdigit() or int(value) < 1:
        raise SettingsError(f"{name} is '{value}'; it must be a whole number above 0. Correct it.")
    return int(value)
