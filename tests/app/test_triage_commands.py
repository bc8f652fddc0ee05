"""A model is learned from a table, judged, and asked, all from the command line."""

import csv
import json

import pytest
from click.testing import CliRunner
from tests.triage.small_calls import calls

from cityloom.app.cli import main
from cityloom.app.exits import Exit

COLUMNS = ["--text", "headline,words"]


def run(*words):
    return CliRunner().invoke(main, ["triage", *map(str, words)])


def write(path, seed, labelled=True):
    with path.open("w", encoding="utf-8", newline="") as file:
        out = csv.writer(file)
        out.writerow(["number", "headline", "words", *(["kind"] if labelled else [])])
        for number, ((headline, text), label) in enumerate(zip(*calls(seed=seed), strict=True)):
            out.writerow([number, headline, text, *([label] if labelled else [])])
    return path


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A folder with calls to learn from, others to be judged by, and a model."""
    folder = tmp_path_factory.mktemp("triage")
    write(folder / "calls.csv", 1)
    write(folder / "later.csv", 2)
    more = write(folder / "more.csv", 3, labelled=False)
    (folder / "tree.csv").write_text("level 1,level 2\nheat,暖气不热\nheat,室温\n", encoding="utf-8")
    (folder / "words.csv").write_text(
        "class,words_zh,words_en,weight\nlamp,路灯;灯杆,lamp post,2\n", encoding="utf-8"
    )
    done = run(
        "train", folder / "calls.csv", *COLUMNS, "--label", "kind", "--out", folder / "calls.model", "--json",
        "--unlabelled", more, "--tree", folder / "tree.csv", "--lexicon", folder / "words.csv", "--note", "small",
    )  # fmt: skip
    assert done.exit_code == 0, done.output
    card = json.loads(done.output)
    assert (card["texts"], card["unlabelled"], card["note"]) == (100, 100, "small")
    assert set(card["data"]) == {"labelled", "unlabelled", "tree", "lexicon"}
    return folder


def test_a_model_is_judged_by_texts_it_never_saw(folder):
    done = run("evaluate", folder / "calls.model", folder / "later.csv", *COLUMNS, "--label", "kind", "--json")
    figures = json.loads(done.output)
    assert figures["macro_f1"] == figures["micro_f1"] == 1.0
    assert set(figures["classes"]) == {"lamp", "refuse", "noise", "heat"}
    assert figures["confusion"]["lamp"] == {"lamp": 25}
    told = run("evaluate", folder / "calls.model", folder / "later.csv", *COLUMNS, "--label", "kind")
    assert "macro-F1 1.0000" in told.output


def test_its_proposals_are_written_beside_the_rows(folder, tmp_path):
    done = run("predict", folder / "calls.model", folder / "later.csv", *COLUMNS, "--out", tmp_path / "out.csv")
    assert done.exit_code == 0, done.output
    with (tmp_path / "out.csv").open(encoding="utf-8-sig") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 100
    assert all(row["proposed_class"] == row["kind"] and float(row["confidence"]) > 0.5 for row in rows)
    again = run("predict", folder / "calls.model", folder / "later.csv", *COLUMNS, "--out", tmp_path / "out.csv")
    assert again.exit_code == Exit.FOUND


@pytest.mark.parametrize(
    ("words", "code", "because"),
    [
        (["train", "--out", "x.model"], Exit.USAGE, "neither a file nor the city"),
        (["train", "calls.csv", "--out", "x.model"], Exit.USAGE, "no columns"),
        (
            ["train", "calls.csv", "--text", "gone", "--label", "kind", "--out", "x.model"],
            Exit.FOUND,
            "no such column",
        ),
        (["train", "calls.csv", "--text", "words", "--label", "number", "--out", "x.model"], Exit.FOUND, "all alone"),
        (["evaluate", "tree.csv", "calls.csv", "--text", "words", "--label", "kind"], Exit.FOUND, "no model at all"),
    ],
)
def test_what_cannot_be_done_is_told(folder, monkeypatch, words, code, because):
    monkeypatch.chdir(folder)
    done = run(*words)
    assert done.exit_code == code, (because, done.output)
    assert "Traceback" not in done.output
    assert not (folder / "x.model").exists()
