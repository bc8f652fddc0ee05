"""Personal data in a text is found however it is written, and what only looks like it is left alone."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cityloom.triage.masking import CONTACT, EVERYTHING, MASK, Personal, find_personal, mask
from cityloom.triage.masking_checks import check_sign, luhn_holds
from cityloom.triage.masking_patterns import folded

M = MASK


@pytest.mark.parametrize(
    ("said", "shown", "kinds", "because"),
    [
        ("请打13800138000找我", f"请打{M}找我", "mobile", "a mobile among Chinese letters"),
        ("+86 138-0013-8000，谢谢", f"{M}，谢谢", "mobile", "with the country and dashes"),
        ("１３８００１３８０００", M, "mobile", "in full-width digits"),
        ("一三八零零一三八零零零", M, "mobile", "in the words of the numerals"),
        ("①③⑧⓪⓪①③⑧⓪⓪⓪", M, "mobile", "in circled digits"),
        ("1\u200b3\u200b8\u200b0\u200b0138000", M, "mobile", "with signs nobody sees between"),
        ("1，3，8，0，0，1，3，8，0，0，0", M, "mobile", "digit by digit"),
        ("座机0371-6612 3456转801", f"座机{M}", "landline", "a landline with its extension"),
        ("家里电话6234 5678", f"家里电话{M}", "landline", "without its area, after the word for it"),
        ("call +44 20 7946 0958", f"call {M}", "landline", "of another country"),
        ("身份证号11010519491231002X", f"身份证号{M}", "identity", "the right check sign"),
        ("110105194912310021", M, "identity", "one wrong digit still tells who it is"),
        ("130503670401001", M, "identity", "fifteen digits, as before 1999"),
        ("卡号6222 0212 3456 7894 123", f"卡号{M}", "bank_card", "after the word for it"),
        ("转到6222021234567890128", f"转到{M}", "bank_card", "UnionPay, by Luhn"),
        ("4111 1111 1111 1111", M, "bank_card", "in groups of four, by Luhn"),
        ("写信到 a.b@city.example 吧", f"写信到 {M} 吧", "email", "a mail address"),
        ("微信号：abc_12345", M, "account", "an account of a messenger"),
        ("加vx wang88888", f"加{M}", "account", "its short name"),
        ("京A·12345挡在门口", f"{M}挡在门口", "plate", "a number plate"),
        ("苏AD12345这辆车", f"{M}这辆车", "plate", "of an electric car"),
        ("住在3栋2单元501室", f"住在3栋{M}", "flat", "the building stays, the door goes"),
        ("3号楼501漏水", f"3号楼{M}漏水", "flat", "without the word for a room"),
        ("三栋二单元五零一", f"三栋{M}", "flat", "in words"),
        ("东光苑5-2-1201", f"东光苑{M}", "flat", "building, entrance and door by dashes"),
        ("I live in Flat 3B", f"I live in {M}", "flat", "in English"),
        ("张先生反映", f"{M}先生反映", "name", "before a title"),
        ("王小明女士", f"{M}女士", "name", "a full name before a title"),
        ("欧阳静疑小姐来电", f"{M}小姐来电", "name", "a family name of two characters"),
        ("隔壁的李大爷", f"隔壁的{M}大爷", "name", "before a neighbour's title"),
        ("我叫王小明，住附近", f"我叫{M}，住附近", "name", "introduced"),
        ("联系人：陈晨", f"联系人：{M}", "name", "introduced in a form"),
        ("我是刘德胜，小区业主", f"我是{M}，小区业主", "name", "I am, and a name"),
        ("本人姓赵", f"本人姓{M}", "name", "the family name alone"),
        ("Mr. Smith next door", f"Mr. {M} next door", "name", "before an English title"),
        ("my name is John Miller.", f"my name is {M}.", "name", "introduced in English"),
    ],
)  # fmt: skip
def test_personal_data_is_masked_however_it_is_written(said: str, shown: str, kinds: str, because: str) -> None:
    masked = mask(said)
    assert masked.text == shown, because
    assert [span.kind.value for span in masked.spans] == [kinds], because


@pytest.mark.parametrize(
    ("said", "because"),
    [
        ("路灯编号 9901010137000001 坏了", "a component's number"),
        ("案件260601-1234567，18日16:00前", "a case's number and a time"),
        ("案件260601-622202123456789012", "a case's number that passes for a card's"),
        ("第三五七号楼，二单元", "a house's number in words"),
        ("公交1、3、5、7、9、11、13、15路", "a list of bus lines"),
        ("12345热线没人接，110来过", "numbers that everybody knows"),
        ("离3栋500米", "a distance"),
        ("5栋300多户停水", "households"),
        ("2026-06-12上午9点", "a day"),
        ("12-6-2026", "a day written the other way"),
        ("由于先生病不能来", "由于 is no name"),
        ("广大业主、高龄老人、各位先生女士", "nobody's names"),
        ("我是黄河路的居民", "a street that begins like a name"),
        ("微信付款不到账", "the messenger, no account"),
        ("李科长、王主任推诿", "officials, by their office"),
        ("Room for improvement on Smith Street", "no door, no person"),
        ("Dr. Sun Street is dark", "a street named after somebody"),
        ("lon=113.6254 lat=34.7466", "a place of the map"),
    ],
)
def test_what_tells_of_nobody_stays(said: str, because: str) -> None:
    assert mask(said).text == said, because


def test_spans_are_places_in_the_text_as_it_was_given() -> None:
    said = "我叫王小明，电话１３８００１３８０００，车京A·12345"
    assert [(said[s.start : s.end], s.kind) for s in mask(said).spans] == [
        ("王小明", Personal.NAME),
        ("１３８００１３８０００", Personal.MOBILE),
        ("京A·12345", Personal.PLATE),
    ]


def test_kinds_can_be_chosen() -> None:
    assert mask("王先生13800138000", CONTACT).text == f"王先生{M}"


def test_check_signs_are_those_of_the_standards() -> None:
    assert check_sign("11010519491231002") == "X"  # the example of GB 11643
    assert luhn_holds("79927398713")  # the example of ISO/IEC 7812
    assert not luhn_holds("79927398710")


HARD = st.text(
    alphabet=st.one_of(
        st.characters(exclude_categories=["Cs"]),
        st.sampled_from("0123456789一三八零13800138000单元栋室号王李先生女士我叫微信号:@.-、， ＊\u200b\u202e京A"),
    ),
    max_size=80,
)


@given(HARD)
def test_masking_twice_is_masking_once_and_spans_are_apart(said: str) -> None:
    masked = mask(said)
    assert mask(masked.text).text == masked.text
    assert find_personal(masked.text) == ()
    ends = 0
    for span in masked.spans:
        assert ends <= span.start < span.end <= len(said)
        ends = span.end


@given(st.text())
def test_folding_keeps_every_place(said: str) -> None:
    assert len(folded(said)) == len(said)


@given(HARD, st.text(alphabet="，。 ", min_size=1, max_size=3))
def test_a_mobile_is_found_in_any_company(around: str, gap: str) -> None:
    assert "13912345678" not in mask(f"{around}{gap}电话13912345678{gap}。{around}", EVERYTHING).text


@pytest.mark.parametrize("unit", ["1", "1-", "王先生", "a@", "🙂", "6222 "])
def test_a_very_long_text_of_one_thing_is_read_like_any_other_text(unit: str) -> None:
    said = unit * (200_000 // len(unit))
    masked = mask(said)
    assert mask(masked.text).text == masked.text
