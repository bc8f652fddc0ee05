"""A due moment that was told stays told, whatever is reckoned again afterwards."""

from tests.cases.life import Life

from cityloom.cases.promises import recount


def test_a_clock_that_was_told_overdue_is_not_told_again_when_its_class_is_corrected_to_the_same_limit(life: Life):
    life.report()
    life.move("sign", "handler_e1")
    life.clock.advance(days=30)
    life.fire()
    assert any(e.move == "overdue" for e in life.entries)
    before = life.file
    after = recount(before, life.clock.now(), life.city)
    assert {c.id: c.fires_at for c in after.clocks} == {c.id: c.fires_at for c in before.clocks}
