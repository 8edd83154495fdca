"""MLflow's accounts, by the route that the platform adds to it."""

from typing import Any
from urllib.parse import quote

from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError

from .http import Http, ServiceError
from .keycloak import Keycloak
from .settings import Settings


class Account(BaseModel):
    """An account as MLflow has it."""

    model_config = ConfigDict(frozen=True)

    username: str
    active: bool
    admin: bool
    serviceAccount: bool
    deactivatedByWarden: bool
    """Whether it was the warden who deactivated it; nobody else's decision is taken back."""
    groups: list[str]
    subjects: list[str]
    """Subjects in Keycloak that open it."""


_ACCOUNTS = TypeAdapter(list[Account])


class Mlflow:
    """Reads and changes accounts. Every method raises ServiceError."""

    def __init__(self, settings: Settings, keycloak: Keycloak) -> None:
        self._base = f"{settings.mlflow_url}/platform/accounts"
        self._keycloak = keycloak
        self._http = Http("MLflow")

    def accounts(self) -> list[Account]:
        """All accounts."""
        try:
            return _ACCOUNTS.validate_python(self._call("GET", ""))
        except ValidationError:
            raise ServiceError("MLflow", "its list of accounts makes no sense") from None

    def change(self, username: str, **changes: Any) -> None:
        """Change one account: `active`, `admin`, `groups`, `subject`."""
        self._call("PATCH", f"/{quote(username, safe='')}", json=changes)

    def _call(self, method: str, path: str, **options: Any) -> Any:
        headers = {"Authorization": f"Bearer {self._keycloak.token()}"}
        return self._http.json(method, self._base + path, headers=headers, **options)
