"""The pages of `treadle sim` in a real browser, headless: silent, alone, readable, and they fit a phone.
Skipped, with the reason, where the study's report is."""

import pathlib
import subprocess
import tempfile
import unittest

import test_report_browser as report

COMMAND = report.BUILD / "treadle"
PAGES = {
    "theatre": ["--theatre", "fifo,lifo,sjf,priority,edf"],
    "machine": (
        [
            "--machine",
            "cores=2,gils=1",
            "--workers",
            "8",
            "--tasks",
            "20000",
            "--policy",
            "priority",
        ]
        + ["--clients", "web:share=3,held=1ms,wait=5ms,timeout=20ms/batch:cpu=4ms,priority=-1"]
    ),
}


class SimPageBrowserTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.browser, reason = report.find_browser()
        if cls.browser is None:
            raise unittest.SkipTest(reason)
        if not COMMAND.exists():
            raise unittest.SkipTest("%s is not built (make)" % COMMAND)
        folder = tempfile.TemporaryDirectory(prefix="treadle-sim-")
        cls.addClassCleanup(folder.cleanup)
        cls.folder = pathlib.Path(folder.name)
        cls.pages = {}
        for name, words in PAGES.items():
            path = cls.folder / (name + ".html")
            subprocess.run(
                [str(COMMAND), "sim", *words, "--html", str(path)],
                check=True,
                stdout=subprocess.DEVNULL,
                timeout=report.SECONDS_MAX,
            )
            cls.pages[name] = path.read_text(encoding="utf-8")

    def visit(self, text, fragment=""):
        page = self.folder / "visited.html"
        page.write_text(text, encoding="utf-8")
        return report.Visit(self.browser, page, self.folder, fragment=fragment)

    def test_pages_fit_a_phone_and_a_wide_screen_and_ask_for_nothing(self):
        for name, text in self.pages.items():
            visit = self.visit(report.in_frames(text))
            self.assertEqual((visit.console, visit.requests), ([], []))
            for visible, needed in visit.probe():
                with self.subTest(page=name, width=visible):
                    self.assertGreater(visible, 300)
                    self.assertEqual(needed, visible)

    def test_text_stands_out_in_light_and_dark(self):
        probe = (
            "<script>%s\nconst pre = document.createElement('pre'); pre.id = 'probe';"
            "pre.textContent = JSON.stringify(faint()); document.body.append(pre);</script></body>"
            % report.CONTRAST
        )
        for name, text in self.pages.items():
            for theme in ("#light", "#dark"):
                with self.subTest(page=name, theme=theme):
                    page = text.replace("</body>", probe)
                    self.assertEqual(self.visit(page, fragment=theme).probe(), [])


if __name__ == "__main__":
    unittest.main()
