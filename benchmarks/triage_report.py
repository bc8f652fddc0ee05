"""`make triage-report`: measures the classifier on the real texts and writes its tables into docs/triage.md.

Needs the real data beside the project (or CITYLOOM_DATA). Figures of accuracy are those of nested cross-validation:
near-duplicates are removed first, and everything that is chosen is chosen inside the folds that are learned from.
"""

from __future__ import annotations

import csv
import os
import re
import resource
import statistics
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from datetime import date
from pathlib import Path

import click

from benchmarks.machine import describe_machine
from benchmarks.twins import read_requests, requests_table, words_table
from cityloom.app.places import project_root
from cityloom.exchange.text_tables import read_texts, read_tree
from cityloom.triage.evaluating import Figures, cross_validate, evaluate, near_duplicates
from cityloom.triage.model_files import load_model, save_model
from cityloom.triage.texts import normalise
from cityloom.triage.topics import words_of_labels
from cityloom.triage.training import Recipe, train

YEAR_UNTIL, YEAR_CASES = date(2026, 6, 30), 20_000  # of the demo city, the same every time
PAGE = project_root() / "docs" / "triage.md"
COLUMNS, LABEL = ("留言主题", "留言详情"), "一级标签"
RUNS = 9  # of reading all messages at once
Pair = tuple[str, str]


def data_folder() -> Path:
    return Path(os.environ.get("CITYLOOM_DATA") or project_root().parent / "shared" / "data")


class Hotline:
    """The real messages, without those that nearly repeat an earlier one."""

    def __init__(self, folder: Path) -> None:
        rows = read_texts(folder / "labelled.csv", COLUMNS, LABEL)
        again = set(near_duplicates([" ".join(row.pair) for row in rows]))
        kept = [row for place, row in enumerate(rows) if place not in again]
        self.removed = len(again)
        self.pairs: list[Pair] = [row.pair for row in kept]
        self.labels = [row.label for row in kept]
        self.more: list[Pair] = [row.pair for row in read_texts(folder / "messages.csv", COLUMNS)]
        self.tree = read_tree(folder / "categories.csv")

    def recipes(self) -> dict[str, Recipe]:
        """What is compared: the recipe, and the recipe without one of its parts."""
        known = set(self.labels)
        whole, topics = words_of_labels(known, self.tree), words_of_labels(known)
        return {
            "the recipe: words, lexicon of the topics, class tree, unlabelled texts": Recipe(self.more, whole),
            "without unlabelled texts": Recipe((), whole),
            "without the class tree": Recipe(self.more, topics),
            "without lexicon and tree": Recipe(self.more, {}),
            "plain: labelled texts alone": Recipe((), {}),
        }


def accuracy(hotline: Hotline, seeds: Sequence[int]) -> Iterator[str]:
    """The ablation table, then classes and confusion of the whole recipe."""
    yield "| recipe | macro-F1 | ± | micro-F1 | ECE | decided alone at 0.8 | right of those |"
    yield "|---|---:|---:|---:|---:|---:|---:|"
    first: list[Figures] = []
    for name, recipe in hotline.recipes().items():
        click.echo(f"  {name}", err=True)

        def learn(rows: Sequence[int], seed: int, recipe: Recipe = recipe):
            given = Recipe(recipe.unlabelled, recipe.lexicon, recipe.headline_weight, seed)
            return train([hotline.pairs[i] for i in rows], [hotline.labels[i] for i in rows], given)

        runs = cross_validate(hotline.pairs, hotline.labels, learn, seeds)
        first = first or runs
        yield _line(name, runs)
    yield ""
    yield from _per_class(first)


def _line(name: str, runs: Sequence[Figures]) -> str:
    def mean(of: Callable[[Figures], float]) -> float:
        return statistics.fmean(of(run) for run in runs)

    spread = statistics.stdev([run.macro_f1 for run in runs]) if len(runs) > 1 else 0.0
    return (
        f"| {name} | {mean(lambda r: r.macro_f1):.3f} | {spread:.3f} | {mean(lambda r: r.micro_f1):.3f}"
        f" | {mean(lambda r: r.calibration_error):.3f} | {100 * mean(lambda r: r.sure_share):.0f} %"
        f" | {100 * mean(lambda r: r.sure_precision or 0.0):.1f} % |"
    )


def _per_class(runs: Sequence[Figures]) -> Iterator[str]:
    labels = sorted(runs[0].confusion)
    yield f"| class | precision | recall | F1 | texts | {' | '.join(labels)} |"
    yield "|---|---:|---:|---:|---:|" + "---:|" * len(labels)
    for label in labels:
        each = [run.classes[label] for run in runs]
        taken = [sum(run.confusion[label].get(to, 0) for run in runs) / len(runs) for to in labels]
        cells = [f"{statistics.fmean(getattr(e, name) for e in each):.3f}" for name in ("precision", "recall", "f1")]
        yield f"| {label} | {' | '.join(cells)} | {each[0].texts} | {' | '.join(f'{n:.1f}' for n in taken)} |"


