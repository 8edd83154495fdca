"""The realm as last seen: who exists, is enabled, and is in which groups."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from .keycloak import Event, Group, Keycloak, User
from .settings import Settings

SERVICE_ACCOUNT = "service-account-"
"""Keycloak's prefix of the names of service accounts' users."""


class Implausible(Exception):
    """What Keycloak says cannot be all. Nothing may be taken away on such word."""


@dataclass
class Directory:
    """A copy of what matters of the realm."""

    users: dict[str, User] = field(default_factory=dict)
    """By subject."""
    groups: dict[str, Group] = field(default_factory=dict)
    """By id."""
    memberships: dict[str, frozenset[str]] = field(default_factory=dict)
    """Ids of groups, by subject; nobody's is missing."""
    disabled_clients: frozenset[str] = frozenset()

    def enabled(self, subject: str) -> bool:
        """Whether somebody exists, is enabled, and, for a service account, is its client."""
        user = self.users.get(subject)
        if user is None or not user.enabled:
            return False
        client = user.username.removeprefix(SERVICE_ACCOUNT)
        return client == user.username or client not in self.disabled_clients

    def group_names(self, subject: str) -> frozenset[str]:
        """Names of the groups of somebody, as in the claim `groups`."""
        ids = self.memberships.get(subject, frozenset())
        return frozenset(self.groups[group].name for group in ids if group in self.groups)

    def policies(self, subject: str) -> frozenset[str]:
        """Policies of the object store that somebody's groups give."""
        ids = self.memberships.get(subject, frozenset())
        return frozenset().union(*(self.groups[group].policies for group in ids if group in self.groups))

    def members(self, group: str) -> set[str]:
        """Subjects of a group's members."""
        return {subject for subject, ids in self.memberships.items() if group in ids}

    def put(self, user: User, groups: Iterable[Group]) -> None:
        """Note what is known of a user now."""
        groups = list(groups)
        self.users[user.id] = user
        # What is known already has more to say: it counts groups below.
        for group in groups:
            self.groups.setdefault(group.id, group)
        self.memberships[user.id] = frozenset(group.id for group in groups)

    def drop(self, subject: str) -> None:
        """Note that a user does not exist."""
        self.users.pop(subject, None)
        self.memberships.pop(subject, None)

    def copy(self) -> "Directory":
        """As it is now."""
        return Directory(dict(self.users), dict(self.groups), dict(self.memberships), self.disabled_clients)


def read(keycloak: Keycloak, settings: Settings) -> Directory:
    """The whole realm.

    Raises:
        Implausible: less than there must be.
        ServiceError: no answer or a senseless one.
    """
    groups = {group.id: group for group in keycloak.groups()}
    names = {group.name for group in groups.values()}
    missing = {settings.users_group, settings.admins_group} - names
    if missing:
        raise Implausible(f"the realm {settings.realm} has no group {' and no '.join(sorted(missing))}")
    # First the number: who is added meanwhile only makes the list longer.
    count = keycloak.count()
    users = {user.id: user for user in keycloak.users()}
    if len(users) < count and len(users) < keycloak.count():
        raise Implausible(f"Keycloak lists {len(users)} users and counts {count}")
    memberships: dict[str, set[str]] = {subject: set() for subject in users}
    may_enter = 0
    for group in groups.values():
        members = keycloak.members(group.id)
        may_enter += len(members) if group.name in (settings.users_group, settings.admins_group) else 0
        for member in members:
            users.setdefault(member.id, member)
            memberships.setdefault(member.id, set()).add(group.id)
    if may_enter == 0:
        raise Implausible(f"the groups {settings.users_group} and {settings.admins_group} have no members")
    return Directory(
        users,
        groups,
        {subject: frozenset(ids) for subject, ids in memberships.items()},
        _disabled_clients(keycloak),
    )


def _disabled_clients(keycloak: Keycloak) -> frozenset[str]:
    return frozenset(
        client.clientId
        for client in keycloak.clients()
        if not (client.enabled and client.serviceAccountsEnabled)
    )


def follow(directory: Directory, keycloak: Keycloak, events: Iterable[Event], most: int) -> bool:
    """Take the changes that events tell of into the copy.

    Args:
        most: how many users may be asked for one by one.

    Returns:
        False when there were more, and the whole realm has to be read; the copy is then as it was.

    Raises:
        ServiceError: no answer or a senseless one.
    """
    subjects: set[str] = set()
    groups_changed = clients_changed = False
    for event in events:
        kind, _, rest = event.resourcePath.partition("/")
        name = rest.split("/")[0]
        if kind == "users" and name:
            subjects.add(name)
        elif kind == "groups":
            groups_changed = True
            if event.operationType == "DELETE" and rest == name:
                subjects |= directory.members(name)
        elif kind == "clients":
            clients_changed = True
    if len(subjects) > most:
        return False
    if groups_changed:
        directory.groups = {group.id: group for group in keycloak.groups()}
    if clients_changed:
        directory.disabled_clients = _disabled_clients(keycloak)
    for subject in subjects:
        look_up(directory, keycloak, subject)
    return True


def look_up(directory: Directory, keycloak: Keycloak, subject: str) -> None:
    """Ask for one user."""
    user = keycloak.user(subject)
    if user is None:
        directory.drop(subject)
    else:
        directory.put(user, keycloak.groups_of(subject))
