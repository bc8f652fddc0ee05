"""What the patterns of personal data cannot say: check digits, days of birth, groups of digits. Pure.

Each check is given what was found, the text around it and where it stands there.
"""

from __future__ import annotations

import re
from datetime import date

# GB 11643-1999, by ISO 7064 MOD 11-2: weights of the first 17 digits, and the sign for each remainder.
_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_SIGNS = "10X98765432"
_PROVINCE_CODES = frozenset(
    [*range(11, 16), *range(21, 24), *range(31, 38), *range(41, 47), *range(50, 55), *range(61, 66), 71, 81, 82, 83]
)
_MEASURES = re.compile(
    r"\s?(?:多|余|几)?\s?(?:米|公里|平|元|块|万|人|户[^主]|个|年|天|次|间|家|路|弄|%|％|度|分|点|斤|吨|层|月|日|辆|台|号楼|栋|ml|m|km)"
)


def digits_of(found: str) -> str:
    """The digits alone, with a check sign X at the end."""
    return "".join(c for c in found if c in "0123456789xX").upper()


def check_sign(first_17: str) -> str:
    """The 18th sign of an identity number: `11010519491231002` → `X`."""
    return _SIGNS[sum(int(d) * w for d, w in zip(first_17, _WEIGHTS, strict=True)) % 11]


def is_identity(found: str, _text: str, _start: int, _end: int) -> bool:
    """Whether it is a person's number: a day of birth that was, and a known province or the right check sign.

    A number with one wrong digit still tells who somebody is, so the sign alone decides nothing.
    """
    signs = digits_of(found)
    if len(signs) == 18:
        return _is_day(signs[6:14]) and (int(signs[:2]) in _PROVINCE_CODES or check_sign(signs[:17]) == signs[17])
    return len(signs) == 15 and int(signs[:2]) in _PROVINCE_CODES and _is_day("19" + signs[6:12])


def _is_day(eight: str) -> bool:
    try:
        born = date(int(eight[:4]), int(eight[4:6]), int(eight[6:]))
    except ValueError:
        return False
    return 1900 <= born.year <= 2099


def luhn_holds(digits: str) -> bool:
    """ISO/IEC 7812-1 annex B: every second digit from the right doubled, the sum of digits divisible by ten."""
    total = 0
    for place, digit in enumerate(reversed(digits)):
        n = int(digit) * (1 + place % 2)
        total += n - 9 if n > 9 else n
    return total % 10 == 0


def is_bank_card(found: str, _text: str, _start: int, _end: int) -> bool:
    """Whether it is the number of a card: UnionPay (62…), or one written in groups of four, by Luhn."""
    digits = digits_of(found)
    if not 13 <= len(digits) <= 19 or not luhn_holds(digits):
        return False
    grouped = [len(g) for g in re.findall(r"\d+", found)]
    return (digits.startswith("62") and len(digits) >= 16) or (
        digits[0] in "3456" and len(grouped) > 1 and all(g == 4 for g in grouped[:-1])
    )


def is_mobile(found: str, _text: str, _start: int, _end: int) -> bool:
    """Whether it is one number and no list: commas stand in a number only between single digits or its 3-4-4."""
    if not re.search(r"[、,，]", found):
        return True
    groups = [len(g) for g in re.findall(r"\d+", found)]
    return max(groups) == 1 or groups[-3:] == [3, 4, 4]


def is_plate(found: str, _text: str, _start: int, _end: int) -> bool:
    """Whether it is a number plate: two digits or more among its last five or six signs."""
    return sum(c.isdigit() for c in found[1:]) >= 2


def is_room(found: str, text: str, _start: int, end: int) -> bool:
    """Whether it is a door and no measure, year or day: `3栋501`, not `3栋500米`, not `6-12-2026`."""
    parts = re.findall(r"\d+", found)
    if re.search(r"[室房户a-zA-Z]", found):
        return True
    is_year = len(parts[-1]) == 4 and parts[-1][:2] in ("19", "20")
    dashed = "单元" not in found and len(parts) == 3
    return not (dashed and is_year) and _MEASURES.match(text, end) is None
