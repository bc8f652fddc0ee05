"""What an identity provider tells of a person who has just signed in there. Pure."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class ToldPerson:
    """A person as a provider knows him.

    `issuer` and `subject` name him for good. `value` is compared with what `known_by` names of ours: `login`, `email`
    (verified there) or `external_id`. `groups` is None where the provider is not asked for groups.
    """

    issuer: str
    subject: str
    known_by: str
    value: str
    name: str = ""
    groups: tuple[str, ...] | None = None
