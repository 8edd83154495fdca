"""Environment variables in the words of a shell."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Mapping


def _fish(value: str) -> str:
    return "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"


def _dotenv(value: str) -> str:
    # Unquoted where every reader of such files agrees; docker's --env-file knows no quotes.
    if re.fullmatch(r"[\w@%+=:,./-]+", value):
        return value
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'


_LINES: Mapping[str, Callable[[str, str], str]] = {
    "sh": lambda name, value: f"export {name}={shlex.quote(value)}",
    "fish": lambda name, value: f"set -gx {name} {_fish(value)}",
    "powershell": lambda name, value: f"$Env:{name} = '" + value.replace("'", "''") + "'",
    "dotenv": lambda name, value: f"{name}={_dotenv(value)}",
}

#: Names that `lines` knows.
SHELLS = tuple(_LINES)


def lines(shell: str, variables: Mapping[str, str]) -> str:
    """One line for each variable.

    Args:
        shell: One of `SHELLS`.
    """
    return "".join(f"{_LINES[shell](name, value)}\n" for name, value in variables.items())