def speed(hotline: Hotline) -> Iterator[str]:
    """Processor time of learning and reading, the model's size on disk and in memory."""
    words = words_of_labels(set(hotline.labels), hotline.tree)
    many = (hotline.pairs * 12)[:10_000]
    labels = (hotline.labels * 12)[:10_000]
    took, _ = _timed(lambda: train(many, labels, Recipe(hotline.more, words)))
    model = train(hotline.pairs, hotline.labels, Recipe(hotline.more, words))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "calls.model"
        save_model(model, path, date(2020, 1, 1), {})
        size = path.stat().st_size
        before = _memory_mb()
        loading, model = _timed(lambda: load_model(path, None))
        grown = _memory_mb() - before
    texts = [normalise(" ".join(pair)) for pair in hotline.more]
    single = []
    for text in texts:
        began = time.process_time()
        model.classify(text)
        single.append(1000 * (time.process_time() - began))
    single.sort()
    batches = sorted(_timed(lambda: model.likeliest(hotline.more))[0] for _ in range(RUNS))
    slowest, middle, fastest = (f"{len(hotline.more) / batches[at]:,.0f}" for at in (-1, RUNS // 2, 0))
    characters = statistics.fmean(len(head) + len(text) for head, text in hotline.more)
    yield "| work | measured |"
    yield "|---|---:|"
    yield f"| learning 10,000 texts and {len(hotline.more):,} unlabelled ones | {took:.0f} s |"
    yield f"| the model as a file | {size / 1e6:.1f} MB |"
    yield f"| loading it | {1000 * loading:.0f} ms, {max(grown, 0):.0f} MB |"
    yield f"| one report, class with reasons, median | {single[len(single) // 2]:.2f} ms |"
    yield f"| the same, 99th percentile | {single[int(len(single) * 0.99)]:.2f} ms |"
    yield (
        f"| {len(hotline.more):,} texts of {characters:.0f} characters on average, one core, median of {RUNS} runs"
        f" | {middle}/s ({slowest} to {fastest}) |"
    )
    yield f"| processes wanting a core when this was done, mean of a minute | {os.getloadavg()[0]:.1f} |"


def _timed(work: Callable[[], object]):
    """Processor seconds, and what came of it."""
    began = time.process_time()
    result = work()
    return time.process_time() - began, result


def _memory_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1 if sys.platform == "darwin" else 1024)


def cold_start() -> Iterator[str]:
    """The city folder alone, on a year of the demo city: leaf classes of two schemes side by side."""
    from cityloom.exchange.demo.make import make_city

    with tempfile.TemporaryDirectory() as work:
        folder = Path(work) / "jinchuan"
        make_city(folder, 7, YEAR_UNTIL, YEAR_CASES, lambda step, share: None)
        yield from _cold_table(folder)


def _cold_table(folder: Path) -> Iterator[str]:
    from cityloom.city.folder import read_folder
    from cityloom.triage.cold import cold_classifier

    city, _ = read_folder(folder)
    standards = defaultdict(list)
    for standard in city.standards:
        standards[standard.class_code].append(standard)
    with (folder / "history.csv").open(encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if row["text"] and row["class"]]
    pairs, labels = [("", normalise(row["text"]).read) for row in rows], [row["class"] for row in rows]
    yield "| the city folder alone, by | classes | right | cannot tell | from 0.7 on | right of those |"
    yield "|---|---:|---:|---:|---:|---:|"
    for name, listed in (("names and standards", ()), ("names, standards and lexicon", city.lexicon)):
        cold = cold_classifier(city.classes, standards, listed, "cold")
        found = evaluate(cold, pairs, labels, 0.7)
        yield (
            f"| {name} | {len(cold.labels)} | {100 * found.accuracy:.0f} %"
            f" | {100 * found.cannot_tell / found.texts:.0f} % | {100 * found.sure_share:.0f} %"
            f" | {100 * (found.sure_precision or 0):.0f} % |"
        )


def write_section(name: str, lines: Sequence[str]) -> None:
    """Replace what stands between the marks of a section of the page."""
    page = PAGE.read_text(encoding="utf-8")
    marks = re.compile(rf"(<!-- made: {name} -->\n).*?(<!-- end: {name} -->)", re.S)
    if not marks.search(page):
        raise click.ClickException(f"{PAGE.name} has no marks of the section {name}")
    PAGE.write_text(marks.sub(lambda m: m[1] + "\n".join(lines) + "\n" + m[2], page), encoding="utf-8")


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--seeds", type=click.IntRange(1, 20), default=3, show_default=True, help="Repetitions of the folds.")
@click.option(
    "--only", type=click.Choice(["accuracy", "speed", "cold", "twins"]), multiple=True, help="Some tables only."
)
def main(seeds: int, only: tuple[str, ...]) -> None:
    """Measure the classifier and the search for twins, and write the tables into docs/triage.md."""
    wanted = only or ("accuracy", "speed", "cold", "twins")
    folder = data_folder() / "hotline_cn_2020"
    asked = data_folder() / "chicago311_sanitation"
    if not (folder.is_dir() and asked.is_dir()) and set(wanted) - {"cold"}:
        raise click.ClickException(f"the real messages are not at {folder}; name their folder with CITYLOOM_DATA")
    hotline = Hotline(folder) if set(wanted) - {"cold", "twins"} else None
    if hotline is not None and "accuracy" in wanted:
        told = f"{len(hotline.pairs)} texts ({hotline.removed} near-duplicates removed), {seeds} × 5 folds."
        write_section("accuracy", [told, "", *accuracy(hotline, range(seeds))])
    if hotline is not None and "speed" in wanted:
        write_section("speed", [*(f"{name}: {told}  " for name, told in describe_machine()), "", *speed(hotline)])
    if "cold" in wanted:
        write_section("cold", list(cold_start()))
    if "twins" in wanted:
        write_section("twins", [*requests_table(read_requests(asked)), "", *words_table(folder)])
    click.echo(f"written: {PAGE}")


if __name__ == "__main__":
    main()
