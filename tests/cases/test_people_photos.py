"""Photos: what they are is told by their content; what they hide is read only with consent, and never kept."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from collections.abc import Callable

import pytest
from django.db import connection
from PIL import Image, ImageDraw
from tests.cases.life import Life

from cityloom.cases import photos
from cityloom.cases.blurring import Box, blur, installed_detector
from cityloom.cases.errors import BadPhoto
from cityloom.cases.photos import clean_photo, photo_place


def jpeg(size: tuple[int, int] = (64, 48), colour: str = "teal", **more: object) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", size, colour).save(out, "JPEG", **more)
    return out.getvalue()


def exif_of(gps: dict[int, object], orientation: int = 1) -> Image.Exif:
    exif = Image.Exif()
    exif[0x0112] = orientation
    exif[0x8825] = gps
    return exif


def zipped() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("run.txt", "x")
    return out.getvalue()


def bomb_png() -> bytes:
    """A PNG of a few hundred bytes that says it is 40,000 × 40,000 pixels."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", 40_000, 40_000, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(b"\0" * 100)) + chunk(b"IEND", b"")
    )


def gif() -> bytes:
    out = io.BytesIO()
    Image.new("P", (8, 8)).save(out, "GIF")
    return out.getvalue()


@pytest.mark.parametrize(
    ("raw", "because"),
    [
        (b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>", "a drawing with a script"),
        (b"<html><body>x</body></html>", "a page"),
        (jpeg() + b"<script>alert(1)</script>", "a picture with a script behind it"),
        (jpeg() + zipped(), "a picture with an archive behind it"),
        (b"%PDF-1.4\n" + jpeg(), "a document in front of a picture"),
        (gif(), "no kind that cameras make"),
        (bomb_png(), "a small file that unpacks to gigabytes"),
        (jpeg()[:200], "a picture cut off"),
        (b"", "nothing"),
        (b"\xff\xd8\xff" + b"\0" * 500, "only the beginning of a picture"),
    ],
)
def test_what_is_no_plain_photo_is_refused(raw: bytes, because: str):
    with pytest.raises(BadPhoto):
        clean_photo(raw)


def test_what_a_phone_appends_is_dropped_and_the_photo_stays():
    film = b"\x00\x00\x00\x18ftypmp42" + b"\x01" * 5000
    assert len(clean_photo(jpeg() + film).data) < 3000


def test_of_an_animation_the_first_frame_is_kept():
    out = io.BytesIO()
    frames = [Image.new("RGB", (16, 16), c) for c in ("red", "blue")]
    frames[0].save(out, "WEBP", save_all=True, append_images=frames[1:], lossless=True)
    kept = Image.open(io.BytesIO(clean_photo(out.getvalue()).data))
    red, _, blue = kept.getpixel((8, 8))
    assert red > 200
    assert blue < 60


def test_a_photo_taken_sideways_stands_upright_and_hides_nothing():
    raw = jpeg((60, 30), exif=exif_of({1: "N", 2: (30.0, 0.0, 3.96), 3: "E", 4: (110.0, 0.0, 3.96)}, orientation=6))
    picture = clean_photo(raw)
    assert (picture.width, picture.height) == (30, 60)
    assert not Image.open(io.BytesIO(picture.data)).getexif()
    assert photo_place(picture.data) is None


@pytest.mark.parametrize(
    ("gps", "place", "because"),
    [
        ({1: "N", 2: (30.0, 0.0, 3.96), 3: "E", 4: (110.0, 0.0, 3.96)}, (110.0011, 30.0011), "as cameras write it"),
        ({1: "S", 2: (30.0, 30.0, 0.0), 3: "W", 4: (51.0, 0.0, 0.0)}, (-51.0, -30.5), "south and west are negative"),
        ({1: "N", 2: (30.0, 0.0, 0.0)}, None, "half a place is none"),
        ({}, None, "no place"),
        ({1: "N", 2: (0.0, 0.0, 0.0), 3: "E", 4: (0.0, 0.0, 0.0)}, None, "a camera without a fix writes zeros"),
        ({1: "N", 2: (95.0, 0.0, 0.0), 3: "E", 4: (110.0, 0.0, 0.0)}, None, "no latitude there is"),
    ],
)
def test_the_place_of_a_photo(gps: dict[int, object], place: tuple[float, float] | None, because: str):
    found = photo_place(jpeg(exif=exif_of(gps)))
    assert found == (None if place is None else pytest.approx(place, abs=1e-6)), because


def test_no_place_is_found_in_what_is_no_photo():
    assert photo_place(b"nothing") is None
    assert photo_place(bomb_png()) is None


class FindsTheMiddle:
    """A detector for tests: it finds the middle of every picture."""

    name = "middle"

    def find(self, picture: Image.Image) -> list[Box]:
        width, height = picture.size
        return [Box(width // 4, height // 4, width // 2, height // 2)]


def checked(size: int = 200) -> Image.Image:
    """Black and white squares of four pixels: blurred, they turn grey."""
    picture = Image.new("RGB", (size, size), "white")
    draw = ImageDraw.Draw(picture)
    for x in range(0, size, 8):
        for y in range(0, size, 8):
            draw.rectangle((x, y, x + 3, y + 3), fill="black")
            draw.rectangle((x + 4, y + 4, x + 7, y + 7), fill="black")
    return picture


def contrast(picture: Image.Image, box: tuple[int, int, int, int]) -> int:
    low, high = picture.crop(box).convert("L").getextrema()
    return high - low


def test_what_was_found_is_unreadable_and_the_rest_untouched():
    before = checked()
    after = blur(before, [Box(80, 80, 40, 40)])
    assert contrast(before, (85, 85, 115, 115)) == 255
    assert contrast(after, (85, 85, 115, 115)) < 40
    assert after.crop((0, 0, 60, 200)).tobytes() == before.crop((0, 0, 60, 200)).tobytes()
    assert blur(before, [Box(-50, -50, 10, 10), Box(300, 300, 5, 5)]).tobytes() == before.tobytes(), (
        "outside is nothing"
    )


def test_a_detector_is_asked_before_anything_is_kept_and_the_row_says_so(life: Life, monkeypatch: pytest.MonkeyPatch):
    out = io.BytesIO()
    checked().save(out, "PNG")
    picture = clean_photo(out.getvalue(), FindsTheMiddle())
    assert contrast(Image.open(io.BytesIO(picture.data)), (80, 80, 120, 120)) < 60
    assert picture.screened
    monkeypatch.setattr(photos, "installed_detector", lambda: None)
    assert not clean_photo(out.getvalue()).screened
    life.report(photos=(picture, clean_photo(jpeg())))
    with connection.cursor() as cursor:
        cursor.execute("SELECT screened FROM cases_photo ORDER BY id")
        assert [s for (s,) in cursor.fetchall()] == [True, False]


def drawn_face(size: int = 400) -> Image.Image:
    """A face from the front as light and shade: what a cascade looks for, drawn here."""
    picture = Image.new("L", (size, size), 90)
    draw = ImageDraw.Draw(picture)

    def oval(x: int, y: int, width: int, height: int, shade: int) -> None:
        draw.ellipse((x - width, y - height, x + width, y + height), fill=shade)

    oval(200, 200, 105, 140, 205)  # the face
    draw.pieslice((90, 45, 310, 260), 180, 360, fill=40)  # hair
    oval(200, 205, 98, 120, 205)
    for x in (160, 240):
        draw.rectangle((x - 30, 152, x + 30, 160), fill=60)  # brows
        oval(x, 178, 24, 11, 120)
        oval(x, 178, 11, 10, 30)
    draw.polygon([(200, 180), (186, 240), (214, 240)], fill=185)
    oval(200, 243, 18, 6, 120)
    oval(200, 280, 40, 9, 90)
    from PIL import ImageFilter

    return picture.filter(ImageFilter.GaussianBlur(4)).convert("RGB")


@pytest.fixture
def detector() -> Callable[[Image.Image], list[Box]]:
    found = installed_detector()
    if found is None:
        pytest.skip("no detector is installed; the extra `blur` brings one")
    return found.find


def test_the_installed_detector_finds_a_face_from_the_front(detector: Callable[[Image.Image], list[Box]]):
    street = Image.new("RGB", (900, 600), (120, 120, 120))
    street.paste(drawn_face(), (300, 100))
    boxes = detector(street)
    assert any(b.left < 500 < b.left + b.width and b.top < 300 < b.top + b.height for b in boxes), boxes


def test_the_installed_detector_finds_nothing_on_an_empty_wall(detector: Callable[[Image.Image], list[Box]]):
    assert detector(Image.new("RGB", (640, 480), (150, 140, 130))) == []
