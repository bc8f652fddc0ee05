"""Signing a city folder, and what a load demands of its signatures."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from cityloom.app.environment import Environment

if TYPE_CHECKING:
    from cityloom.city.problems import Problem
    from cityloom.city.signing import Demanded, Signature


def demanded_of(require: bool) -> Demanded | None:
    """What CITYLOOM_SIGNATURES and `--require-signature` demand; None when neither asks for a signature."""
    from cityloom.city.signing import BadKey, Demanded, read_signers

    env = Environment.of_process()
    needed = max(env.number("CITYLOOM_SIGNATURES"), int(require))
    if not needed:
        return None
    signers = env.text("CITYLOOM_SIGNERS")
    if not signers:
        raise BadKey("signing.no_signers")
    return Demanded(read_signers(Path(signers)), needed)


def sign_folder(directory: Path, by: str, report: Path | None) -> tuple[tuple[Signature, ...], list[Problem]]:
    """Sign what the folder says, on that replay report; all its signatures now, none when it has errors."""
    from cityloom.base.clock import RealClock
    from cityloom.city.actions.load_city import digest_of_folder
    from cityloom.city.checks import check_folder
    from cityloom.city.problems import has_errors
    from cityloom.city.signing import BadKey, add_signature, digest_of_report, read_key, sign

    file = Environment.of_process().text("CITYLOOM_SIGNING_KEY")
    if not file:
        raise BadKey("signing.no_key")
    key = read_key(Path(file))
    folder, problems = check_folder(directory)
    if folder.config is None or has_errors(problems):
        return (), problems
    digest = digest_of_folder(folder)
    replay = digest_of_report(report.read_bytes(), digest) if report is not None else ""
    signature = sign(key, by, RealClock().now(), folder.config.code, digest, replay)
    return add_signature(directory, signature), problems
