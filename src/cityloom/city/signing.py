"""Signing what a city folder says: a detached file beside it, checked before the folder becomes a version.

A signature is Ed25519 over the folder's content digest, the digest of the replay report it was decided on, who
signed and when. Keys of persons live outside the repository; who may sign is a file of public keys that the
installation keeps, never part of the folder.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from cityloom.base.crypto import canonical
from cityloom.base.errors import CityloomError
from cityloom.base.reasons import register

SIGNATURE_FILE = "city.sig"
register(
    {
        "signing.unsigned": (
            "城市文件夹没有签名（{file}）；用 cityloom city sign 签署",
            "the city folder is not signed (no {file}); sign it with `cityloom city sign`",
        ),
        "signing.changed": (
            "文件夹在签署之后改过：签名对应的内容不是现在的内容；请重新签署",
            "the folder was changed after it was signed: no signature is for what it says now; sign it again",
        ),
        "signing.unknown_signer": (
            "{by}的公钥不在签署人名单里；可签署的有：{known}",
            "the key of {by} is not in the list of signers; those who may sign: {known}",
        ),
        "signing.bad": (
            "{by}的签名与内容不符，不能采信",
            "the signature of {by} does not fit what it signs and is not believed",
        ),
        "signing.too_few": (
            "需要{needed}个人签署，现有：{there}。提出的人不能代替第二个人",
            "{needed} persons must sign; there are: {there}. Who proposed it is not the second one",
        ),
        "signing.unreadable": ("读不懂{file}：{detail}", "{file} cannot be read: {detail}"),
        "signing.no_key": (
            "没有签名密钥；用 CITYLOOM_SIGNING_KEY 指明密钥文件，没有就用 cityloom city signing-key 生成",
            "there is no signing key; name its file with CITYLOOM_SIGNING_KEY, or make one with "
            "`cityloom city signing-key FILE --by LOGIN`",
        ),
        "signing.key_there": (
            "{file}已存在，不覆盖；换一个文件名",
            "{file} is there already and is not overwritten; choose another name",
        ),
        "signing.no_signers": (
            "没有签署人名单；用 CITYLOOM_SIGNERS 指明名单文件",
            "there is no list of signers; name its file with CITYLOOM_SIGNERS",
        ),
        "signing.other_replay": (
            "重演报告说的是另一份文件夹；请对这份文件夹重新重演",
            "the replay report is about another folder; replay this one and sign on that report",
        ),
    }
)


class NotSigned(CityloomError):
    """The signatures that are demanded are not there for exactly what the folder says; nothing was loaded."""

    status = 403


class BadKey(CityloomError):
    """A key, a list of signers or a file of signatures that cannot be used."""

    status = 422


@dataclass(frozen=True)
class Signature:
    """One person's word for one content. `key` is the public key, `replay` the digest of a report or empty."""

    by: str
    at: str
    digest: str
    replay: str
    key: str
    value: str

    def as_json(self) -> dict[str, str]:
        return asdict(self)


@dataclass(frozen=True)
class Demanded:
    """What a load demands: that so many different persons of this list signed exactly this content."""

    signers: Mapping[str, str]  # login → public key
    needed: int = 1

    def check(self, directory: Path, city_code: str, digest: str) -> tuple[Signature, ...]:
        """The signatures that count, in the order they were given; raises NotSigned."""
        signatures = read_signatures(directory)
        if not signatures:
            raise NotSigned("signing.unsigned", file=SIGNATURE_FILE)
        fitting = [s for s in signatures if s.digest == digest]
        if not fitting:
            raise NotSigned("signing.changed")
        for each in fitting:
            if self.signers.get(each.by) != each.key:
                raise NotSigned("signing.unknown_signer", by=each.by, known=sorted(self.signers))
            if not is_genuine(each, city_code):
                raise NotSigned("signing.bad", by=each.by)
        persons, keys = {s.by for s in fitting}, {s.key for s in fitting}
        if min(len(persons), len(keys)) < self.needed:
            raise NotSigned("signing.too_few", needed=self.needed, there=sorted(persons))
        return tuple(fitting)


# --- keys -------------------------------------------------------------------------------------------------------


def make_key(path: Path) -> str:
    """Make a key, keep it in a new file that only its owner reads, and give its public half."""
    key = Ed25519PrivateKey.generate()
    pem = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError as there:
        raise BadKey("signing.key_there", file=path.name) from there
    with os.fdopen(handle, "wb") as out:
        out.write(pem)
    return public_of(key)


