"""CAP 1.2 documents: read, written and read again; what breaks the standard is refused with its element."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cityloom.base.reasons import known_codes
from cityloom.exchange.cap.reading import LONGEST, read_alert
from cityloom.exchange.cap.writing import moment_text, write_alert
from cityloom.sensing.cap_errors import BadAlert, said
from cityloom.sensing.cap_values import (
    Alert,
    CapArea,
    CapInfo,
    Circle,
    Reference,
    alert_from_json,
    as_json,
    faults_of,
)

SENT = datetime(2026, 6, 1, 9, tzinfo=timezone(timedelta(hours=8)))
RING = ((110.0, 30.0), (110.1, 30.0), (110.1, 30.1), (110.0, 30.0))
ALERT = Alert(
    identifier="met-2026-0001", sender="met@example.org", sent=SENT, status="Actual", kind="Alert", scope="Public",
    infos=(
        CapInfo(
            event="暴雨", categories=("Met",), urgency="Expected", severity="Severe", certainty="Likely",
            language="zh-CN", responses=("Avoid",), effective=SENT, onset=SENT + timedelta(hours=1),
            expires=SENT + timedelta(hours=6), sender_name="市气象台", headline="暴雨橙色预警",
            description="预计6小时内降雨50毫米以上。", instruction="避开低洼路段。", web="https://example.org/w/1",
            contact="气象台", areas=(
                CapArea("东区", (RING,), (Circle(110.05, 30.05, 2.5),), (("GB2260", "990101"),), 100.0, 900.0),
            ),
        ),
        CapInfo("Rainstorm", ("Met",), "Expected", "Severe", "Likely", expires=SENT + timedelta(hours=5)),
    ),
)  # fmt: skip
SOUND = write_alert(ALERT).decode()


def test_a_message_is_the_same_after_writing_and_reading_it():
    assert read_alert(SOUND.encode()) == ALERT


def test_a_message_is_the_same_after_its_column():
    assert alert_from_json(as_json(ALERT)) == ALERT


def test_what_a_message_says_in_short():
    assert ALERT.severity == "Severe"
    assert ALERT.begins == SENT, "the English part holds at once"
    assert ALERT.expires == SENT + timedelta(hours=6)
    assert ALERT.info_in("zh").event == "暴雨"  # type: ignore[union-attr]
    assert ALERT.info_in("en").event == "Rainstorm"  # type: ignore[union-attr]
    assert Alert("i", "s", SENT, "Actual", "Cancel", "Public").info_in("zh") is None


@pytest.mark.parametrize(
    ("moment", "text", "because"),
    [
        (SENT, "2026-06-01T09:00:00+08:00", "the offset in figures"),
        (datetime(2026, 6, 1, 1, 0, 0, 999, tzinfo=UTC), "2026-06-01T01:00:00-00:00", "never Z, no fractions"),
    ],
)
def test_a_moment_is_written_as_the_standard_says(moment, text, because):
    assert moment_text(moment) == text, because


@pytest.mark.parametrize(
    ("old", "new", "element", "code", "because"),
    [
        ("met-2026-0001<", "met 2026<", "identifier", "cap.bad_name", "no spaces in an identifier"),
        ("<status>Actual</status>", "<status>Real</status>", "status", "cap.bad_value", "a closed list"),
        ("<msgType>Alert</msgType>", "<msgType>Update</msgType>", "references", "cap.missing",
         "an update says what it updates"),
        ("<msgType>Alert</msgType>", "", "msgType", "cap.missing", "it must be said"),
        ("<scope>Public</scope>", "<scope>Private</scope>", "addresses", "cap.missing", "private to whom?"),
        ("<scope>Public</scope>", "<scope>Restricted</scope>", "restriction", "cap.missing", "restricted how?"),
        ("<sent>2026-06-01T09:00:00+08:00</sent>", "<sent>2026-06-01T01:00:00Z</sent>", "sent", "cap.bad_moment",
         "the standard forbids Z"),
        ("<sent>2026-06-01T09:00:00+08:00</sent>", "<sent>2026-13-41T09:00:00+08:00</sent>", "sent",
         "cap.bad_moment", "no such day"),
        ("<sent>2026-06-01T09:00:00+08:00</sent>", "", "sent", "cap.missing", "when?"),
        ("<event>暴雨</event>", "", "event", "cap.missing", "what?"),
        ("<severity>Severe</severity>", "<severity>Bad</severity>", "severity", "cap.bad_value", "a closed list"),
        ("<responseType>Avoid</responseType>", "<responseType>Run</responseType>", "responseType", "cap.bad_value",
         "a closed list"),
        ("30,110 30,110.1", "30;110 30,110.1", "polygon", "cap.bad_point", "pairs with a comma"),
        ("30.1,110.1 30,110</polygon>", "30.1,110.1</polygon>", "polygon", "cap.open_ring", "a ring must close"),
        ("30,110 30,110.1 30.1,110.1 30,110<", "130,110 30,110.1 30.1,110.1 130,110<", "polygon", "cap.bad_point",
         "no such latitude"),
        ("30.05,110.05 2.5", "30.05,110.05", "circle", "cap.bad_point", "a circle has a radius"),
        ("30.05,110.05 2.5", "30.05,110.05 -1", "circle", "cap.bad_value", "nothing is so small"),
        ("30.05,110.05 2.5", "30.05,110.05 wide", "circle", "cap.bad_point", "a radius is a number"),
        ("<areaDesc>东区</areaDesc>", "", "areaDesc", "cap.missing", "where, in words"),
        ("<altitude>100</altitude>", "", "altitude", "cap.missing", "a ceiling has a floor"),
        ("<altitude>100</altitude>", "<altitude>high</altitude>", "altitude", "cap.bad_value", "feet"),
        ("<expires>2026-06-01T15:00:00+08:00</expires>", "<expires>2026-06-01T09:30:00+08:00</expires>", "expires",
         "cap.ends_before", "it would end before it begins"),
        ("<scope>Public</scope>", "<scope>Public</scope><source>x</source>", "source", "cap.out_of_order",
         "the order is part of the schema"),
        ("<scope>Public</scope>", "<scope>Public</scope><scope>Public</scope>", "scope", "cap.twice", "once only"),
        ("<scope>Public</scope>", "<scope>Public</scope><colour>red</colour>", "colour", "cap.unknown_element",
         "no such element"),
        ("urn:oasis:names:tc:emergency:cap:1.2", "urn:oasis:names:tc:emergency:cap:1.0", "alert", "cap.not_cap",
         "another version is not read as this one"),
    ],
)  # fmt: skip
def test_what_breaks_the_standard_is_named(old, new, element, code, because):
    assert old in SOUND
    with pytest.raises(BadAlert) as refused:
        read_alert(SOUND.replace(old, new).encode())
    assert (element, code) in [(fault.element, fault.code) for fault in refused.value.faults], because
    for language in ("zh", "en"):
        assert said(refused.value.faults[0], language) in refused.value.in_language(language)


@pytest.mark.parametrize(
    ("body", "because"),
    [
        (b"", "nothing"),
        (b"<alert>", "cut off"),
        (b"{}", "another language"),
        (b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>', "entities are not read"),
        (b'<!DOCTYPE a SYSTEM "http://example.org/a.dtd"><a/>', "nothing is fetched"),
        (b"<a>" + b" " * LONGEST + b"</a>", "bounded"),
    ],
)
def test_what_is_no_safe_document_is_refused(body, because):
    with pytest.raises(BadAlert) as refused:
        read_alert(body)
    assert refused.value.status == 422, because


def test_nothing_wrong_is_ever_written():
    broken = Alert("i", "s", SENT, "Actual", "Cancel", "Public")
    with pytest.raises(BadAlert):
        write_alert(broken)
    cancel = Alert("i2", "s", SENT, "Actual", "Cancel", "Public", references=(Reference("s", "i", SENT),))
    assert read_alert(write_alert(cancel)) == cancel, "a cancellation need not say more"


def test_each_fault_has_its_words():
    assert {fault.code for fault in faults_of(Alert("", "", SENT, "", "", ""))} <= known_codes()


@given(st.text(st.characters(exclude_categories=("Cs", "Cc")), min_size=1, max_size=30))
def test_any_text_survives_the_way_there_and_back(text):
    info = CapInfo(event="e", categories=("Fire",), urgency="Past", severity="Minor", certainty="Unknown",
                   headline=text.strip())  # fmt: skip
    alert = Alert("i", "s", SENT, "Test", "Alert", "Public", infos=(info,))
    assert read_alert(write_alert(alert)) == alert
