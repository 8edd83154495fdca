"""A certificate chain with its key, and whether both are what they should be."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_private_key
from cryptography.x509.oid import NameOID


class BadPair(Exception):
    """A pair that must not be served. The text says what is wrong with it."""


@dataclass(frozen=True)
class Pair:
    """Chain and key that belong together."""

    fullchain: bytes
    privkey: bytes
    certificate: x509.Certificate
    """The first of the chain."""

    @property
    def names(self) -> frozenset[str]:
        """The DNS names that it is for."""
        try:
            extension = self.certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName)
        except x509.ExtensionNotFound:
            return frozenset()
        return frozenset(name.lower() for name in extension.value.get_values_for_type(x509.DNSName))

    @property
    def serial(self) -> str:
        """As hexadecimal digits."""
        return f"{self.certificate.serial_number:x}"

    @property
    def issuer(self) -> str:
        """The issuer's common name, else all of its name."""
        common = self.certificate.issuer.get_attributes_for_oid(NameOID.COMMON_NAME)
        return str(common[0].value) if common else self.certificate.issuer.rfc4514_string()

    @property
    def start(self) -> datetime:
        """Valid from."""
        return self.certificate.not_valid_before_utc

    @property
    def end(self) -> datetime:
        """Valid until."""
        return self.certificate.not_valid_after_utc

    @property
    def lifetime(self) -> timedelta:
        """From start to end."""
        return self.end - self.start


def read_pair(folder: Path) -> Pair:
    """Read and check `fullchain.pem` and `privkey.pem`.

    Raises:
        BadPair: one is missing, half written, or they do not belong together.
        OSError: they may be right, but could not be read.
    """
    try:
        fullchain, privkey = ((folder / name).read_bytes() for name in ("fullchain.pem", "privkey.pem"))
    except (FileNotFoundError, NotADirectoryError) as error:
        raise BadPair(f"{error.filename} is missing") from None
    return make_pair(fullchain, privkey)


def make_pair(fullchain: bytes, privkey: bytes) -> Pair:
    """Check chain and key against each other.

    Raises:
        BadPair: they do not parse, or do not belong together.
    """
    try:
        chain = x509.load_pem_x509_certificates(fullchain)
    except ValueError:
        raise BadPair("the chain is no sequence of PEM certificates") from None
    if fullchain.count(b"-----BEGIN ") != len(chain):
        raise BadPair("the chain ends in the middle of a certificate")
    try:
        key = load_pem_private_key(privkey, password=None)
    except (ValueError, TypeError):
        # Not even a hint of the content: it may be half a key.
        raise BadPair("the key is no PEM key") from None
    form = (Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    if key.public_key().public_bytes(*form) != chain[0].public_key().public_bytes(*form):
        raise BadPair("the key is not that of the certificate")
    for certificate, issuer in pairwise(chain):
        try:
            certificate.verify_directly_issued_by(issuer)
        except (ValueError, TypeError, InvalidSignature):
            raise BadPair(
                f"the chain is broken: {issuer.subject.rfc4514_string()} did not issue the one before"
            ) from None
    return Pair(fullchain, privkey, chain[0])


def require_names(pair: Pair, names: Iterable[str]) -> None:
    """Check that a pair is for these names and no others.

    Raises:
        BadPair: it is for others.
    """
    if pair.names != frozenset(names):
        raise BadPair(f"it is for {', '.join(sorted(pair.names)) or 'no name'}, not for {', '.join(names)}")
