"""Codes made from names."""

import pytest

from cityloom.exchange.slugs import EmptySlugError, slug


@pytest.mark.parametrize(
    ("name", "code", "because"),
    [
        ("Request for Pothole Repair", "request-for-pothole-repair", "words are joined by hyphens"),
        ("Missed Trash/Recycling/Yard Waste", "missed-trash-recycling-yard-waste", "any sign is a gap"),
        ("Sidewalk Repair (Make Safe)", "sidewalk-repair-make-safe", "none at the ends"),
        ("New Sign  Crosswalk", "new-sign-crosswalk", "several in a row are one"),
        ("  Work w/out Permit ", "work-w-out-permit", "outer blanks go"),
        ("request-for-pothole-repair", "request-for-pothole-repair", "a code stays itself"),
        ("311", "311", "digits do"),
    ],
)
def test_a_name_becomes_a_code_of_small_letters_digits_and_hyphens(name, code, because):
    assert slug(name) == code, because


@pytest.mark.parametrize("name", ["", "  ", "路灯", "—/—"])
def test_a_name_without_latin_letters_is_refused_with_the_advice_to_give_a_code(name):
    with pytest.raises(EmptySlugError, match="by hand"):
        slug(name)
