"""The HTML report in a real browser, headless: silent, alone, readable, and it fits a phone.

The page is that of a made-up study, written by build/tests/lab/write_synthetic_report. The browser is
the distribution's chromium; where it is missing, or a snap (which cannot read these files), the
tests are skipped and say so.
"""

import html
import json
import os
import pathlib
import re
import shutil
import subprocess
import tempfile
import unittest

BUILD = pathlib.Path(os.environ.get("TREADLE_BUILD", pathlib.Path(__file__).parents[2] / "build"))
WRITER = BUILD / "tests" / "lab" / "write_synthetic_report"
SECONDS_MAX = 90

# Text is compared with what lies behind it: the nearest ancestor with a background, or for text in a
# coloured field of a drawing, the field before it. WCAG 2.1, relative luminance and contrast ratio.
CONTRAST = """
function rgb(text) { return text.match(/[\\d.]+/g).map(Number); }
function light(c) {
  const l = c.slice(0, 3).map(v => (v /= 255) <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
  return 0.2126 * l[0] + 0.7152 * l[1] + 0.0722 * l[2];
}
function behind(e) {
  const before = e.previousElementSibling;
  if (e.tagName === 'text' && before && before.tagName === 'rect' && /on[12]/.test(e.className.baseVal))
    return rgb(getComputedStyle(before).fill);
  for (let p = e; p; p = p.parentElement) {
    const c = rgb(getComputedStyle(p).backgroundColor);
    if (c.length === 3 || c[3] > 0) return c;
  }
  return [255, 255, 255];
}
function faint() {
  const found = [];
  for (const e of document.querySelectorAll('body *')) {
    const own = [...e.childNodes].some(n => n.nodeType === 3 && n.textContent.trim());
    if (!own || !e.getClientRects().length || ['TITLE', 'DESC', 'SCRIPT'].includes(e.tagName.toUpperCase()))
      continue;
    const style = getComputedStyle(e);
    const a = light(rgb(e.tagName === 'text' ? style.fill : style.color)), b = light(behind(e));
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    if (ratio < 4.5) found.push(e.textContent.slice(0, 40) + ' ' + ratio.toFixed(2));
  }
  return found;
}
"""


def find_browser():
    """The browser's path, or None and why."""
    for name in ("chromium", "chromium-browser"):
        path = shutil.which(name)
        if path is None:
            continue
        if (
            "/snap/" in os.path.realpath(path)
            or b"/snap/" in pathlib.Path(path).read_bytes()[:4096]
        ):
            return None, "%s is a snap, which cannot read the report" % path
        return path, ""
    return None, "chromium is not installed (apt-get install chromium)"


class Visit:
    """What a browser made of a page: its document, what it said, what it asked the network for."""

    def __init__(self, browser, page, folder, *flags, fragment=""):
        folder = pathlib.Path(tempfile.mkdtemp(dir=folder))
        log = folder / "net.json"
        done = subprocess.run(
            [
                browser,
                "--headless=new",
                "--no-sandbox",
                "--disable-gpu",
                "--disable-dev-shm-usage",
                "--no-first-run",
                "--disable-background-networking",
                "--disable-component-update",
                "--disable-sync",
                "--disable-extensions",
                "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
                "--user-data-dir=%s" % (folder / "profile"),
                "--enable-logging=stderr",
                "--log-net-log=%s" % log,
                *flags,
                "--dump-dom",
                page.as_uri() + fragment,
            ],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=SECONDS_MAX,
            check=True,
        )
        self.document = done.stdout.decode("utf-8")
        stderr = done.stderr.decode("utf-8", "replace")
        self.console = [line for line in stderr.splitlines() if "CONSOLE" in line]
        self.requests = self.read_requests(log)

    @staticmethod
    def read_requests(log):
        """The addresses that the page asked for; the browser's own calls home have no origin."""
        events = json.loads(log.read_text(encoding="utf-8"))
        names = {number: name for name, number in events["constants"]["logEventTypes"].items()}
        found = []
        for event in events["events"]:
            params = event.get("params", {})
            if names[event["type"]] != "URL_REQUEST_START_JOB" or "url" not in params:
                continue
            by_page = params.get("initiator") != "not an origin" or "file:" in params.get(
                "network_isolation_key", ""
            )
            if by_page and not params["url"].startswith(("file:", "data:")):
                found.append(params["url"])
        return found

    def probe(self):
        """What a script of the test left in the document."""
        found = re.search(r'<pre id="probe">(.*?)</pre>', self.document, re.S)
        assert found, "the script of the test did not run"
        return json.loads(html.unescape(found.group(1)))


