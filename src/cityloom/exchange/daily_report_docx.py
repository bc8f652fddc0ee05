"""The daily report as a Word file; each number is a link to its list."""

from __future__ import annotations

import io
from typing import Any

from docx import Document
from docx.opc.constants import RELATIONSHIP_TYPE
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Pt, RGBColor
from docx.text.run import Run

from cityloom.exchange.daily_report import DailyReport

CHINESE_FONT, LATIN_FONT = "宋体", "Times New Roman"
LINK_COLOUR = RGBColor(0x0B, 0x5C, 0xAD)


def as_docx(report: DailyReport) -> bytes:
    """The file's content."""
    page = Document()
    _use_fonts(page)
    page.core_properties.title = report.title
    page.core_properties.author = "Cityloom"
    page.add_heading(report.title, level=0)
    page.add_paragraph(report.made)
    for section in report.sections:
        page.add_heading(section.title, level=1)
        table = page.add_table(rows=0, cols=2)
        table.style = "Table Grid"
        for line in section.lines:
            label, told = table.add_row().cells
            label.text = line.label
            _link(told.paragraphs[0], line.told, line.link)
    out = io.BytesIO()
    page.save(out)
    return out.getvalue()


def _use_fonts(page: Any) -> None:
    """A Chinese font for Chinese signs, so that Word and WPS do not choose one each."""
    for name in ("Normal", "Title", "Heading 1"):
        style = page.styles[name]
        style.font.name = LATIN_FONT
        style.element.get_or_add_rPr().get_or_add_rFonts().set(qn("w:eastAsia"), CHINESE_FONT)
    page.styles["Normal"].font.size = Pt(11)


def _link(paragraph: Any, told: str, address: str) -> None:
    if not address:
        paragraph.add_run(told)
        return
    known = paragraph.part.relate_to(address, RELATIONSHIP_TYPE.HYPERLINK, is_external=True)
    link = OxmlElement("w:hyperlink")
    link.set(qn("r:id"), known)
    paragraph._p.append(link)
    inside = OxmlElement("w:r")
    link.append(inside)
    run = Run(inside, paragraph)
    run.text = told
    run.font.color.rgb = LINK_COLOUR
    run.font.underline = True
