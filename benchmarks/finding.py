"""The search of devices by part of a code or a name, with so many devices that names repeat and most words are rare.

`python -m benchmarks.finding --devices 1000000`.
"""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import click

from benchmarks.sensing import Figure, _servers
from benchmarks.sensing_scale import CITY, _columns, load_city

DEVICES, TIMES = 50_000, 11
# Codes, names in Chinese and English; whole, a part, common to an eighth of all, of few, of none.
WORDS = (
    "dev-0005", "0000999", "烟感77", "烟感", "路灯1234", "Lamp 99", "smoke det", "999", "99", "zzzz", "不存在",
    "没有", "gauge 124", "井盖", "噪声仪17", "计", "7",
)  # fmt: skip
_NAMES = (
    "(ARRAY['水位计', '流量计', '烟感', '路灯', '井盖', '气压表', '振动仪', '噪声仪'])[1 + n %% 8] || (n / 8)",
    "(ARRAY['Gauge ', 'Meter ', 'Smoke detector ', 'Lamp ', 'Cover ', 'Barometer ', 'Vibration ', 'Noise '])"
    "[1 + n %% 8] || (n / 8)",
)


def run(var: Path, say: Callable[[str], None], devices: int = DEVICES) -> list[Figure]:
    """The median of each search, and over all of them the median and the longest, in milliseconds."""
    os.chmod(var, 0o755)  # noqa: S103 (the server runs under an account of its own)
    with _servers(var):
        import django

        django.setup()
        load_city(var / "city", 1)
        took_s = _add_devices(devices)
        say(f"{devices:,} devices in {took_s:.0f} s, load {os.getloadavg()[0]:.1f}")
        found = {words: _search(words) for words in WORDS}
        say(f"load {os.getloadavg()[0]:.1f}")
    medians = sorted(found.values())
    return [
        *((f"devices by {words}", ms, "ms") for words, ms in found.items()),
        (f"search among {devices:,} devices, median of all words", medians[len(medians) // 2], "ms"),
        ("the word that takes longest", medians[-1], "ms"),
    ]


def _add_devices(count: int) -> float:
    from django.db import connection

    began = time.perf_counter()
    with connection.cursor() as cursor:
        own = _columns(cursor, "sensing_device", ("id", "code", "name_zh", "name_en"))
        cursor.execute(
            f"INSERT INTO sensing_device (code, name_zh, name_en, {own}) "  # noqa: S608
            f"SELECT 'dev-' || lpad(n::text, 7, '0'), {', '.join(_NAMES)}, {own} "
            "FROM sensing_device, generate_series(1, %s) n WHERE code = 'gauge0'",
            [count],
        )
        cursor.execute("VACUUM ANALYZE sensing_device")
    return time.perf_counter() - began


def _search(words: str) -> float:
    """The median of some searches for words, as the page makes them."""
    from django.db import connection

    from cityloom.city.snapshot import current_city
    from cityloom.city.values import Post, Role
    from cityloom.sensing.device_queries import list_devices

    city, post, took = current_city(CITY), Post(login="bench", role=Role.SUPERVISOR), []
    for _ in range(TIMES):
        began = time.perf_counter()
        with connection.cursor() as cursor:
            list_devices(cursor, city, post, datetime.now(UTC), find=words)
        took.append(1000 * (time.perf_counter() - began))
    return round(sorted(took)[TIMES // 2], 1)


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--devices", default=DEVICES, show_default=True, help="Devices to search.")
def main(devices: int) -> None:
    """Measure and print each figure."""
    with tempfile.TemporaryDirectory(prefix="cityloom-bench-") as folder:
        for name, figure, unit in run(Path(folder), lambda text: click.echo(f"  {text}", err=True), devices):
            click.echo(f"{name}: {figure:,} {unit}")


if __name__ == "__main__":
    main()
