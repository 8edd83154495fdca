"""What the warden is told, by environment and mounted files. The names are the component's contract with the image."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path


class SettingsError(Exception):
    """A setting that the warden cannot work with. The text names cause, consequence and next step."""


@dataclass(frozen=True)
class Settings:
    """All settings. Addresses have no slash at the end."""

    keycloak_url: str
    realm: str
    issuer: str
    """The issuer in the realm's tokens, as clients see it."""
    client_id: str
    client_secret: str
    mlflow_url: str
    minio_url: str
    minio_region: str
    minio_key: str
    minio_secret: str
    audit_url: str
    """Where events are sent."""
    users_group: str
    """Group without which nobody signs in to MLflow, unless in the next one."""
    admins_group: str
    """Group of MLflow's administrators."""
    revoked_policy: str
    """Policy of the object store that every token names."""
    own_accounts: frozenset[str]
    """Accounts of MLflow that are never touched: the platform's own."""
    token_life: timedelta
    """Longest that an access token or ID token is valid."""
    credential_life: timedelta
    """Longest that temporary credentials of the object store are valid."""


def from_environment(
    env: Mapping[str, str] = os.environ, secrets: Path = Path("/run/platform/secrets")
) -> Settings:
    """Read and check the settings.

    Raises:
        SettingsError: one is missing or is no number.
    """
    return Settings(
        keycloak_url=_text(env, "KEYCLOAK_URL").rstrip("/"),
        realm=_text(env, "KEYCLOAK_REALM"),
        issuer=_text(env, "OIDC_ISSUER"),
        client_id=_text(env, "OIDC_CLIENT_ID"),
        client_secret=_secret(secrets / "OIDC_CLIENT_SECRET"),
        mlflow_url=_text(env, "MLFLOW_URL").rstrip("/"),
        minio_url=_text(env, "MINIO_URL").rstrip("/"),
        minio_region=_text(env, "MINIO_REGION"),
        minio_key=_text(env, "MINIO_ACCESS_KEY"),
        minio_secret=_secret(secrets / "MINIO_SECRET_KEY"),
        audit_url=_text(env, "AUDIT_URL"),
        users_group=_text(env, "USERS_GROUP"),
        admins_group=_text(env, "ADMINS_GROUP"),
        revoked_policy=_text(env, "REVOKED_POLICY"),
        own_accounts=frozenset(_text(env, "OWN_ACCOUNTS").split(",")),
        token_life=_seconds(env, "TOKEN_SECONDS"),
        credential_life=_seconds(env, "CREDENTIAL_SECONDS"),
    )


def _text(env: Mapping[str, str], name: str) -> str:
    value = env.get(name, "").strip()
    if not value:
        raise SettingsError(f"{name} is not set; the warden does not start. Set it as lib/wardenEnv.ts does.")
    return value


def _seconds(env: Mapping[str, str], name: str) -> timedelta:
    value = _text(env, name)
    if not value.isdecimal() or int(value) == 0:
        raise SettingsError(
            f"{name} is '{value}'; the warden would not know when tokens end and does not start. Set whole seconds."
        )
    return timedelta(seconds=int(value))


def _secret(file: Path) -> str:
    try:
        value = file.read_text("utf-8").strip()
    except OSError as error:
        raise SettingsError(
            f"{file} cannot be read ({error.strerror}); the warden could not sign in and does not start. Run `npm run up`."
        ) from None
    if not value:
        raise SettingsError(f"{file} is empty; the warden could not sign in. Run `npm run up`.")
    return value
