"""Runs axe-core in a page: what of WCAG 2.2 AA, A and the best practice it finds broken there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from cityloom.app.places import project_root

if TYPE_CHECKING:
    from playwright.sync_api import Page

SCRIPT = project_root() / "src/cityloom/web/assets/node_modules/axe-core/axe.min.js"
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


def violations(tab: Page, without: tuple[str, ...] = (), inside: str = "html") -> list[str]:
    """One line for each broken rule: its id, what it asks for, the first elements. `without`: rules left out.

    The script is run by the browser itself, so the page's own content policy stands.
    """
    if not SCRIPT.exists():
        pytest.skip("axe-core is not installed; run `make assets`")
    tab.evaluate(SCRIPT.read_text(encoding="utf-8"))
    rules = {name: {"enabled": False} for name in without}
    found: dict[str, Any] = tab.evaluate(
        "([where, tags, rules]) => axe.run(where, {runOnly: {type: 'tag', values: tags}, rules,"
        " resultTypes: ['violations']})",  # what holds is not told in all its places
        [inside, TAGS, rules],
    )
    return [_line(each) for each in found["violations"]]


def _line(broken: dict[str, Any]) -> str:
    where = "; ".join(" ".join(map(str, node["target"])) for node in broken["nodes"][:3])
    told = broken["nodes"][0].get("failureSummary", "").splitlines()[1:2]
    return f"{broken['id']}: {broken['help']} ({len(broken['nodes'])}×) {where} {' '.join(told).strip()}"