def in_frames(text):
    """A page that shows `text` as wide as a phone and wider, and probes how much room it needs."""
    return (
        "<!DOCTYPE html><meta charset='utf-8'><body><script>const page = %s;\n"
        "const frames = [320, 390, 800, 1400, 2200].map(width => {\n"
        "  const f = document.createElement('iframe');\n"
        "  f.width = width; f.height = 800; f.style.border = 0; f.srcdoc = page;\n"
        "  document.body.append(f); return f;\n"
        "});\n"
        "onload = () => {\n"
        "  const pre = document.createElement('pre'); pre.id = 'probe';\n"
        "  pre.textContent = JSON.stringify(frames.map(f => f.contentDocument.documentElement)\n"
        "    .map(e => [e.clientWidth, e.scrollWidth]));\n"
        "  document.body.append(pre);\n"
        "};</script>"
    ) % json.dumps(text).replace("</", "<\\/")


class ReportBrowserTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.browser, reason = find_browser()
        if cls.browser is None:
            raise unittest.SkipTest(reason)
        if not WRITER.exists():
            raise unittest.SkipTest("%s is not built (make)" % WRITER)
        folder = tempfile.TemporaryDirectory(prefix="treadle-report-")
        cls.addClassCleanup(folder.cleanup)
        cls.folder = pathlib.Path(folder.name)
        cls.page = cls.folder / "report.html"
        subprocess.run([str(WRITER), str(cls.page)], check=True, timeout=SECONDS_MAX)

    def visit(self, page, *flags, fragment=""):
        return Visit(self.browser, page, self.folder, *flags, fragment=fragment)

    def with_script(self, name, script, of=None):
        """A copy of the page that ends with a script of the test."""
        text = (of or self.page).read_text(encoding="utf-8")
        copy = self.folder / name
        probe = (
            "<script>%s\nconst pre = document.createElement('pre'); pre.id = 'probe';"
            "pre.textContent = JSON.stringify(probe()); document.body.append(pre);</script></body>"
        )
        copy.write_text(text.replace("</body>", probe % script), encoding="utf-8")
        return copy

    def test_the_page_is_silent_and_asks_the_network_for_nothing(self):
        visit = self.visit(self.page)
        self.assertEqual(visit.console, [])
        self.assertEqual(visit.requests, [])
        self.assertIn("Claims, tested", visit.document)

    def test_a_page_that_does_either_would_be_noticed(self):
        page = self.folder / "guilty.html"
        page.write_text(
            "<!DOCTYPE html><title>guilty</title><img src='http://127.0.0.1:9/x.png'>"
            "<script>missing();</script>",
            encoding="utf-8",
        )
        visit = self.visit(page)
        self.assertEqual(visit.requests, ["http://127.0.0.1:9/x.png"])
        self.assertEqual(len(visit.console), 1)

    def test_without_its_script_everything_is_there_in_the_colours_of_the_system(self):
        text = self.page.read_text(encoding="utf-8")
        plain = self.folder / "plain.html"
        without, count = re.subn(r"<script>.*?</script>", "", text, flags=re.S)
        self.assertEqual(count, 1)
        plain.write_text(without, encoding="utf-8")
        page = self.with_script(
            "plain-probe.html",
            "const probe = () => [document.body.innerText, "
            "getComputedStyle(document.body).backgroundColor];",
            of=plain,
        )
        dark = self.visit(page, "--blink-settings=preferredColorScheme=0").probe()
        light = self.visit(page, "--blink-settings=preferredColorScheme=1").probe()
        for words in ("Self-test:", "Claims, tested", "Every cell", "How to repeat it"):
            self.assertIn(words, light[0])
        self.assertEqual(dark[0], light[0])
        self.assertNotEqual(dark[1], light[1])

    def test_the_button_changes_between_light_and_dark(self):
        page = self.with_script(
            "button.html",
            """function probe() {
              const seen = [], root = document.documentElement, b = document.getElementById('theme');
              for (let i = 0; i < 3; i++) {
                seen.push([root.dataset.theme, getComputedStyle(document.body).backgroundColor]);
                b.click();
              }
              return seen;
            }""",
        )
        first, second, third = self.visit(page, fragment="#light").probe()
        self.assertEqual([first[0], second[0], third[0]], ["light", "dark", "light"])
        self.assertNotEqual(first[1], second[1])
        self.assertEqual(first, third)

    def test_text_stands_out_in_light_and_dark(self):
        page = self.with_script("contrast.html", CONTRAST + "const probe = faint;")
        for theme in ("#light", "#dark"):
            with self.subTest(theme=theme):
                self.assertEqual(self.visit(page, fragment=theme).probe(), [])

    def test_nothing_sticks_out_on_a_phone_or_a_wide_screen(self):
        frame = self.folder / "frame.html"
        frame.write_text(in_frames(self.page.read_text(encoding="utf-8")), encoding="utf-8")
        for visible, needed in self.visit(frame).probe():
            with self.subTest(width=visible):
                self.assertGreater(visible, 300)
                self.assertEqual(needed, visible)


if __name__ == "__main__":
    unittest.main()
