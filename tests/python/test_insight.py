"""stats() callable by callable and client by client, and how it is shown."""

import dataclasses
import functools
import html.parser
import importlib.util
import json
import sys
import threading
import unittest

import treadle


def work(value=0):
    return value


class Thing:
    def method(self):
        return self


class InsightTest(unittest.TestCase):
    def test_callables_are_told_apart_by_name_under_every_cover(self):
        with treadle.ThreadPoolExecutor(2, insight=True) as pool:
            for _ in range(3):
                pool.submit(work)
            pool.submit(functools.partial(work, 1))
            pool.submit(Thing().method)
            pool.submit(len, ())
            list(pool.map(work, range(4), chunksize=1))
        calls = {group.name: group.run.calls for group in pool.stats().by_callable}
        module = __name__
        self.assertEqual(calls, {f"{module}.work": 8, f"{module}.Thing.method": 1, "len": 1})

    def test_clients_are_told_apart_from_options_and_from_keys(self):
        key = {"client": lambda fn, value: value}
        with treadle.ThreadPoolExecutor(2, insight=True, key=key) as pool:
            pool.submit(work, "anna")
            pool.submit(work, "anna")
            pool.submit(work, None)
            pool.options(client="bert").submit(work, "anna")
        calls = {group.name: group.wait.calls for group in pool.stats().by_client}
        self.assertEqual(calls, {"anna": 2, "(anonymous)": 1, "bert": 1})

    def test_what_is_too_much_is_counted_together(self):
        with treadle.ThreadPoolExecutor(2, insight=True) as pool:
            for client in range(400):
                pool.options(client=client).submit(work)
        groups = pool.stats().by_client
        self.assertEqual(sum(group.run.calls for group in groups), 400)
        self.assertEqual([g.run.calls for g in groups if g.name == "(others)"], [400 - 255])

    def test_callables_that_come_and_go_keep_their_names_and_numbers(self):
        with treadle.ThreadPoolExecutor(1, insight=True) as pool:
            for number in range(300):
                space = {}
                exec(f"def made_{number}(): pass", space)
                pool.submit(space[f"made_{number}"]).result()
                del space
        groups = pool.stats().by_callable
        self.assertEqual(len({group.name for group in groups}), 300)
        self.assertEqual({group.run.calls for group in groups}, {1})

    def test_without_insight_there_are_totals_only(self):
        with treadle.ThreadPoolExecutor(1) as pool:
            pool.submit(work)
        stats = pool.stats()
        self.assertEqual((stats.has_insight, stats.by_callable, stats.by_client), (False, (), ()))
        self.assertEqual(stats.run.calls, 1)

    def test_many_threads_may_submit_and_look(self):
        with treadle.ThreadPoolExecutor(2, insight=True) as pool:

            def submit():
                for number in range(300):
                    pool.options(client=number % 7).submit(work)
                    if number % 50 == 0:
                        pool.stats()

            threads = [threading.Thread(target=submit) for _ in range(3)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
        stats = pool.stats()
        self.assertEqual(sum(group.run.calls for group in stats.by_callable), 900)
        self.assertEqual(sum(group.run.calls for group in stats.by_client), 900)

    def test_it_is_plain_data(self):
        with treadle.ThreadPoolExecutor(1, insight=True) as pool:
            pool.submit(work)
        stats = pool.stats()
        self.assertTrue(dataclasses.is_dataclass(stats))
        values = json.loads(json.dumps(stats.to_dict()))
        self.assertEqual(values["by_callable"][0]["run"]["calls"], 1)
        self.assertEqual(values["finished"], 1)


class Parser(html.parser.HTMLParser):
    """Follows the nesting; a tag that is closed out of turn is an error."""

    def __init__(self):
        super().__init__()
        self.open, self.seen = [], []

    def handle_starttag(self, tag, attrs):
        self.open.append(tag)
        self.seen.append(tag)

    def handle_endtag(self, tag):
        if self.open.pop() != tag:
            raise AssertionError(tag)


class ShownTest(unittest.TestCase):
    def make(self):
        pool = treadle.ThreadPoolExecutor(1, "a<b>", insight=True)
        self.addCleanup(pool.shutdown)
        pool.options(client="<script>").submit(work).result()
        return pool

    def test_the_columns_of_the_table_are_aligned(self):
        lines = str(self.make().stats()).splitlines()
        table = lines[lines.index("") + 1 :]
        self.assertEqual(len({len(line) for line in table}), 1, table)
        self.assertIn("client <script>: wait", table[5])

    def test_the_page_is_whole_and_runs_no_script(self):
        pool = self.make()
        for text in (pool._repr_html_(), pool.stats()._repr_html_()):
            parser = Parser()
            parser.feed(text)
            self.assertEqual(parser.open, [])
            self.assertNotIn("script", parser.seen)
            self.assertNotIn("http", text)
            self.assertIn("client &lt;script&gt;", text)

    def test_a_notebook_gets_it(self):
        for module in ("ipykernel", "jupyter_client"):
            if importlib.util.find_spec(module) is None:
                self.skipTest(f"{module} is not installed for {sys.executable}")
        from treadle.lab.outcome_notebook import make_manager

        manager = make_manager()
        manager.start_kernel()
        try:
            client = manager.blocking_client()
            client.start_channels()
            client.wait_for_ready(timeout=60)
            shown = []
            client.execute_interactive(
                "import treadle\npool = treadle.ThreadPoolExecutor(1)\npool",
                timeout=60,
                output_hook=shown.append,
            )
            client.stop_channels()
        finally:
            manager.shutdown_kernel(now=True)
            manager.cleanup_resources()
        pages = [
            message["content"]["data"]["text/html"]
            for message in shown
            if message["msg_type"] == "execute_result"
        ]
        self.assertEqual(len(pages), 1, shown)
        self.assertIn("treadle-pool", pages[0])


if __name__ == "__main__":
    unittest.main()
