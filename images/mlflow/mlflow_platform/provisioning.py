"""An account is whole before anybody asks for it.

The login plugin makes the account of a first token in several steps: the account, its groups, its subject. Of requests
that come at once, as a training's do, another worker would find the account without groups, refuse it, and remember
the refusal for PERMISSION_CACHE_TTL_SECONDS. So the workers of a server take turns, and whoever waited finds the
account as it is to be.
"""

import fcntl
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from .versions import UnexpectedVersion, expect_parameters

#: All workers of a server run in one container. The kernel lets go of the lock of one that ends.
LOCK = Path(tempfile.gettempdir(), "mlflow-platform-provisioning.lock")


@contextmanager
def _turn() -> Iterator[None]:
    with LOCK.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def provision_in_turns(auth: Any) -> None:
    """Let one worker at a time look whether an account is there, and make it.

    :param auth: the module `mlflow_oidc_auth.middleware.auth_middleware`
    :raises UnexpectedVersion: where it provisions in another way
    """
    middleware = getattr(auth, "AuthMiddleware", None)
    original = getattr(middleware, "_maybe_provision_bearer_user", None)
    if original is None:
        raise UnexpectedVersion("mlflow_oidc_auth provisions accounts in another way")
    expect_parameters(original, "self", "username", "token", "payload")

    def provision(self: Any, username: str, token: str, payload: Any) -> None:
        with _turn():
            original(self, username, token, payload)

    middleware._maybe_provision_bearer_user = provision
