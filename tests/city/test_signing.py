"""Signing a city folder: who may, for exactly what it says, one person or two; and the replay it was decided on."""

from __future__ import annotations

import contextlib
import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from tests.city.small_city import CITY_CODE, write_small_city

from cityloom.app.commands.city import command
from cityloom.city.actions.load_city import digest_of_folder, load_city
from cityloom.city.folder import read_folder
from cityloom.city.models import Version
from cityloom.city.signing import (
    SIGNATURE_FILE,
    BadKey,
    Demanded,
    NotSigned,
    add_signature,
    is_genuine,
    make_key,
    read_key,
    read_signatures,
    read_signers,
    sign,
)

AT = datetime(2026, 6, 1, tzinfo=UTC)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_small_city(tmp_path / "city")


@pytest.fixture
def signers(tmp_path: Path) -> dict[str, str]:
    """Two who may sign, their keys at `NAME.pem`."""
    return {name: make_key(tmp_path / f"{name}.pem") for name in ("steward", "leader")}


def signed(folder: Path, *names: str) -> str:
    """The folder signed by these; its digest."""
    digest = digest_of_folder(read_folder(folder)[0])
    for name in names:
        add_signature(folder, sign(read_key(folder.parent / f"{name}.pem"), name, AT, CITY_CODE, digest))
    return digest


def test_a_signed_folder_is_believed_and_its_key_is_its_owners_alone(folder, signers):
    digest = signed(folder, "steward")
    (signature,) = Demanded(signers).check(folder, CITY_CODE, digest)
    assert (signature.by, signature.digest) == ("steward", digest)
    assert (folder.parent / "steward.pem").stat().st_mode & 0o077 == 0
    assert "PRIVATE" not in (folder / SIGNATURE_FILE).read_text(encoding="utf-8")


def test_the_signature_file_is_no_part_of_what_is_signed(folder, signers):
    before = digest_of_folder(read_folder(folder)[0])
    assert signed(folder, "steward", "leader") == before == digest_of_folder(read_folder(folder)[0])


def _edit(folder: Path) -> None:
    path = folder / "duties.csv"
    path.write_text(path.read_text(encoding="utf-8").replace("E01,990102,west", "E01,990102,east"), encoding="utf-8")


@pytest.mark.parametrize(
    ("names", "needed", "edit", "code", "because"),
    [
        ((), 1, False, "signing.unsigned", "nobody signed"),
        (("steward",), 1, True, "signing.changed", "it was changed afterwards"),
        (("steward",), 2, False, "signing.too_few", "who proposed it is not the second person"),
        (("steward", "steward"), 2, False, "signing.too_few", "twice the same is one"),
        (("stranger",), 1, False, "signing.unknown_signer", "nobody knows this key"),
    ],
)
def test_what_is_not_signed_as_demanded_is_refused(folder, signers, names, needed, edit, code, because):
    make_key(folder.parent / "stranger.pem")
    digest = signed(folder, *names)
    if edit:
        _edit(folder)
        digest = digest_of_folder(read_folder(folder)[0])
    with pytest.raises(NotSigned) as refused:
        Demanded(signers, needed).check(folder, CITY_CODE, digest)
    assert refused.value.reason.code == code, because


def test_two_persons_who_share_a_key_are_one(folder, signers):
    digest = digest_of_folder(read_folder(folder)[0])
    key = read_key(folder.parent / "steward.pem")
    for name in ("steward", "leader"):
        add_signature(folder, sign(key, name, AT, CITY_CODE, digest))
    same = {"steward": signers["steward"], "leader": signers["steward"]}
    with pytest.raises(NotSigned, match="2 persons must sign"):
        Demanded(same, 2).check(folder, CITY_CODE, digest)


def test_two_different_persons_satisfy_four_eyes(folder, signers):
    digest = signed(folder, "steward", "leader")
    assert [s.by for s in Demanded(signers, 2).check(folder, CITY_CODE, digest)] == ["steward", "leader"]


@pytest.mark.parametrize(
    ("field", "value"),
    [("by", "leader"), ("at", "2026-06-02T00:00:00+00:00"), ("digest", "0" * 64), ("replay", "x"), ("value", "AAAA")],
)
def test_every_part_of_a_signature_is_signed(folder, signers, field, value):
    signed(folder, "steward")
    (signature,) = read_signatures(folder)
    assert is_genuine(signature, CITY_CODE)
    assert not is_genuine(replace(signature, **{field: value}), CITY_CODE)
    assert not is_genuine(signature, "another city")


def test_a_forged_signature_is_refused(folder, signers):
    digest = signed(folder, "steward")
    (signature,) = read_signatures(folder)
    add_signature(folder, replace(signature, at="2026-06-02T00:00:00+00:00"))
    with pytest.raises(NotSigned) as refused:
        Demanded(signers).check(folder, CITY_CODE, digest)
    assert refused.value.reason.code == "signing.bad"


@pytest.mark.parametrize("text", ["steward", "steward not-a-key", "steward AAAA", "steward {key}\nsteward {key}"])
def test_a_list_of_signers_with_a_bad_line_is_refused(tmp_path, signers, text):
    path = tmp_path / "signers"
    path.write_text(text.format(key=signers["steward"]), encoding="utf-8")
    with pytest.raises(BadKey):
        read_signers(path)


def test_a_list_of_signers_may_hold_remarks(tmp_path, signers):
    path = tmp_path / "signers"
    path.write_text(f"# who may\n\nsteward {signers['steward']}  # since June\n", encoding="utf-8")
    assert read_signers(path) == {"steward": signers["steward"]}


