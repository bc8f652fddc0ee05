"""What is made to stay is not looked at again, and the collector works as before afterwards."""

from __future__ import annotations

import gc

import pytest

from cityloom.base.long_lived import long_lived


def test_what_is_made_to_stay_is_set_aside():
    before = gc.get_freeze_count()
    try:
        with long_lived():
            assert not gc.isenabled()
            made = [[number] for number in range(1000)]
        assert gc.isenabled()
        assert gc.get_freeze_count() >= before + len(made)
    finally:
        gc.unfreeze()


def test_the_collector_goes_on_after_a_failure():
    try:
        with pytest.raises(ValueError, match="broken"), long_lived():
            raise ValueError("broken")
        assert gc.isenabled()
    finally:
        gc.unfreeze()
