"""Chains and circles of codes."""

import pytest

from cityloom.city.trees import chains, children, circles

TREE = {"a": None, "b": "a", "c": "b", "d": "a"}


def test_a_chain_runs_from_the_top_to_the_code_itself():
    assert chains(TREE) == {"a": ("a",), "b": ("a", "b"), "c": ("a", "b", "c"), "d": ("a", "d")}


def test_children_stand_in_the_order_given():
    assert children(TREE) == {"a": ("b", "d"), "b": ("c",)}


def test_a_parent_that_is_not_there_ends_the_chain():
    assert chains({"b": "gone"}) == {"b": ("b",)}


@pytest.mark.parametrize(
    ("parents", "rings", "because"),
    [
        (TREE, [], "a tree has none"),
        ({"a": "a"}, [("a",)], "a code above itself"),
        ({"b": "c", "c": "a", "a": "b"}, [("a", "b", "c")], "each ring once, from its lowest code"),
        ({"a": "b", "b": "a", "tail": "a"}, [("a", "b")], "what hangs on a ring is not in it"),
        ({"a": "gone"}, [], "an unknown parent is none"),
    ],
)
def test_circles_are_found(parents, rings, because):
    assert circles(parents) == rings, because
