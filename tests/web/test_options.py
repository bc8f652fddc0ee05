"""Long choices are written at once, and as safely as a template would."""

from cityloom.web.forms import Group
from cityloom.web.templatetags.cityloom import option_groups, options


def test_the_chosen_option_is_selected_and_no_other():
    assert options([("a", "One"), ("b", "Two")], "b") == (
        '<option value="a">One</option><option value="b" selected>Two</option>'
    )


def test_what_a_city_named_cannot_become_markup():
    assert "<script>" not in options([('"><script>', "<script>")])
    assert "<script>" not in option_groups([Group("<script>", (("a", "b"),))])


def test_options_stand_under_their_headings():
    assert option_groups([Group("Lamps", (("a", "Dark"),))], "") == (
        '<optgroup label="Lamps"><option value="a">Dark</option></optgroup>'
    )
