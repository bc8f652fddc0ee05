"""The demo city's operators of shared bikes, and where they publish."""

from __future__ import annotations

from dataclasses import dataclass

HOST = "127.0.0.1"  # where their server listens


@dataclass(frozen=True)
class Firm:
    """An operator: how many bikes, how many it may have, and within how many minutes it clears a heap."""

    code: str
    zh: str
    en: str
    fleet: int
    quota: int
    clears_min: tuple[float, float]
    silent: tuple[float, float] = (0.0, 0.0)  # minutes of every three hours in which its server answers nothing


FIRMS = (
    Firm("jinxing", "锦行单车", "Jinxing Bikes", 900, 1_000, (14, 50)),
    Firm("lanlu", "蓝鹭单车", "Lanlu Bikes", 600, 600, (18, 60)),
    Firm("qingsuo", "青梭单车", "Qingsuo Bikes", 320, 280, (25, 100), silent=(100, 109)),
)


def feeds_at(port: int) -> dict[str, str]:
    """Where each operator's `gbfs.json` is when the server listens on that port."""
    return {firm.code: f"http://{HOST}:{port}/{firm.code}/gbfs.json" for firm in FIRMS}
