"""What Certbot keeps: the newest certificate of the platform, and from whom it came."""

import os
import shutil
from dataclasses import dataclass
from datetime import datetime, timedelta
from io import BytesIO
from pathlib import Path

import configobj

from .files import replace_file
from .pair import BadPair, Pair, read_pair
from .times import now

NAME = "platform"
"""Certbot's name of the one certificate."""
ARI_LEAST = timedelta(minutes=1)
ARI_MOST = timedelta(days=1)


@dataclass(frozen=True)
class Lineage:
    """A certificate as Certbot has it."""

    pair: Pair
    server: str
    """Directory URL of the CA that gave it."""


class LineageStore:
    """Certbot's folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._conf = folder / "renewal" / f"{NAME}.conf"

    def read(self) -> Lineage | None:
        """The newest certificate; None when there never was one.

        Raises:
            BadPair: what is there cannot be used.
        """
        live = self._folder / "live" / NAME
        if not self._conf.exists() and not os.path.lexists(live):
            return None
        pair = read_pair(live)
        try:
            server = str(self._read_conf()["renewalparams"]["server"])
        except (configobj.ConfigObjError, OSError, KeyError, TypeError):
            raise BadPair(f"{self._conf} does not say from which server it came") from None
        return Lineage(pair, server)

    def set_aside(self) -> Path:
        """Move a damaged certificate out of Certbot's way, which else refuses to work. The last one is kept."""
        aside = self._folder / "damaged" / now().strftime("%Y%m%dT%H%M%S%f")
        aside.mkdir(parents=True)
        for part in (self._conf, self._folder / "live" / NAME, self._folder / "archive" / NAME):
            if os.path.lexists(part):
                part.rename(aside / f"{part.parent.name}-{part.name}")
        for older in sorted(aside.parent.iterdir())[:-1]:
            shutil.rmtree(older)
        return aside

    def forget_accounts(self) -> None:
        """Move the accounts aside, so that Certbot registers anew: the CA does not know ours any more."""
        accounts = self._folder / "accounts"
        if accounts.exists():
            former = self._folder / "accounts.former"
            shutil.rmtree(former, ignore_errors=True)
            accounts.rename(former)

    def hasten_ari(self, renewed: bool) -> None:
        """Correct the time until which Certbot does not ask the CA for its suggested time of renewal (ARI).

        The CA's Retry-After (often 6 h) may be longer than a short-lived certificate lives, and Certbot keeps it over
        a renewal, although it was said about the certificate before. RFC 9773 lets clients set a reasonable limit.

        Args:
            renewed: whether the certificate is new since Certbot asked.
        """
        lineage = self.read()
        if lineage is None:
            return
        conf = self._read_conf()
        section = conf.get("acme_renewal_info")
        if not section or "ari_retry_after" not in section:
            return
        # Certbot writes it without a zone, in local time.
        limit = datetime.now() + min(ARI_MOST, max(ARI_LEAST, lineage.pair.lifetime / 12))
        if renewed:
            del conf["acme_renewal_info"]
        elif datetime.fromisoformat(section["ari_retry_after"]) > limit:
            section["ari_retry_after"] = limit.isoformat(timespec="seconds")
        else:
            return
        text = BytesIO()
        conf.write(text)
        replace_file(self._conf, text.getvalue(), 0o600)

    def _read_conf(self) -> configobj.ConfigObj:
        return configobj.ConfigObj(
            str(self._conf), encoding="utf-8", default_encoding="utf-8", file_error=True
        )
