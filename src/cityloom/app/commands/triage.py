"""Learn, judge and choose what proposes the class of a report."""

from __future__ import annotations

import getpass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from cityloom.app.exits import WrongUsage
from cityloom.app.options import AS_JSON, CITY, chosen_city, example, print_json, shown_count
from cityloom.app.ready import needs_database

if TYPE_CHECKING:
    from cityloom.exchange.text_tables import TextRow
    from cityloom.triage.evaluating import Figures
    from cityloom.triage.trained import TrainedClassifier
    from cityloom.triage.training import Progress

_FILE = click.Path(path_type=Path, dir_okay=False)
_THERE = click.Path(path_type=Path, dir_okay=False, exists=True)
_TEXT = click.option(
    "--text",
    "columns",
    required=True,
    metavar="COL[,COL]",
    help="The column of the text; of several the first is the headline.",
)
_TRUST = click.option("--trust", is_flag=True, help="Believe a model that this installation did not sign.")
_BY = click.option("--by", default=getpass.getuser, show_default="your login", help="Who chooses.")
_MODEL = click.argument("model", type=_THERE)
_ROWS = click.argument("file", type=_FILE)


@click.group()
def command() -> None:
    """Learn, judge and choose what proposes the class of a report (docs/triage.md)."""


@command.command(
    epilog=example(
        "cityloom triage train calls.csv --text title,words --label class --out calls.model",
        "cityloom triage train --from-city --out own.model",
    )
)
@click.argument("file", type=_FILE, required=False)
@click.option(
    "--text", "columns", metavar="COL[,COL]", help="The column of the text; of several the first is the headline."
)
@click.option("--label", metavar="COL", help="The column of the class.")
@click.option("--from-city", is_flag=True, help="Learn from the closed cases of the city instead of FILE.")
@click.option("--unlabelled", type=_FILE, help="More texts with the same columns, without a class.")
@click.option("--tree", type=_THERE, help="The class tree as CSV, one column a level: its names count as words.")
@click.option("--lexicon", type=_THERE, help="Words per class: a CSV with class, words_zh, words_en, weight.")
@click.option("--out", type=_FILE, required=True, help="The new file of the model.")
@click.option("--note", default="", help="Where the data are from, for the card.")
@click.option("--seed", default=0, show_default=True, help="Of the folds in which the settings are chosen.")
@CITY
@AS_JSON
def train(
    file: Path | None,
    columns: str | None,
    label: str | None,
    from_city: bool,
    unlabelled: Path | None,
    tree: Path | None,
    lexicon: Path | None,
    out: Path,
    note: str,
    seed: int,
    city_code: str | None,
    as_json: bool,
) -> None:
    """Learn a model from the texts of FILE and the classes people gave them, or from the city's own closed cases.

    Everything that is chosen is chosen by cross-validation inside the data. OUT is signed by this installation.
    """
    from cityloom.app.commands import _triage

    if from_city == (file is not None) or (file is not None and not (columns and label)):
        raise WrongUsage("command.train_from")
    with shown_count() as tell:
        progress = _shown(tell)
        if from_city:
            model = _triage.learn_from_city(city_code, out, note, seed, progress)
        else:
            given = _triage.Given(file, _parts(columns), label or "", unlabelled, tree, lexicon)  # type: ignore[arg-type]
            model = _triage.learn_from_file(given, out, note, seed, progress)
    _tell_card(model, as_json)


@command.command(epilog=example("cityloom triage evaluate calls.model held_out.csv --text title,words --label class"))
@_MODEL
@_ROWS
@_TEXT
@click.option("--label", required=True, metavar="COL", help="The column of the class.")
@click.option("--sure", default=0.8, show_default=True, help="The confidence from which no person decides.")
@_TRUST
@AS_JSON
def evaluate(model: Path, file: Path, columns: str, label: str, sure: float, trust: bool, as_json: bool) -> None:
    """Hold MODEL against the classes that people gave the texts of FILE."""
    from cityloom.app.commands._triage import opened_model
    from cityloom.exchange.text_tables import read_texts
    from cityloom.triage.evaluating import evaluate as judge

    classifier = opened_model(model, trust)
    rows: list[TextRow] = [row for row in read_texts(file, _parts(columns), label) if row.label]
    if not rows:
        raise WrongUsage("command.no_labels", column=label)
    figures = judge(classifier, [row.pair for row in rows], [row.label for row in rows], sure)
    if as_json:
        print_json({"model": classifier.name, **figures.as_json()})
    else:
        _tell_figures(figures)


@command.command(epilog=example("cityloom triage predict calls.model new.csv --text title,words --out proposed.csv"))
@_MODEL
@_ROWS
@_TEXT
@click.option("--out", type=_FILE, required=True, help="The new CSV: the columns of FILE and what is proposed.")
@_TRUST
@AS_JSON
def predict(model: Path, file: Path, columns: str, out: Path, trust: bool, as_json: bool) -> None:
    """Write what MODEL proposes for each text of FILE: class, confidence and the words that spoke for it."""
    from cityloom.app.commands._triage import opened_model
    from cityloom.exchange.text_tables import read_texts, write_proposals
    from cityloom.triage.model_files import ModelInTheWay

    if out.exists():
        raise ModelInTheWay("triage.model_in_the_way", file=out.name)
    classifier = opened_model(model, trust)
    rows = read_texts(file, _parts(columns))
    known = write_proposals(out, rows, classifier)
    if as_json:
        print_json({"model": classifier.name, "texts": len(rows), "proposed": known, "out": str(out)})
    else:
        click.echo(f"{known:,} of {len(rows):,} texts got a class: {out}")


