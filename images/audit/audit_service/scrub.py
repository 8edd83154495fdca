"""Takes out of events what could be used to sign in. The last line of defence: nobody should send any of it."""

import re
from typing import Any

REMOVED = "[removed]"

_NAMES = frozenset(
    {
        "accesstoken",
        "authorization",
        "clientassertion",
        "clientsecret",
        "code",
        "codeverifier",
        "cookie",
        "credential",
        "credentials",
        "devicecode",
        "idtoken",
        "password",
        "passwd",
        "pwd",
        "refreshtoken",
        "secret",
        "secretaccesskey",
        "secretkey",
        "sessiontoken",
        "setcookie",
        "signature",
        "subjecttoken",
        "token",
        "usercode",
        "webidentitytoken",
        "xamzcredential",
        "xamzsecuritytoken",
        "xamzsignature",
    }
)

_NAME = (
    r"[\w-]{0,40}(?:token|secret|password|passwd|signature|credential|authorization|cookie|assertion)[\w-]{0,40}"
    r"|secretaccesskey|code|device_code|user_code|pwd"
)
# Repetitions are bounded, so that no text takes more than its length times a constant.
_PATTERNS = (
    # A JWT. Two parts are enough: with the third cut off the claims still are nobody's business.
    (re.compile(r"eyJ[\w-]{8,4000}\.[\w-]{8,}(?:\.[\w-]*)?"), REMOVED),
    (re.compile(r"(?i)\b(bearer|basic)\s+[\w.~+/=-]{8,}"), rf"\1 {REMOVED}"),
    # User and password in a URL.
    (re.compile(r"(?i)\b([a-z][a-z0-9+.-]{0,20}://)[^/\s:@]{0,200}:[^/\s@]{0,200}@"), rf"\1{REMOVED}@"),
    # name=value, in queries and forms.
    (re.compile(rf"(?i)(?<![\w-])({_NAME})=[^&\s\"',;}}\]]+"), rf"\1={REMOVED}"),
    # "name": "value", in JSON, also JSON within JSON and JSON cut off.
    (re.compile(rf'(?i)({_NAME})(\\*["\'])\s*:\s*\\*["\'](?:[^"\'\\]|\\.)*'), rf"\1\2: {REMOVED}"),
)
_MAYBE = re.compile(r"(?i)eyJ|bearer|basic|://|[=:]")


def scrub(text: str) -> str:
    """The text without tokens, passwords and signatures that it may hold."""
    # Most texts are names; they pay for one search only.
    if _MAYBE.search(text) is None:
        return text
    for pattern, replacement in _PATTERNS:
        text = pattern.sub(replacement, text)
    return text


def scrub_all(value: Any) -> Any:
    """The same for everything in a JSON value. What stands under the name of a secret is removed whole."""
    if isinstance(value, str):
        return scrub(value)
    if isinstance(value, dict):
        return {key: REMOVED if _names_secret(key, item) else scrub_all(item) for key, item in value.items()}
    if isinstance(value, list):
        return [scrub_all(item) for item in value]
    return value


def _names_secret(key: str, value: Any) -> bool:
    # Numbers and flags are no secrets: {"token": true} says that there was one.
    plain = key.lower().replace("-", "").replace("_", "")
    return plain in _NAMES and value is not None and not isinstance(value, bool | int | float)
