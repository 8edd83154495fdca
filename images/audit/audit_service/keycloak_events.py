"""Keycloak's login events and admin events in the common form."""

import re
from collections.abc import Awaitable, Callable
from typing import Any

from .events import Event, malformed, tidy
from .times import from_ms, iso

NameOf = Callable[[str], Awaitable[str | None]]
"""Gives the name behind an id; None when there is none."""

_NAMES = {
    "LOGIN": "login",
    "IDENTITY_PROVIDER_LOGIN": "login",
    "IMPERSONATE": "login.impersonated",
    "LOGOUT": "logout",
    "OAUTH2_DEVICE_AUTH": "login.device",
    "OAUTH2_DEVICE_VERIFY_USER_CODE": "login.device.code",
    "CODE_TO_TOKEN": "token",
    "REFRESH_TOKEN": "token",
    "CLIENT_LOGIN": "token",
    "OAUTH2_DEVICE_CODE_TO_TOKEN": "token",
    "AUTHREQID_TO_TOKEN": "token",
    "TOKEN_EXCHANGE": "token",
    "JWT_AUTHORIZATION_GRANT": "token",
    "OAUTH2_EXTENSION_GRANT": "token",
    "PERMISSION_TOKEN": "token",
    "REVOKE_GRANT": "token.revoked",
    "USER_DISABLED_BY_PERMANENT_LOCKOUT": "account.locked",
    "USER_DISABLED_BY_TEMPORARY_LOCKOUT": "account.locked",
}
"""The rest is `account.<type>`, such as `account.update-password`."""

_GRANTS = {
    "CODE_TO_TOKEN": "authorization_code",
    "REFRESH_TOKEN": "refresh_token",
    "CLIENT_LOGIN": "client_credentials",
    "OAUTH2_DEVICE_CODE_TO_TOKEN": "device_code",
    "TOKEN_EXCHANGE": "token_exchange",
}

_WAITING = frozenset({"authorization_pending", "slow_down"})
"""What a terminal is told every few seconds until its user has signed in: no refusals."""

_DETAILS = {
    "auth_method": "method",
    "grant_type": "grant",
    "token_id": "tokenId",
    "refresh_token_type": "refreshType",
    "reason": "reason",
    "credential_type": "credential",
    "client_auth_method": "clientAuth",
    "impersonator": "impersonator",
}
"""What is taken over of an event's details, and its name here. Codes, redirects, e-mail addresses are not."""

_SEGMENT = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")


async def login_event(raw: Any, name_of: NameOf) -> Event | None:
    """One entry of `/events`. None for what tells nothing."""
    if not _is_event(raw) or not isinstance(raw.get("type"), str):
        return malformed("keycloak", "no event of Keycloak", raw)
    kind = raw["type"].removesuffix("_ERROR")
    error = _text(raw.get("error"))
    if error in _WAITING:
        return None
    refused = raw["type"].endswith("_ERROR")
    name = _NAMES.get(kind) or f"account.{kind.lower().replace('_', '-')}"
    details = raw.get("details") if isinstance(raw.get("details"), dict) else {}
    subject = _text(raw.get("userId"))
    # A name of which Keycloak knows no user is not kept: people type passwords there.
    actor = (_text(details.get("username")) or await name_of(f"users/{subject}")) if subject else None
    taken = {ours: _text(details.get(theirs)) for theirs, ours in _DETAILS.items()}
    return tidy(
        {
            "time": iso(from_ms(raw["time"])),
            "source": "keycloak",
            "event": f"{name}.refused" if refused else name,
            # The service account of a person who typed an address instead of a name has the name.
            "actor": await name_of(f"users/{subject}") if actor and "@" in actor else actor,
            "subject": subject,
            "client": _text(raw.get("clientId")),
            "ip": _text(raw.get("ipAddress")),
            "status": "refused" if refused else "success",
            "detail": _given(
                {
                    "id": raw["id"],
                    "type": raw["type"],
                    "error": error,
                    **taken,
                    "grant": taken["grant"] or _GRANTS.get(kind),
                    "session": _text(raw.get("sessionId")),
                }
            ),
        }
    )


async def admin_event(raw: Any, realm: str, name_of: NameOf) -> Event:
    """One entry of `/admin-events`: somebody has changed users, groups, clients or the realm."""
    if not _is_event(raw):
        return malformed("keycloak", "no admin event of Keycloak", raw)
    by = raw.get("authDetails") if isinstance(raw.get("authDetails"), dict) else {}
    subject, of = _text(by.get("userId")), _text(by.get("realmId"))
    resource = (_text(raw.get("resourceType")) or "unknown").lower().replace("_", "-")
    operation = (_text(raw.get("operationType")) or "unknown").lower()
    path = _text(raw.get("resourcePath")) or ""
    error = _text(raw.get("error"))
    return tidy(
        {
            "time": iso(from_ms(raw["time"])),
            "source": "keycloak",
            "event": f"admin.{resource}.{operation}",
            # Administrators of the realm `master` have no name here; this service may not look there.
            "actor": await name_of(f"users/{subject}") if subject and of == realm else None,
            "subject": subject,
            "client": None,
            "ip": _text(by.get("ipAddress")),
            "workspace": None,
            "target": await _named(path, name_of) or None,
            "status": "failed" if error else "success",
            "detail": _given(
                {
                    "id": raw["id"],
                    "path": path,
                    "error": error,
                    "realm": None if of == realm else "master",
                    "clientUuid": _text(by.get("clientId")),
                }
            ),
        }
    )


async def _named(path: str, name_of: NameOf) -> str:
    """A resource's path with names for the ids of users and groups: `users/vera/groups/vision`."""
    parts = path.split("/")
    for at in range(1, len(parts)):
        if parts[at - 1] in ("users", "groups") and _SEGMENT.fullmatch(parts[at]):
            parts[at] = await name_of(f"{parts[at - 1]}/{parts[at]}") or parts[at]
    return "/".join(parts)


def _is_event(raw: Any) -> bool:
    if (
        not isinstance(raw, dict)
        or not isinstance(raw.get("id"), str)
        or not isinstance(raw.get("time"), int)
    ):
        return False
    try:
        from_ms(raw["time"])
    except (ValueError, OverflowError, OSError):
        return False
    return True


def _given(detail: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in detail.items() if value is not None}


def _text(value: object) -> str | None:
    return value if isinstance(value, str) and value else None
