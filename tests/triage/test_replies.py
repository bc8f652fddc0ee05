"""A draft reply is told what it lacks; its score agrees with people's marks better than its length does."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cityloom.base.reasons import render
from cityloom.triage.replies import FEATURES, MODEL, ReplyPart, check_reply, days_in, shipped_replies
from cityloom.triage.replies_points import list_points
from cityloom.triage.replies_scoring import MarkedReply, fit, halves, score_replies

SAID = "翠宁路151号门口的烧烤摊占道经营，油烟很大。请问什么时候能处理？另外门口的路灯也坏了，希望尽快修好。"
GOOD = (
    "您好。经现场核实，翠宁路151号门口确有烧烤摊占道经营，我街道执法人员已于6月12日责令其搬离，油烟问题由区城管局复查。"
    "路灯由市照明管理处负责，将于6月20日前修好。联系人李工，电话0371-66123456。"
)
EMPTY = "您好，您的留言已收悉，我们高度重视，感谢您对我们工作的支持与理解。"
PASSED_ON = "您反映的问题已转区城管局调查处理。2026年6月12日"


def oks(said: str, reply: str) -> dict[str, bool]:
    return {f.part.value: f.ok for f in check_reply(said, reply).findings}


def test_a_real_answer_has_all_of_it() -> None:
    check = check_reply(SAID, GOOD)
    assert all(f.ok for f in check.findings), check.findings
    assert check.score > 0.95


@pytest.mark.parametrize(
    ("reply", "part", "because"),
    [
        (EMPTY, "empty", "nothing but phrases"),
        (EMPTY, "result", "nothing was found or done"),
        (EMPTY, "points", "neither point is answered"),
        (PASSED_ON, "result", "only passed on"),
        (PASSED_ON, "day", "the day it is signed with is no promise"),
        (PASSED_ON, "contact", "no number"),
        (GOOD.replace("路灯由市照明管理处负责，将于6月20日前修好。", ""), "points", "the lamp is forgotten"),
        ("将于6月20日前处理完毕。", "charge", "nobody in charge"),
    ],
)
def test_what_is_lacking_is_told(reply: str, part: str, because: str) -> None:
    assert oks(SAID, reply)[part] is False, because


def test_the_open_point_is_quoted_in_both_languages() -> None:
    lacking = check_reply(SAID, GOOD.replace("路灯由市照明管理处负责，将于6月20日前修好。", "")).part(
        ReplyPart.POINTS
    )
    assert lacking.words == ("另外门口的路灯也坏了，希望尽快修好。",)
    assert render(lacking.reason, "zh") == "有1个要点没有回应：另外门口的路灯也坏了，希望尽快修好。"
    assert render(lacking.reason, "en").startswith("1 points are not answered: ")


def test_an_english_reply_is_checked_alike() -> None:
    said = "The street lamp at the corner is dark. When will it be repaired?"
    good = (
        "Our inspector found the cable cut. The street lamp will be repaired by 20 June by the lighting office; "
        "call 0371-66123456, contact person Lin."
    )
    assert oks(said, good) == {p.value: True for p in ReplyPart}
    assert not oks(said, "Thank you for your message. It has been passed to the relevant department.")["result"]


def test_scores_stand_in_the_order_of_sense() -> None:
    scores = [check_reply(SAID, reply).score for reply in ("", EMPTY, PASSED_ON, GOOD)]
    assert scores[0] == 0.0
    assert max(scores[:3]) < 0.3 < 0.95 < scores[3]


def test_points_are_the_sentences_that_ask_else_all_of_it() -> None:
    book = shipped_replies()
    assert len(list_points(SAID, book.asks)) == 2
    assert len(list_points("烧烤摊占道经营", book.asks)) == 1
    assert list_points("", book.asks) == []
    assert check_reply("", GOOD).part(ReplyPart.POINTS).reason.code == "reply.no_points"


@pytest.mark.parametrize(
    ("reply", "days"),
    [
        ("6月20日前完成", ["6月20日"]),
        ("三个工作日内上门", ["三个工作日内"]),
        ("年底前完工，2026年6月12日", ["年底"]),
        ("It will be done by next week", ["by next"]),
        ("We come within 3 working days", ["within 3 working days"]),
        ("尽快处理", []),
    ],
)
def test_days_are_found_without_the_one_it_is_signed_with(reply: str, days: list[str]) -> None:
    assert days_in(reply) == days


def test_no_weight_speaks_against_what_the_check_asks_for() -> None:
    assert set(MODEL) == set(FEATURES)
    for name, (_, weight) in MODEL.items():
        assert weight <= 0 if name in ("handed_on", "empty") else weight >= 0


def test_weights_are_fitted_from_marked_replies_and_halves_share_no_text() -> None:
    marked = [MarkedReply(SAID, f"{GOOD}{i}", True) for i in range(30)]
    marked += [MarkedReply(SAID, f"{PASSED_ON}{i}", False) for i in range(30)]
    one, other = halves([*marked, marked[0]])
    assert len(one) + len(other) == 60
    assert not {m.reply for m in one} & {m.reply for m in other}
    figures = score_replies(other, fit(one))
    assert figures.auc == 1.0
    assert score_replies([marked[0]]).auc is None
    assert score_replies([]).count == 0


@given(st.text(max_size=300), st.text(max_size=300))
def test_any_reply_is_checked(said: str, reply: str) -> None:
    check = check_reply(said, reply)
    assert 0.0 <= check.score <= 1.0
    assert [f.part for f in check.findings] == list(ReplyPart)


@pytest.mark.parametrize("unit", ["收悉", "6月20日", "请问", "a ", "。", "🙂", "\u202e", "<b>", "电话12345"])
def test_a_megabyte_is_checked(unit: str) -> None:
    check_reply(unit * (1_000_000 // len(unit)), unit * (1_000_000 // len(unit)))
