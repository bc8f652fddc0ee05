"""The daily report as a PDF on A4; each number is a link to its list.

Chinese stands in `STSong-Light`, a font that PDF readers bring along themselves (Adobe's CID fonts), so that no font
file of some megabytes travels with the project; the signs are stored as Unicode and can be copied and searched.
"""

from __future__ import annotations

import io
from html import escape

from reportlab.lib.colors import HexColor
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfbase.pdfmetrics import getRegisteredFontNames, registerFont
from reportlab.platypus import Paragraph, SimpleDocTemplate, Table, TableStyle

from cityloom.exchange.daily_report import DailyReport

CHINESE_FONT, LATIN_FONT = "STSong-Light", "Helvetica"
LINK_COLOUR = "#0b5cad"


def as_pdf(report: DailyReport) -> bytes:
    """The file's content."""
    if CHINESE_FONT not in getRegisteredFontNames():
        registerFont(UnicodeCIDFont(CHINESE_FONT))
    font = CHINESE_FONT if report.language == "zh" else LATIN_FONT
    wrap = "CJK" if report.language == "zh" else None
    normal = ParagraphStyle("normal", fontName=font, fontSize=10.5, leading=15, wordWrap=wrap)
    big = ParagraphStyle("title", parent=normal, fontSize=17, leading=24, spaceAfter=4)
    head = ParagraphStyle(
        "head", parent=normal, fontSize=12.5, leading=18, spaceBefore=10, spaceAfter=2, keepWithNext=1
    )
    story = [Paragraph(_text(report.title), big), Paragraph(_text(report.made), normal)]
    for section in report.sections:
        story.append(Paragraph(_text(section.title), head))
        rows = [
            [Paragraph(_text(line.label), normal), Paragraph(_linked(line.told, line.link), normal)]
            for line in section.lines
        ]
        lines = TableStyle(
            [("LINEBELOW", (0, 0), (-1, -1), 0.4, HexColor("#c8ccd0")), ("VALIGN", (0, 0), (-1, -1), "TOP")]
        )
        story.append(Table(rows, colWidths=[90 * mm, 80 * mm], style=lines))
    out = io.BytesIO()
    made = SimpleDocTemplate(
        out, pagesize=A4, title=report.title, author="Cityloom", lang="zh-CN" if report.language == "zh" else "en",
        leftMargin=20 * mm, rightMargin=20 * mm, topMargin=18 * mm, bottomMargin=18 * mm,
    )  # fmt: skip
    made.build(story)
    return out.getvalue()


def _text(told: str) -> str:
    """Signs of no Latin font inside an English report are set in the Chinese one."""
    if told.isascii():
        return escape(told)
    return "".join(
        escape(sign) if ord(sign) < 0x250 else f'<font name="{CHINESE_FONT}">{escape(sign)}</font>' for sign in told
    )


def _linked(told: str, address: str) -> str:
    if not address:
        return _text(told)
    return f'<a href="{escape(address, quote=True)}" color="{LINK_COLOUR}">{_text(told)}</a>'
