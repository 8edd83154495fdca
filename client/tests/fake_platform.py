"""A platform on local ports: Keycloak, MLflow and the object store's STS as far as the client sees them.

Real HTTP servers, with what the real ones insist on: MLflow allows no clock difference, Keycloak wants PKCE, a refresh
token may serve only once.
"""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
import threading
import time
from collections import Counter
from typing import Any

from local_site import Request, Site

REALM = "/realms/fake"


def jwt(claims: dict[str, Any]) -> str:
    """A token that looks like one; nobody here checks signatures."""
    parts = [json.dumps(part).encode() for part in ({"alg": "RS256"}, claims)]
    return ".".join([*(base64.urlsafe_b64encode(part).rstrip(b"=").decode() for part in parts), "c2ln"])


class FakePlatform:
    """The platform; its attributes are what a test changes.

    Attributes:
        life: Seconds that access tokens are valid.
        rotates: Whether a refresh token serves only once.
        pending: Answers of the token endpoint before the person has agreed.
        refuse: OAuth error and description that the token endpoint gives instead of a token.
        counts: How often each thing was done.
        seen: Requests that MLflow has answered with 200: path, team, token, body.
    """

    def __init__(self) -> None:
        self.life = 60.0
        self.rotates = True
        self.teams = ["vision"]
        self.groups = ["vision"]
        self.secret = "right"
        self.pending: list[str] = []
        self.refuse: tuple[int, str, str] | None = None
        self.interval = 0.01
        self.gate: dict[str, int] = {}
        self.counts: Counter[str] = Counter()
        self.seen: list[tuple[str, str | None, str, bytes]] = []
        self.revoked: list[str] = []
        self.description: Any = None
        self.issued_ahead = 0.0
        self.s3_life = 3600.0
        self._refresh: set[str] = set()
        self._devices: dict[str, str] = {}
        self._lock = threading.Lock()
        self.keycloak = Site(self._keycloak)
        self.mlflow = Site(self._mlflow)
        self.s3 = Site(self._sts)
        self.sites = (self.keycloak, self.mlflow, self.s3)

    @property
    def url(self) -> str:
        return self.mlflow.url

    @property
    def issuer(self) -> str:
        return self.keycloak.url + REALM

    def close(self) -> None:
        for site in self.sites:
            site.stop()

    def count(self, what: str) -> None:
        with self._lock:
            self.counts[what] += 1

    def access_token(self, username: str = "vera", **claims: Any) -> str:
        now = time.time() + self.issued_ahead
        return jwt(
            {
                "iss": self.issuer,
                "aud": ["mlflow-api"],
                "sub": f"id-of-{username}",
                "preferred_username": username,
                "groups": self.groups,
                "iat": now,
                "exp": now + self.life,
                "jti": secrets.token_hex(4),
                **claims,
            }
        )

    def refresh_token(self) -> str:
        token = secrets.token_hex(8)
        with self._lock:
            self._refresh.add(token)
        return token

    def end_sessions(self) -> None:
        with self._lock:
            self._refresh.clear()

    # Keycloak

    def _keycloak(self, request: Request) -> None:
        path = request.route.removeprefix(REALM)
        at = self.issuer
        if path == "/.well-known/openid-configuration":
            request.reply(
                200,
                {
                    "issuer": at,
                    "token_endpoint": f"{at}/token",
                    "device_authorization_endpoint": f"{at}/device",
                    "revocation_endpoint": f"{at}/revoke",
                },
            )
        elif path == "/device":
            if request.form.get("code_challenge_method") != "S256" or "code_challenge" not in request.form:
                request.reply(
                    400, {"error": "invalid_request", "error_description": "Missing parameter: code_challenge"}
                )
                return
            code = secrets.token_hex(4)
            self._devices[code] = request.form["code_challenge"]
            request.reply(
                200,
                {
                    "device_code": code,
                    "user_code": "ABCD-EFGH",
                    "verification_uri": f"{at}/open",
                    "verification_uri_complete": f"{at}/open?user_code=ABCD-EFGH",
                    "expires_in": 600,
                    "interval": self.interval,
                },
            )
        elif path == "/token":
            self._token(request)
        elif path == "/revoke":
            self.revoked.append(request.form["token"])
            with self._lock:
                self._refresh.discard(request.form["token"])
            request.reply(200)
        else:
            request.reply(404)

    def _token(self, request: Request) -> None:
        kind = request.form["grant_type"].rpartition(":")[2]
        self.count(kind)

        def error(status: int, code: str, description: str = "") -> None:
            request.reply(status, {"error": code, "error_description": description})

        if self.refuse is not None:
            error(*self.refuse)
            return
        if kind == "client_credentials":
            if request.form["client_secret"] != self.secret:
                error(401, "unauthorized_client", "Invalid client or Invalid client credentials")
                return
            self._give(request, f"service-account-{request.form['client_id']}", None)
        elif kind == "refresh_token":
            old = request.form["refresh_token"]
            with self._lock:
                known = old in self._refresh
                if self.rotates:
                    self._refresh.discard(old)
            if not known:
                error(400, "invalid_grant", "Session not active")
                return
            self._give(request, "vera", self.refresh_token() if self.rotates else None)
        else:
            if self.pending:
                error(400, self.pending.pop(0))
                return
            verifier = hashlib.sha256(request.form["code_verifier"].encode()).digest()
            if base64.urlsafe_b64encode(verifier).rstrip(b"=").decode() != self._devices[request.form["device_code"]]:
                error(400, "invalid_grant", "PKCE verification failed")
                return
            self._give(request, "vera", self.refresh_token())

    def _give(self, request: Request, username: str, refresh: str | None) -> None:
        answer = {"access_token": self.access_token(username), "expires_in": self.life, "token_type": "Bearer"}
        request.reply(200, answer if refresh is None else {**answer, "refresh_token": refresh})

    # MLflow

    def accepts(self, token: str) -> bool:
        try:
            payload = token.split(".")[1]
            claims = json.loads(base64.urlsafe_b64decode(payload + "=="))
        except (IndexError, ValueError):
            return False
        now = time.time()
        return bool(claims["iss"] == self.issuer and claims["iat"] <= now < claims["exp"] and claims["groups"])

    def _mlflow(self, request: Request) -> None:
        if request.route == "/.well-known/mlflow-platform":
            request.reply(200, self.description or self.describe())
            return
        if status := self.gate.get(request.route):
            request.reply(status, {"message": "by the test"})
            return
        if not self.accepts(request.bearer):
            self.count("401")
            request.reply(401, {"detail": "Authentication required"})
            return
        if request.route == "/api/3.0/mlflow/workspaces":
            request.reply(200, {"workspaces": [{"name": name} for name in self.teams]})
            return
        if request.route == "/api/3.0/mlflow/server-info":
            request.reply(200, {"store_type": "SqlStore", "workspaces_enabled": True})
            return
        team = request.headers.get("X-MLFLOW-WORKSPACE")
        if team not in self.teams:
            request.reply(403, {"message": "Permission denied"})
            return
        with self._lock:
            self.seen.append((request.route, team, request.bearer, request.body))
        request.reply(200, {"experiments": []})

    def describe(self) -> dict[str, Any]:
        return {
            "version": 1,
            "trackingUri": self.url,
            "issuer": self.issuer,
            "cliClientId": "mlflow-cli",
            "audience": "mlflow-api",
            "s3": {"endpoint": self.s3.url, "region": "us-east-1"},
        }

    # The object store

    def _sts(self, request: Request) -> None:
        if request.form.get("Action") != "AssumeRoleWithWebIdentity":
            request.reply(404)
            return
        self.count("sts")
        if not self.accepts(request.form["WebIdentityToken"]):
            request.reply(400, b"<ErrorResponse><Error><Message>Token expired</Message></Error></ErrorResponse>")
            return
        number = self.counts["sts"]
        until = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + self.s3_life))
        fields = {
            "AccessKeyId": f"KEY{number}",
            "SecretAccessKey": "secret",
            "SessionToken": "session",
            "Expiration": until,
        }
        inner = "".join(f"<{name}>{text}</{name}>" for name, text in fields.items())
        request.reply(
            200,
            f'<R xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><Credentials>{inner}</Credentials></R>'.encode(),
        )
