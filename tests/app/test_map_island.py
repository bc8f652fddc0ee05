"""The map island in a real browser, under the policy that the pages have: it draws, and its pin can be put."""

import http.server
import json
import threading

import pytest

from cityloom.app.csp import policy_of
from cityloom.app.places import project_root

pytestmark = pytest.mark.browser

BUILD = project_root() / "src" / "cityloom" / "web" / "static" / "cityloom" / "build"
LAYERS = json.dumps([{"id": "areas", "url": "/areas.json", "kind": "focus", "label": "name"}])
RING = [[118.0, 29.0], [118.2, 29.0], [118.2, 29.2], [118.0, 29.2], [118.0, 29.0]]
STREET = {"name": "织锦街"}
SQUARE = {
    "type": "FeatureCollection",
    "features": [{"type": "Feature", "properties": STREET, "geometry": {"type": "Polygon", "coordinates": [RING]}}],
}
PAGE = f"""<!doctype html><html lang="zh"><head><meta charset="utf-8"><link rel="icon" href="data:,">
<link rel="stylesheet" href="/build/map.css">
<script type="module" src="/build/site.js"></script><script type="module" src="/build/map.js"></script></head>
<body><div data-map data-bounds="118.0,29.0,118.2,29.2" data-layers='{LAYERS}' data-pin-lon="id_lon"
 data-pin-lat="id_lat" data-pin-label="问题所在的位置" data-pin-movable></div>
<input id="id_lon"><input id="id_lat"></body></html>"""


@pytest.fixture(scope="module")
def site():
    """The address of a page with one map, served with the content policy of the pages."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            kind, body = "text/html; charset=utf-8", PAGE.encode()
            if self.path == "/areas.json":
                kind, body = "application/json", json.dumps(SQUARE).encode()
            elif self.path.startswith("/build/"):
                kind = "text/css" if self.path.endswith(".css") else "text/javascript"
                body = (BUILD / self.path.split("/")[-1].split("?")[0]).read_bytes()
            self.send_response(200)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Security-Policy", policy_of(""))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *words):
            """Keep the test's output readable."""

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()


@pytest.fixture
def drawn(page, site):
    """The page with its map drawn; anything that the browser complains about is collected."""
    complaints = []
    page.on(
        "console", lambda message: complaints.append(message.text) if message.type in ("error", "warning") else None
    )
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(site)
    page.wait_for_selector("[data-map-idle]", state="attached", timeout=60_000)
    return page, complaints, asked


def place(page):
    return [float(page.input_value(f"#id_{name}")) for name in ("lon", "lat")]


def test_the_map_is_drawn_under_the_content_policy_and_asks_no_other_host(drawn, site):
    page, complaints, asked = drawn
    assert [text for text in complaints if "Content Security Policy" in text] == []
    assert all(url.startswith((site, "data:", "blob:")) for url in asked)
    shown = page.evaluate(
        "document.querySelector('[data-map]').cityloomMap.queryRenderedFeatures({layers: ['areas-fill']}).length"
    )
    assert shown >= 1


def test_a_click_puts_the_pin_and_the_form_knows_where(drawn):
    page, _, _ = drawn
    box = page.locator(".map-canvas canvas").bounding_box()
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.wait_for_selector(".map-pin")
    assert place(page) == pytest.approx([118.1, 29.1], abs=0.002)


def test_the_pin_moves_by_arrow_keys_too(drawn):
    page, _, _ = drawn
    box = page.locator(".map-canvas canvas").bounding_box()
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    before = place(page)
    page.locator(".map-pin").press("ArrowRight")
    after = place(page)
    assert after[0] > before[0]
    assert after[1] == pytest.approx(before[1], abs=1e-5)


def test_a_place_typed_by_hand_moves_the_pin(drawn):
    page, _, _ = drawn
    page.fill("#id_lon", "118.15")
    page.fill("#id_lat", "29.15")
    page.dispatch_event("#id_lat", "change")
    page.wait_for_selector(".map-pin")
    at = page.evaluate("document.querySelector('[data-map]').cityloomMap.getCenter().toArray()")
    assert at == pytest.approx([118.15, 29.15], abs=1e-6)
