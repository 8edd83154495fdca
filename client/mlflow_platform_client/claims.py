"""What a token says. Its signature is for MLflow, Keycloak and the object store to check, not for this package."""

from __future__ import annotations

import base64
import json
from typing import Any


def claims_of(token: str) -> dict[str, Any]:
    """The claims of a JWT; empty for anything else."""
    parts = token.split(".")
    if len(parts) != 3:
        return {}
    try:
        claims = json.loads(base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4)))
    except ValueError:
        return {}
    return claims if isinstance(claims, dict) else {}


def username_of(claims: dict[str, Any]) -> str:
    """Who a token is for, as people know the name."""
    return str(claims.get("preferred_username") or claims.get("sub") or "unknown")


def groups_of(claims: dict[str, Any]) -> list[str]:
    """The groups of a token."""
    groups = claims.get("groups")
    return sorted(str(group) for group in groups) if isinstance(groups, list) else []