@pytest.mark.parametrize("text", ["", "{}", "not json", '{"signatures": [{"by": "x"}]}'])
def test_a_broken_signature_file_is_told(folder, text):
    (folder / SIGNATURE_FILE).write_text(text, encoding="utf-8")
    with pytest.raises(BadKey):
        read_signatures(folder)


def test_a_key_is_never_overwritten_and_nonsense_is_no_key(tmp_path):
    make_key(tmp_path / "k.pem")
    with pytest.raises(BadKey):
        make_key(tmp_path / "k.pem")
    (tmp_path / "n.pem").write_text("nonsense", encoding="utf-8")
    with pytest.raises(BadKey):
        read_key(tmp_path / "n.pem")


@pytest.mark.django_db
def test_a_folder_that_is_not_signed_as_demanded_loads_nothing_and_a_version_remembers_its_signers(folder, signers):
    signed(folder, "steward")
    with pytest.raises(NotSigned):
        load_city(folder, "steward", AT, demanded=Demanded(signers, 2))
    assert Version.objects.count() == 0
    digest = signed(folder, "leader")
    load_city(folder, "steward", AT, demanded=Demanded(signers, 2))
    version = Version.objects.get()
    assert (version.digest, [s["by"] for s in version.signatures]) == (digest, ["steward", "leader"])


# --- the commands -----------------------------------------------------------------------------------------------


def call(*words: str | Path) -> Result:
    return CliRunner().invoke(command, [str(word) for word in words])


@pytest.fixture
def at_hand(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cityloom.app.ready.ready", contextlib.nullcontext)


@pytest.mark.usefixtures("at_hand")
def test_propose_replay_sign_twice_and_load(folder, tmp_path, monkeypatch):
    call("load", folder)
    lines = [call("signing-key", tmp_path / f"{who}.pem", "--by", who).output for who in ("steward", "leader")]
    (tmp_path / "signers").write_text("".join(lines), encoding="utf-8")
    monkeypatch.setenv("CITYLOOM_SIGNERS", str(tmp_path / "signers"))
    monkeypatch.setenv("CITYLOOM_SIGNATURES", "2")
    _edit(folder)
    report = tmp_path / "report.json"
    report.write_text(call("replay-duties", folder, "--json").stdout, encoding="utf-8")
    assert json.loads(report.read_text(encoding="utf-8"))["cases"] == 0
    for who in ("steward", "leader"):
        assert isinstance(call("load", folder).exception, NotSigned)
        monkeypatch.setenv("CITYLOOM_SIGNING_KEY", str(tmp_path / f"{who}.pem"))
        assert call("sign", folder, "--by", who, "--replay", report).exit_code == 0
    assert call("load", folder).exit_code == 0
    assert "signed by steward, leader" in call("versions", CITY_CODE).output
    (told, _) = json.loads(call("versions", CITY_CODE, "--json").output)
    assert len({s["replay"] for s in told["signatures"]}) == 1
    assert told["signatures"][0]["digest"] == told["digest"]


@pytest.mark.usefixtures("at_hand")
def test_a_replay_of_another_folder_is_nothing_to_sign_on(folder, tmp_path, monkeypatch):
    call("load", folder)
    call("signing-key", tmp_path / "steward.pem", "--by", "steward")
    monkeypatch.setenv("CITYLOOM_SIGNING_KEY", str(tmp_path / "steward.pem"))
    report = tmp_path / "report.json"
    report.write_text(call("replay-duties", folder, "--json").stdout, encoding="utf-8")
    _edit(folder)
    assert isinstance(call("sign", folder, "--by", "steward", "--replay", report).exception, BadKey)
    assert not (folder / SIGNATURE_FILE).exists()


@pytest.mark.usefixtures("at_hand")
def test_a_bad_folder_is_neither_replayed_nor_signed(folder, tmp_path, monkeypatch):
    call("load", folder)
    call("signing-key", tmp_path / "steward.pem", "--by", "steward")
    monkeypatch.setenv("CITYLOOM_SIGNING_KEY", str(tmp_path / "steward.pem"))
    path = folder / "duties.csv"
    path.write_text(path.read_text(encoding="utf-8").replace("*,water_co,lead", "*,water,lead"), encoding="utf-8")
    for words in (("replay-duties", folder), ("sign", folder, "--by", "steward")):
        result = call(*words)
        assert result.exit_code == 1
        assert "duties.csv, line 2" in result.output
    assert json.loads(call("replay-duties", folder, "--json").stdout)["errors"] == 3


@pytest.mark.usefixtures("at_hand")
def test_a_single_table_is_replayed_for_a_city_that_is_named(folder):
    call("load", folder)
    assert "no cases in this span" in call("replay-duties", folder / "duties.csv", "--city", CITY_CODE).output
    assert call("replay-duties", folder / "duties.csv").exit_code == 2
    assert call("replay-duties", folder / "units.csv", "--city", CITY_CODE).exit_code == 2


@pytest.mark.usefixtures("at_hand")
@pytest.mark.parametrize("since", ["yesterday", "365", "-3d", "2026-02-30"])
def test_a_span_that_is_none_is_wrong_usage(folder, since):
    call("load", folder)
    assert call("replay-duties", folder, "--since", since).exit_code == 2


@pytest.mark.usefixtures("at_hand")
def test_without_a_key_or_a_list_the_next_step_is_told(folder, monkeypatch):
    monkeypatch.delenv("CITYLOOM_SIGNING_KEY", raising=False)
    monkeypatch.delenv("CITYLOOM_SIGNERS", raising=False)
    assert "CITYLOOM_SIGNING_KEY" in str(call("sign", folder, "--by", "x").exception)
    assert "CITYLOOM_SIGNERS" in str(call("load", folder, "--require-signature").exception)
