"""What the vital signs of a folder say together, checked against its devices and classes."""

from __future__ import annotations

from cityloom.city.checking import Findings
from cityloom.city.trees import circles


def check_signs(found: Findings) -> None:
    """What the signs say together: parents, a source for each leaf, streams and classes that there are."""
    signs = {sign.code: sign for sign in found.folder.vital_signs}
    parents = {sign.parent for sign in signs.values()}
    for ring in circles({code: sign.parent or None for code, sign in signs.items()}):
        found.in_file("circle", "vital_signs.toml", ring[0], codes=list(ring))
    measured = {(thing.type, stream) for thing in found.folder.things for stream in thing.streams}
    classes = {each.code for each in found.folder.classes}
    for i, sign in enumerate(found.folder.vital_signs):
        where = f"sign.{sign.code}"
        if sign.parent and sign.parent not in signs:
            found.unknown("vital_signs", i, where, "parent", sign.parent, signs)
        if sign.is_leaf and sign.code in parents:
            found.at("sign_leaf_with_signs", "vital_signs", i, where)
        if not sign.is_leaf and sign.code not in parents:
            found.at("sign_without_source", "vital_signs", i, where)
        if sign.stream and (sign.type, sign.stream) not in measured:
            found.at("sign_not_measured", "vital_signs", i, where, type=sign.type, stream=sign.stream)
        for code in sign.classes:
            if code not in classes:
                found.unknown("vital_signs", i, where, "classes", code, classes)
