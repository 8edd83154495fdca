"""Locks in forked processes."""

from __future__ import annotations

import os
from collections.abc import Callable


def renew_after_fork(renew: Callable[[], None]) -> Callable[[], None]:
    """Has a function called in each forked child, to replace locks.

    A lock that another thread held at the time of the fork stays locked in the child for ever: that thread does
    not exist there.
    """
    if hasattr(os, "register_at_fork"):
        os.register_at_fork(after_in_child=renew)
    return renew
