"""What MLflow's accounts should be, by what the realm says. Decides only; changes nothing."""

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from .directory import Directory
from .mlflow import Account
from .settings import Settings

FEW = 5
"""Accounts that may always go together."""
SHARE = 0.1
"""Share of the active accounts that may go together without a word of Keycloak for each of them."""


@dataclass(frozen=True)
class Step:
    """One account to be changed."""

    account: Account
    subject: str | None
    """Of the user in Keycloak; None for one that is gone."""
    reason: str
    """`disabled`, `deleted`, `left`, `replaced`, `enabled` or `groups`."""
    active: bool | None = None
    admin: bool | None = None
    groups: tuple[str, ...] | None = None
    lost: frozenset[str] = frozenset()
    """Names of groups that go."""


@dataclass
class Plan:
    """What to do, and what not to."""

    steps: list[Step] = field(default_factory=list)
    held: list[Step] = field(default_factory=list)
    """Too many at once to be believed."""


def plan(
    accounts: Iterable[Account],
    directory: Directory,
    settings: Settings,
    known_absent: Callable[[str], bool],
    proven: Iterable[str],
    watched: Iterable[str] = (),
) -> Plan:
    """Compare all accounts with the realm.

    Args:
        known_absent: asks Keycloak once more about a subject that is not in the copy of the realm, and adds it there if
            it exists.
        proven: subjects of whom an event told that they were deleted or left a group.
        watched: subjects that may still hold a valid token though they are gone.
    """
    accounts, watched = list(accounts), frozenset(watched)
    by_name = {user.username: subject for subject, user in directory.users.items()}
    found = Plan()
    for account in accounts:
        if account.username in settings.own_accounts:
            continue
        step = _step(account, directory, settings, by_name, known_absent, watched)
        if step is not None:
            found.steps.append(step)
    _hold_back(found, sum(account.active for account in accounts), frozenset(proven))
    return found


def _step(
    account: Account,
    directory: Directory,
    settings: Settings,
    by_name: dict[str, str],
    known_absent: Callable[[str], bool],
    watched: frozenset[str],
) -> Step | None:
    # Of an account that is closed already the copy is word enough, so that the deleted ones cost nothing for good.
    sure = account.active or account.serviceAccount
    subject = next(
        (one for one in account.subjects if one in directory.users or (sure and not known_absent(one))), None
    )
    namesake = by_name.get(account.username)
    if subject is None and account.subjects:
        if account.active:
            # Also when another user of the same name exists: what the former one's credentials open must end.
            return Step(account, account.subjects[0], "deleted", active=False)
        if namesake is None or account.serviceAccount or not account.deactivatedByWarden:
            return None
        # In this realm a name is always the same person's. But MLflow goes by it too, and would let the former user's
        # tokens in.
        if not watched.isdisjoint(account.subjects):
            return None
        may_enter = _may_enter(directory, settings, namesake)
        return Step(account, namesake, "replaced", active=True) if may_enter else None
    if subject is None:
        subject = namesake
    if subject is None:
        # Made by an administrator of MLflow, and nobody has signed in to it. It is not ours.
        return None
    return _known(account, subject, directory, settings)


def _known(account: Account, subject: str, directory: Directory, settings: Settings) -> Step | None:
    if not directory.enabled(subject):
        return Step(account, subject, "disabled", active=False) if account.active else None
    if account.serviceAccount:
        # Its rights are grants of its own.
        returns = not account.active and account.deactivatedByWarden
        return Step(account, subject, "enabled", active=True) if returns else None
    if not _may_enter(directory, settings, subject):
        return Step(account, subject, "left", active=False) if account.active else None
    if not account.active and not account.deactivatedByWarden:
        return None
    names = directory.group_names(subject)
    admin = settings.admins_group in names
    if account.active and names == set(account.groups) and admin == account.admin:
        return None
    return Step(
        account,
        subject,
        "groups" if account.active else "enabled",
        active=None if account.active else True,
        admin=None if admin == account.admin else admin,
        groups=tuple(sorted(names)),
        lost=frozenset(account.groups) - names,
    )


def _may_enter(directory: Directory, settings: Settings, subject: str) -> bool:
    gates = {settings.users_group, settings.admins_group}
    return directory.enabled(subject) and not gates.isdisjoint(directory.group_names(subject))


def _hold_back(found: Plan, active: int, proven: frozenset[str]) -> None:
    """Keep from deactivating many at once only because Keycloak no longer names them or their groups.

    Who is marked as disabled is that for certain. But a realm that was restored in part, or is being made anew, has
    none of its users, or no members in its groups; and a deactivated account loses its personal tokens for good.
    """
    doubtful = [
        step
        for step in found.steps
        if step.account.active and step.reason in ("deleted", "left") and step.subject not in proven
    ]
    if len(doubtful) > max(FEW, math.ceil(active * SHARE)):
        found.held = doubtful
        found.steps = [step for step in found.steps if step not in doubtful]