def read_key(path: Path) -> Ed25519PrivateKey:
    """The key in a file; raises BadKey for a file that holds none."""
    try:
        key = serialization.load_pem_private_key(path.read_bytes(), password=None)
    except (OSError, ValueError, TypeError) as wrong:
        raise BadKey("signing.unreadable", file=path.name, detail=str(wrong)) from wrong
    if not isinstance(key, Ed25519PrivateKey):
        raise BadKey("signing.unreadable", file=path.name, detail="not an Ed25519 key")
    return key


def public_of(key: Ed25519PrivateKey) -> str:
    """The public half as text: 44 characters."""
    return base64.b64encode(key.public_key().public_bytes_raw()).decode()


def read_signers(path: Path) -> dict[str, str]:
    """Who may sign: a line `login key` for each; raises BadKey for a line that is none."""
    signers: dict[str, str] = {}
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as wrong:
        raise BadKey("signing.unreadable", file=path.name, detail=str(wrong)) from wrong
    for number, line in enumerate(lines, 1):
        words = line.split("#")[0].split()
        if not words:
            continue
        if len(words) != 2 or len(_bytes_of(words[1])) != 32 or words[0] in signers:
            raise BadKey("signing.unreadable", file=path.name, detail=f"{number}: {line.strip()[:80]}")
        signers[words[0]] = words[1]
    return signers


# --- signatures -------------------------------------------------------------------------------------------------


def sign(key: Ed25519PrivateKey, by: str, at: datetime, city_code: str, digest: str, replay: str = "") -> Signature:
    """This person's signature of that content, decided on that replay report."""
    moment = at.astimezone(UTC).isoformat()
    value = key.sign(_message(city_code, by, moment, digest, replay))
    return Signature(by, moment, digest, replay, public_of(key), base64.b64encode(value).decode())


def is_genuine(signature: Signature, city_code: str) -> bool:
    """Whether the owner of its key signed just this."""
    message = _message(city_code, signature.by, signature.at, signature.digest, signature.replay)
    try:
        key = Ed25519PublicKey.from_public_bytes(_bytes_of(signature.key))
        key.verify(_bytes_of(signature.value), message)
    except (InvalidSignature, ValueError):
        return False
    return True


def read_signatures(directory: Path) -> tuple[Signature, ...]:
    """The signatures beside a folder; none when it has no such file. Raises BadKey for a file that is none."""
    path = directory / SIGNATURE_FILE
    if not path.exists():
        return ()
    try:
        rows = json.loads(path.read_text(encoding="utf-8"))["signatures"]
        return tuple(Signature(**{name: str(row[name]) for name in Signature.__annotations__}) for row in rows)
    except (OSError, ValueError, KeyError, TypeError) as wrong:
        raise BadKey("signing.unreadable", file=SIGNATURE_FILE, detail=str(wrong)) from wrong


def add_signature(directory: Path, signature: Signature) -> tuple[Signature, ...]:
    """Write it beside the folder, with those of others for the same content; older ones are dropped."""
    others = [s for s in read_signatures(directory) if s.digest == signature.digest and s.by != signature.by]
    signatures = (*others, signature)
    text = json.dumps({"signatures": [s.as_json() for s in signatures]}, indent=1, ensure_ascii=False)
    (directory / SIGNATURE_FILE).write_text(text + "\n", encoding="utf-8")
    return signatures


def digest_of_report(report: bytes, digest: str) -> str:
    """The digest of a replay report about that folder; raises BadKey for a report about another one."""
    try:
        about = json.loads(report)["proposed"]
    except (ValueError, KeyError, TypeError) as wrong:
        raise BadKey("signing.unreadable", file="report", detail=str(wrong)) from wrong
    if about != digest:
        raise BadKey("signing.other_replay")
    return hashlib.sha256(report).hexdigest()


def signers_of(signatures: Sequence[Mapping[str, str]]) -> str:
    """Who signed a stored version, in words for a list."""
    return ", ".join(each["by"] for each in signatures)


def _message(city_code: str, by: str, at: str, digest: str, replay: str) -> bytes:
    return canonical(["cityloom city folder", city_code, by, at, digest, replay])


def _bytes_of(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return b""
