"""The same rows come out of every format and encoding; a broken file says where it broke."""

import gzip
import json
from datetime import datetime

import openpyxl
import pytest
from tests.exchange.records_of_small_city import COLUMNS, MAPPING, row, write_rows

from cityloom.exchange.mapping import parse_mapping
from cityloom.exchange.tables import TableUnreadable, read_table


def mapping_for(format: str, **source: str):
    return parse_mapping({**MAPPING, "source": {**MAPPING["source"], "format": format, **source}})


def written(folder, format, rows):
    if format == "xlsx":
        book = openpyxl.Workbook()
        book.active.append(COLUMNS)
        for each in rows:
            book.active.append([each[column] for column in COLUMNS])
        book.save(folder / "old.xlsx")
        return folder / "old.xlsx"
    if format == "json":
        text = json.dumps(rows, ensure_ascii=False)
    elif format == "geojson":
        features = [
            {
                "type": "Feature",
                "properties": {k: v for k, v in each.items() if k not in "xy"},
                "geometry": {"type": "Point", "coordinates": [float(each["x"]), float(each["y"])]},
            }
            for each in rows
        ]
        text = json.dumps({"type": "FeatureCollection", "features": features}, ensure_ascii=False)
    else:
        return write_rows(folder / "old.csv", rows)
    (folder / f"old.{format}").write_text(text, encoding="utf-8")
    return folder / f"old.{format}"


@pytest.mark.parametrize(("format", "first"), [("csv", 2), ("xlsx", 2), ("json", 1)])
def test_every_format_gives_the_same_cells_numbered_as_they_are_seen(tmp_path, format, first):
    rows = [row(), row(id="2", said='第二条，"引号"\n换行')]
    found = list(read_table(written(tmp_path, format, rows), mapping_for(format)))
    assert [each.number for each in found] == [first, first + 1]
    assert [{name: cell or "" for name, cell in each.cells.items()} for each in found] == rows


def test_a_feature_gives_its_properties_and_its_point(tmp_path):
    data = {**MAPPING, "columns": {**MAPPING["columns"], "lon": "lon", "lat": "lat"}}
    path = written(tmp_path, "geojson", [row()])
    (found,) = read_table(path, parse_mapping({**data, "source": {**MAPPING["source"], "format": "geojson"}}))
    assert (found.cells["lon"], found.cells["lat"], found.cells["said"]) == (110.0011, 30.0011, row()["said"])


@pytest.mark.parametrize(
    ("encoding", "named", "because"),
    [
        ("utf-8", "utf-8", "plain"),
        ("utf-8-sig", "utf-8", "with the mark that spreadsheet programs write"),
        ("gb18030", "gb18030", "as older Chinese systems export"),
    ],
)
def test_csv_is_read_in_its_encoding(tmp_path, encoding, named, because):
    path = write_rows(tmp_path / "old.csv", [row()], encoding)
    (found,) = read_table(path, mapping_for("csv", encoding=named))
    assert found.cells["said"] == row()["said"], because


def test_packed_csv_is_read_without_unpacking(tmp_path):
    plain = write_rows(tmp_path / "old.csv", [row()])
    packed = tmp_path / "old.csv.gz"
    packed.write_bytes(gzip.compress(plain.read_bytes()))
    assert [dict(each.cells) for each in read_table(packed, mapping_for("csv"))] == [row()]


def test_cells_of_a_spreadsheet_keep_numbers_and_dates(tmp_path):
    book = openpyxl.Workbook()
    book.active.append(COLUMNS)
    book.active.append([101.0, datetime(2025, 6, 3, 9, 10), *[None] * 4, 110.5, *[None] * 7])  # noqa: DTZ001
    book.save(tmp_path / "old.xlsx")
    (found,) = read_table(tmp_path / "old.xlsx", mapping_for("xlsx"))
    assert (found.cells["id"], found.cells["opened"], found.cells["x"]) == (101, datetime(2025, 6, 3, 9, 10), 110.5)  # noqa: DTZ001


def test_a_row_with_too_many_or_too_few_cells_is_given_with_its_fault(tmp_path):
    path = write_rows(tmp_path / "old.csv", [row()])
    with path.open("a", encoding="utf-8") as file:
        file.write("2,short\n" + ",".join("x" * 16) + "\n")
    good, short, long = read_table(path, mapping_for("csv"))
    assert good.fault is None
    assert (short.fault.params, long.fault.params) == ({"count": 2, "expected": 14}, {"count": 16, "expected": 14})
    assert (short.cells["id"], long.cells["+2"]) == ("2", "x")


def test_a_column_that_the_file_does_not_have_is_named_with_the_nearest(tmp_path):
    path = tmp_path / "old.csv"
    path.write_text(",".join(COLUMNS).replace("opened", "open_time") + "\n", encoding="utf-8")
    with pytest.raises(TableUnreadable, match=r"column opened, which old.csv does not have \(nearest: open_time"):
        list(read_table(path, mapping_for("csv")))


@pytest.mark.parametrize(
    ("name", "content", "format", "told", "because"),
    [
        ("old.csv", None, "csv", "there is no file", "it is absent"),
        ("old.dbf", b"", "", "name it in \\[source\\] format", "no reader for the ending"),
        ("old.csv", "编号\n".encode("gb18030"), "csv", "check \\[source\\] encoding", "another encoding"),
        ("old.csv.gz", b"\x1f\x8bnope", "csv", "cannot be read", "a broken archive"),
        ("old.json", json.dumps([row(), row()])[:-9].encode(), "json", "cannot be read after row 1", "it breaks off"),
        ("old.xlsx", b"no book", "xlsx", "cannot be read", "no spreadsheet"),
    ],
)
def test_a_file_that_cannot_be_read_says_what_to_look_at(tmp_path, name, content, format, told, because):
    if content is not None:
        (tmp_path / name).write_bytes(content)
    source = {key: value for key, value in MAPPING["source"].items() if key != "format"}
    named = {**source, "format": format} if format else source
    with pytest.raises(TableUnreadable, match=told):
        list(read_table(tmp_path / name, parse_mapping({**MAPPING, "source": named})))


def test_an_object_may_leave_a_column_out_but_not_all_of_them(tmp_path):
    short = {name: cell for name, cell in row(id="2").items() if name != "done"}
    path = tmp_path / "old.json"
    path.write_text(json.dumps([row(), short]), encoding="utf-8")
    assert [each.cells["done"] for each in read_table(path, mapping_for("json"))] == [row()["done"], None]
    path.write_text(json.dumps([short, short]), encoding="utf-8")
    with pytest.raises(TableUnreadable, match=r"the column done, which old\.json does not have"):
        list(read_table(path, mapping_for("json")))
