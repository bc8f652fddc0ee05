"""How personal data is written: the patterns `masking.py` looks for. Each is linear: bounded, with a fixed start.

`it` names the group that is masked. Patterns of digits run over the folded text, where every way of writing a digit
has become one character of 0-9; names run over the text as it is.
"""

from __future__ import annotations

import re
import unicodedata

# --- folding -----------------------------------------------------------------------------------------------------


class _Folding(dict[int, str]):
    """Character to character, so that places in the folded text are places in the text."""

    def __missing__(self, code: int) -> str:
        char = chr(code)
        folded_to = char
        if code > 127:
            digit = unicodedata.digit(char, None)
            wide = unicodedata.normalize("NFKC", char) if 0xFF01 <= code <= 0xFF5E else ""
            if digit is not None:
                folded_to = str(digit)
            elif len(wide) == 1:
                folded_to = wide
            elif unicodedata.category(char) == "Cf":
                folded_to = "\u200b"  # what is not seen separates nothing: one sign for all of it
        self[code] = folded_to
        return folded_to


_NUMERALS = dict(zip("〇零一二三四五六七八九幺壹贰叁肆伍陆柒捌玖", "001234567891123456789", strict=True))
_FOLDING = _Folding({ord(numeral): digit for numeral, digit in _NUMERALS.items()})


def folded(text: str) -> str:
    """The text with every digit as 0-9 and full-width signs as plain ones, of the same length."""
    return text.translate(_FOLDING)


# --- digits ------------------------------------------------------------------------------------------------------

GAP = r"[\s\-—.·_、,，\u200b]{0,3}"
_START, _END = r"(?<![0-9A-Za-z])", r"(?![0-9A-Za-z])"
_PROVINCES = "京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼"
_BUILDING = r"(?:栋|幢|座|号楼|#楼|号院)"


def _of(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.IGNORECASE)


# What a text with fewer digits cannot hold.
FEWEST_DIGITS = {
    "identity": 15,
    "bank_card": 13,
    "mobile": 11,
    "landline": 8,
    "email": 0,
    "plate": 2,
    "flat": 1,
}
NUMBERED: tuple[tuple[str, re.Pattern[str]], ...] = (
    # GB 11643: 17 digits and a check sign; before 1999 fifteen digits without one
    ("identity", _of(rf"(?<!\d)(?<!\d-)(?P<it>[1-9](?:{GAP}\d){{16}}{GAP}[\dx])(?![0-9a-z])")),
    ("identity", _of(r"(?<![0-9a-z])(?<!\d-)(?P<it>[1-9]\d{14})(?![0-9a-z])")),
    # ISO/IEC 7812: 13 to 19 digits, the last one by Luhn
    ("bank_card", _of(rf"(?<![0-9a-z])(?<!\d-)(?P<it>[3-6]\d{{3}}(?:{GAP}\d){{9,15}})(?![0-9a-z])")),
    ("mobile", _of(rf"(?<!\d)(?P<it>(?:(?:\+|00)?86{GAP})?1{GAP}[3-9](?:{GAP}\d){{9}})(?!\d)")),
    ("landline", _of(
        rf"(?<!\d)(?P<it>\(?0\d{{2,3}}\)?{GAP}[2-9]\d{{2,3}}{GAP}\d{{4}}(?:(?:转|ext\.? ?)\d{{1,5}})?)(?!\d)"
    )),
    ("landline", _of(rf"(?<!\d)(?P<it>[48]00{GAP}\d{{3}}{GAP}\d{{4}})(?!\d)")),
    ("landline", _of(r"(?<![0-9a-z+])(?P<it>\+\d(?:[ \-.()]?\d){7,14})(?!\d)")),
    ("email", _of(r"(?<![a-z0-9._%+-])(?P<it>[a-z0-9._%+-]{1,64}\s?@\s?[a-z0-9-]{1,60}(?:\.[a-z0-9-]{1,20}){1,4})")),
    ("plate", _of(rf"(?P<it>[{_PROVINCES}][A-HJ-NP-Z][\s·.•\-]?[A-HJ-NP-Z0-9]{{5,6}})(?![0-9a-z])")),
    ("plate", _of(rf"(?P<it>[{_PROVINCES}][A-HJ-NP-Z][\s·.•\-]?[A-HJ-NP-Z0-9]{{4}}[挂学警港澳])")),
    # a door of a house: with its entrance, after its building, or called a room
    ("flat", _of(
        r"(?<!\d)(?P<it>(?:\d{1,2}|十\d?|\d十\d?)\s?单元\s?(?:\d{1,2}\s?[楼层]\s?)?\d{3,4}\s?(?:室|号房|房|户|号)?)(?!\d)"
    )),
    ("flat", _of(
        rf"(?<=\w){_BUILDING}\s?(?P<it>(?:\d{{1,2}}\s?[楼层]\s?)?\d{{3,4}}\s?(?:室|号房|房|户)?)(?!\d)"
    )),
    ("flat", _of(r"(?<![\d.\-])(?P<it>\d{3,4}\s?(?:室|号房))(?!\d)")),
    ("flat", _of(r"(?<![\d.\-])(?P<it>\d{1,2}\s?[\-—]\s?\d{1,2}\s?[\-—]\s?\d{3,4})(?![\d\-.年月日])")),
    ("flat", _of(
        r"(?<![a-z])(?P<it>(?:flat|apt|apartment|room|suite)\.?\s?(?:no\.?\s?)?#?\d{1,5}[a-z]?)(?![0-9a-z])"
    )),
)  # fmt: skip

CUED: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("account", _of(
        r"(?P<it>(?:微信|威信|薇信|weixin|wechat|(?<![a-z])(?:vx|wx|qq)|扣扣|企鹅号)"
        r"(?:号码|号|id|账号)?\s?(?:也?是|为|is|:|同)?\s?(?=[a-z0-9_\-]*\d|[a-z]+[_\-])[a-z0-9_\-]{5,20})"
    )),
    ("landline", _of(
        r"(?:电话|手机|座机|号码|联系方式|致电|拨打|拨|回电|tel|phone|call|mobile)(?:号码?|号)?\s?(?:me |at |no\.? )?"
        r"(?:也?是|为|is|[:.])?\s?(?P<it>[2-9]\d{2,3}[\s\-]?\d{4})(?!\d)"
    )),
    ("bank_card", _of(
        rf"(?:卡号|银行卡|账号|帐号|户头|card (?:no\.?|number)|account (?:no\.?|number))\s?(?:也?是|为|is|:)?\s?"
        rf"(?P<it>\d(?:{GAP}\d){{11,18}})(?!\d)"
    )),
    ("identity", _of(
        rf"(?:身份证(?:号码?|号)?|证件号码?|id (?:card|no\.?|number))\s?(?:也?是|为|is|:)?\s?"
        rf"(?P<it>\d(?:{GAP}\d){{13,16}}(?:{GAP}[\dx])?)(?![0-9a-z])"
    )),
    ("identity", _of(
        r"(?:护照|通行证|passport)(?:号码?|号| no\.?| number)?\s?(?:也?是|为|is|:)?\s?"
        r"(?P<it>[a-z]{1,2}\d{7,9})(?![0-9a-z])"
    )),
)  # fmt: skip