@command.command(epilog=example("cityloom triage drift --city CODE --days 30"))
@CITY
@click.option("--days", type=click.IntRange(1, 3660), default=30, show_default=True, help="How far back.")
@click.option("--sure", default=0.8, show_default=True, help="The confidence from which no person decides.")
@AS_JSON
@needs_database
def drift(city_code: str | None, days: int, sure: float, as_json: bool) -> None:
    """Tell for each model how much it left to people and how often they decided as it had proposed."""
    from datetime import timedelta

    from cityloom.base.clock import RealClock
    from cityloom.cases.queries_drift import list_decided
    from cityloom.triage.drift import drift_of

    since = RealClock().now() - timedelta(days=days)
    figures = drift_of(list_decided(chosen_city(city_code), since), sure)
    if as_json:
        print_json([each.as_json() for each in figures])
        return
    for each in figures:
        shares = (each.sent_to_people, each.agreement, each.expected, each.sure_agreement)
        told = ["n/a" if share is None else f"{100 * share:.1f} %" for share in shares]
        click.echo(f"{each.model}: {each.read:,} reports, {told[0]} left to people")
        click.echo(
            f"  {each.decided:,} decided, as proposed {told[1]} (expected {told[2]}), of the sure ones {told[3]}"
        )
    if not figures:
        click.echo(f"No report of the last {days} days was read.")


@command.group()
def models() -> None:
    """The models of a city: which it has, which one reads its reports."""


@models.command("list", epilog=example("cityloom triage models list --city CODE"))
@CITY
@AS_JSON
@needs_database
def list_models(city_code: str | None, as_json: bool) -> None:
    """List the models of the city, the newest first."""
    from cityloom.cases.model_rows import list_models as models_of

    rows = models_of(chosen_city(city_code))
    if as_json:
        print_json([{"name": r.name, "in_use_since": r.in_use_since, "added_by": r.added_by, **r.card} for r in rows])
        return
    for row in rows:
        used = f"in use since {row.in_use_since:%Y-%m-%d %H:%M}" if row.in_use_since else ""
        click.echo(
            f"{row.name:<26}{row.card.get('texts', 0):>8,} texts  {len(row.card['labels']):>4} classes  {used}"
        )
    if not any(row.in_use_since for row in rows):
        click.echo("The city folder alone reads the reports.")


@models.command(epilog=example("cityloom triage models use calls.model --city CODE"))
@click.argument("model", metavar="FILE|NAME|cold")
@CITY
@_TRUST
@_BY
@AS_JSON
@needs_database
def use(model: str, city_code: str | None, trust: bool, by: str, as_json: bool) -> None:
    """Let a model read the city's reports from now on, without a restart: a file, a name of the list, or cold.

    `cold` is the city folder alone.
    """
    from cityloom.base.clock import RealClock
    from cityloom.cases.actions.use_model import use_kept_model, use_model

    city = chosen_city(city_code)
    if Path(model).is_file():
        model = use_model(city, Path(model), by, RealClock(), trust)
    else:
        use_kept_model(city, None if model == "cold" else model, by, RealClock())
    if as_json:
        print_json({"city": city.code, "model": model})
    else:
        click.echo(f"{city.code}: {model} reads the reports from now on")


@models.command(epilog=example("cityloom triage models rollback --city CODE"))
@CITY
@_BY
@AS_JSON
@needs_database
def rollback(city_code: str | None, by: str, as_json: bool) -> None:
    """Go back to what read the reports before the present model."""
    from cityloom.base.clock import RealClock
    from cityloom.cases.actions.use_model import roll_back_model

    city = chosen_city(city_code)
    model = roll_back_model(city, by, RealClock()) or "cold"
    if as_json:
        print_json({"city": city.code, "model": model})
    else:
        click.echo(f"{city.code}: {model} reads the reports again")


def _parts(columns: str | None) -> list[str]:
    return [name.strip() for name in (columns or "").split(",") if name.strip()]


def _shown(tell: Any) -> Progress:
    def progress(step: str, share: float) -> None:
        tell(f"{step}: {100 * share:.0f} %")

    return progress


def _tell_card(model: TrainedClassifier, as_json: bool) -> None:
    card = {"name": model.name, **model.card}
    if as_json:
        print_json(card)
        return
    click.echo(f"{model.name}: {card['texts']:,} texts, {len(model.labels)} classes, {card['words']:,} words")
    click.echo(f"macro-F1 in the folds of the training: {card['inner_macro_f1']:.3f}; held-out texts decide")
    if card["left_out"]:
        click.echo(f"too few texts, left out: {', '.join(card['left_out'])}")


def _tell_figures(figures: Figures) -> None:
    precision = "n/a" if figures.sure_precision is None else f"{100 * figures.sure_precision:.1f} %"
    click.echo(f"{figures.texts:,} texts, macro-F1 {figures.macro_f1:.4f}, micro-F1 {figures.micro_f1:.4f}")
    click.echo(f"expected calibration error {figures.calibration_error:.4f}, cannot tell {figures.cannot_tell:,}")
    click.echo(f"from {figures.sure} on: {100 * figures.sure_share:.1f} % of the texts, right {precision}")
    for label, each in figures.classes.items():
        click.echo(f"{each.precision:8.3f}{each.recall:8.3f}{each.f1:8.3f}{each.texts:8,}  {label}")
    for label, row in figures.confusion.items():
        missed = ", ".join(f"{to or '?'} {n}" for to, n in sorted(row.items(), key=lambda p: -p[1]) if to != label)
        click.echo(f"{label} taken for: {missed or '-'}")
