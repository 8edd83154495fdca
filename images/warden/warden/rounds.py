"""One round after another: see what changed in the realm, and make the object store and MLflow follow."""

import time
from collections.abc import Iterable
from datetime import datetime, timedelta

from .accounts import Plan, Step, plan
from .directory import Directory, follow, look_up, read
from .http import ServiceError
from .keycloak import Event, Keycloak
from .mlflow import Mlflow
from .report import Report, event
from .revocations import LEEWAY, Revocations
from .settings import Settings
from .store import Store
from .times import from_ms, now

SWEEP_SECONDS = 60.0
"""Between two looks at the whole realm, which find what no event told of."""
SWEEP_SHARE = 10
"""A look at the whole realm takes at most one part in so many of the time: a large realm is looked at less often."""
MOST_LOOK_UPS = 200
"""Users that are asked for one by one after events; for more the whole realm is read."""
OVERLAP = timedelta(seconds=15)
"""Events are asked for from so long before the last one: Keycloak stores one only when its transaction ends."""


class Warden:
    """All that is known, and what follows from it."""

    def __init__(
        self, settings: Settings, keycloak: Keycloak, mlflow: Mlflow, store: Store, report: Report
    ) -> None:
        self._settings, self._keycloak, self._mlflow, self._report = settings, keycloak, mlflow, report
        self.revocations = Revocations(store, settings)
        self.directory: Directory | None = None
        self.accounts = 0
        """How many accounts MLflow had."""
        self.alarm: str | None = None
        # Whoever lost something before that holds nothing any more.
        self._since = now() - settings.credential_life - settings.token_life - LEEWAY
        self._seen: dict[str, int] = {}
        self._proven: set[str] = set()
        self._absent: set[str] = set()
        """Of whom this round has already asked in vain."""
        self._lost: dict[str, tuple[datetime, frozenset[str]]] = {}
        self._sweep_at = 0.0
        self._sweep_took = 0.0
        self._due = True

    def round(self) -> None:
        """See and follow.

        Raises:
            ServiceError: a service did not do its part. What could be done is done; the next round does the rest.
            Implausible: Keycloak cannot be believed. Nothing was done.
        """
        events = self._events()
        self._see(events)
        failure: ServiceError | None = None
        steps: Plan | None = None
        try:
            if self._due:
                steps = self._plan()
        except ServiceError as error:
            failure = error
        # The object store does not wait for MLflow, nor the other way round.
        try:
            self._end_credentials()
        except ServiceError as error:
            failure = error
        if steps is not None:
            failure = self._apply(steps) or failure
        if failure is not None:
            raise failure
        self._due = False

    def _events(self) -> list[Event]:
        events = self._keycloak.events(self._since - OVERLAP)
        return [one for one in events if one.id not in self._seen]

    def _see(self, events: list[Event]) -> None:
        before = self.directory
        new = None
        if before is not None and time.monotonic() < self._sweep_at:
            if not events:
                return
            new = before.copy()
            if not follow(new, self._keycloak, events, MOST_LOOK_UPS):
                new = None
        if new is None:
            started = time.monotonic()
            new = read(self._keycloak, self._settings)
            ended = time.monotonic()
            self._sweep_at = ended + max(SWEEP_SECONDS, SWEEP_SHARE * (ended - started))
        if before is None:
            self.revocations.load()
        self._departures(before, new, events)
        self.directory = new
        self._note(events)
        self._due = True

    def _note(self, events: Iterable[Event]) -> None:
        """These need not be looked at again."""
        self._seen.update({one.id: one.time for one in events})
        if self._seen:
            newest = max(self._seen.values())
            self._since = max(self._since, from_ms(newest))
        oldest = (self._since - 2 * OVERLAP).timestamp() * 1000
        self._seen = {name: at for name, at in self._seen.items() if at >= oldest}

    def _departures(self, before: Directory | None, new: Directory, events: Iterable[Event]) -> None:
        """Who is gone or left a group, by events and by comparison."""
        self._absent.clear()
        for one in sorted(events, key=lambda one: one.time):
            kind, _, rest = one.resourcePath.partition("/")
            subject, _, what = rest.partition("/")
            if kind != "users" or not subject:
                continue
            at = from_ms(one.time)
            if not self._is_enabled(new, subject):
                self._gone(subject, at)
            if one.operationType == "DELETE" and (not what or what.startswith("groups/")):
                self._proven.add(subject)
            if one.operationType == "DELETE" and what.startswith("groups/"):
                group = what.removeprefix("groups/")
                known = new.groups.get(group) or (before.groups.get(group) if before else None)
                if known is not None:
                    self._left(subject, at, known.policies - new.policies(subject))
        if before is not None:
            for subject in before.users:
                if before.enabled(subject) and not self._is_enabled(new, subject):
                    self._gone(subject, now(), again=False)
                elif lost := before.policies(subject) - new.policies(subject):
                    self._left(subject, now(), lost, again=False)
        for subject in self.revocations.waiting():
            if self._is_enabled(new, subject):
                self.revocations.back(subject, new.policies(subject))

    def _is_enabled(self, directory: Directory, subject: str) -> bool:
        if subject not in directory.users and subject not in self._absent:
            # The list of users leaves out service accounts.
            look_up(directory, self._keycloak, subject)
            if subject not in directory.users:
                self._absent.add(subject)
        return directory.enabled(subject)

    def _gone(self, subject: str, at: datetime, again: bool = True) -> None:
        if again or (subject, "gone") not in self.revocations.entries:
            self.revocations.gone(subject, at)

    def _left(self, subject: str, at: datetime, lost: Iterable[str], again: bool = True) -> None:
        names = frozenset(lost) - {self._settings.revoked_policy}
        if not again:
            names = frozenset(name for name in names if (subject, name) not in self.revocations.entries)
        if names:
            since, others = self._lost.get(subject, (at, frozenset()))
            self._lost[subject] = (max(at, since), names | others)

    def _plan(self) -> Plan:
        directory = self._known()
        accounts = self._mlflow.accounts()
        self.accounts = len(accounts)

        def absent(subject: str) -> bool:
            look_up(directory, self._keycloak, subject)
            return subject not in directory.users

        watched = self.revocations.waiting()
        found = plan(accounts, directory, self._settings, absent, self._proven, watched)
        by_name = {group.name: group for group in directory.groups.values()}
        for step in found.steps:
            # What MLflow still says outlives a restart of the warden, and events that were lost.
            if step.reason in ("disabled", "deleted") and step.subject:
                self._gone(step.subject, now(), again=False)
            elif step.subject:
                for name in step.lost & by_name.keys():
                    lost = by_name[name].policies - directory.policies(step.subject)
                    self._left(step.subject, now(), lost, again=False)
        self._hold(found.held)
        return found

    def _hold(self, held: list[Step]) -> None:
        alarm = None
        if held:
            alarm = (
                f"Keycloak no longer names {len(held)} accounts of MLflow or their groups, and no event says why. "
                "They stay active. If they are to go, delete or disable them in Keycloak one by one or in groups of five."
            )
            if self.alarm is None:
                names = [step.account.username for step in held[:20]]
                self._report.tell(event("drift", status="failed", detail={"alarm": alarm, "accounts": names}))
        self.alarm = alarm

    def _end_credentials(self) -> None:
        directory = self._known()
        for subject, (at, lost) in list(self._lost.items()):
            if directory.enabled(subject):
                self.revocations.left(subject, at, lost, directory.policies(subject))
            del self._lost[subject]
        for subject in self.revocations.flush():
            user = directory.users.get(subject)
            self._report.tell(
                event("credentials.revoked", subject=subject, target=user.username if user else None)
            )

    def _apply(self, found: Plan) -> ServiceError | None:
        failure = None
        for step in found.steps:
            try:
                self._report.tell(self._apply_one(step))
            except ServiceError as error:
                if error.status == 404:
                    # Removed meanwhile, such as by the program that declares service accounts.
                    continue
                failure = error
                if error.status is None:
                    # MLflow is away; each further one would wait for it too.
                    break
                self._report.tell(
                    event(
                        "drift",
                        target=step.account.username,
                        status="failed",
                        detail={"error": str(error)},
                    )
                )
        return failure

    def _apply_one(self, step: Step) -> dict[str, object]:
        name, subject = step.account.username, step.subject
        if step.active is False:
            self._mlflow.change(name, active=False)
            return event("account.deactivated", subject=subject, target=name, detail={"reason": step.reason})
        if step.reason == "replaced":
            self._mlflow.change(name, subject=subject, active=True)
            self._due = True
            return event("account.reactivated", subject=subject, target=name, detail={"reason": "replaced"})
        wanted = {"active": step.active, "admin": step.admin, "groups": step.groups}
        changes = {key: value for key, value in wanted.items() if value is not None}
        self._mlflow.change(name, **changes)
        return event(
            "account.reactivated" if step.active else "groups.changed",
            subject=subject,
            target=name,
            detail={**changes, "lost": sorted(step.lost)},
        )

    def _known(self) -> Directory:
        assert self.directory is not None
        return self.directory
