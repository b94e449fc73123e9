"""Exceptions that nobody has looked at are logged once."""

import asyncio
import gc
import logging
import subprocess
import sys
import unittest

import treadle


def fail():
    raise LookupError("nobody knows")


class UnretrievedTest(unittest.TestCase):
    def setUp(self):
        self.records = []
        handler = logging.Handler()
        handler.emit = self.records.append
        logger = logging.getLogger("treadle")
        logger.addHandler(handler)
        self.addCleanup(logger.removeHandler, handler)
        self.addCleanup(setattr, logger, "propagate", logger.propagate)
        logger.propagate = False

    def make(self, **options):
        pool = treadle.ThreadPoolExecutor(1, **{"log_unretrieved": True, **options})
        self.addCleanup(pool.shutdown)
        return pool

    def end(self, pool):
        pool.shutdown()
        gc.collect()
        return [record.getMessage() for record in self.records]

    def test_it_is_logged_once_with_name_and_traceback(self):
        pool = self.make()
        pool.submit(fail)
        self.assertEqual(self.end(pool), [f"the exception of {__name__}.fail was never retrieved"])
        self.assertEqual(self.records[0].levelname, "ERROR")
        self.assertIsInstance(self.records[0].exc_info[1], LookupError)
        self.assertEqual(self.records[0].exc_info[2].tb_frame.f_code.co_name, "fail")

    def test_it_waits_for_the_future_to_go(self):
        pool = self.make()
        future = pool.submit(fail)
        self.assertEqual(self.end(pool), [])
        del future
        self.assertEqual(len(self.end(pool)), 1)

    def test_a_future_in_a_cycle_is_told_of(self):
        pool = self.make()
        future = pool.submit(fail)
        future.itself = future
        del future
        self.assertEqual(len(self.end(pool)), 1)

    def test_who_has_looked_is_not_told(self):
        pool = self.make()
        for look in (
            lambda future: self.assertRaises(LookupError, future.result),
            lambda future: self.assertRaises(LookupError, future.result, 5),
            lambda future: future.exception(),
            lambda future: (treadle_wait(future), future._exception),
            lambda future: (treadle_wait(future), future.cancel()),
            lambda future: self.assertRaises(LookupError, asyncio.run, wrapped(future)),
        ):
            future = pool.submit(fail)
            look(future)
            del future
        self.assertEqual(self.end(pool), [])

    def test_a_callback_that_does_not_look_has_not_looked(self):
        pool = self.make()
        pool.submit(fail).add_done_callback(lambda future: None)
        self.assertEqual(len(self.end(pool)), 1)

    def test_resumable_calls_are_told_of_by_their_generator(self):
        def steps():
            yield
            fail()

        pool = self.make()
        pool.options(resumable=True).submit(steps)
        self.assertIn("steps was never retrieved", self.end(pool)[0])

    def test_without_being_asked_nothing_is_logged(self):
        pool = self.make(log_unretrieved=False)
        pool.submit(fail)
        self.assertEqual(self.end(pool), [])

    def test_futures_driven_by_hand_never_log(self):
        future = treadle.Future()
        future.set_exception(LookupError())
        del future
        gc.collect()
        self.assertEqual(self.records, [])

    def test_calls_that_return_and_calls_that_never_ran_do_not_log(self):
        pool = self.make()
        pool.submit(int)
        pool.shutdown(cancel_futures=True)
        self.assertEqual(self.end(pool), [])


class EndTest(unittest.TestCase):
    def run_program(self, program, *options):
        done = subprocess.run(
            [sys.executable, *options, "-c", program], capture_output=True, text=True, timeout=60
        )
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stderr

    PROGRAM = """
import treadle
def fail(): raise LookupError("nobody knows")
pool = treadle.ThreadPoolExecutor(1{})
{} = pool.submit(fail)
"""

    def test_at_the_end_of_the_interpreter_it_is_safe(self):
        for name in ("future", "pool.future", "treadle.future", "fail.future"):
            said = self.run_program(self.PROGRAM.format(", log_unretrieved=True", name))
            self.assertLessEqual(said.count("was never retrieved"), 1)
            self.assertNotIn("ignored in", said)

    def test_development_mode_turns_it_on_and_the_pool_off(self):
        program = self.PROGRAM.format("{}", "_") + "pool.shutdown(); del _"
        self.assertIn("fail was never retrieved", self.run_program(program.format(""), "-X", "dev"))
        off = program.format(", log_unretrieved=False")
        self.assertEqual(self.run_program(off, "-X", "dev"), "")
        self.assertEqual(self.run_program(program.format("")), "")


def treadle_wait(future):
    import concurrent.futures

    concurrent.futures.wait([future])


async def wrapped(future):
    return await asyncio.wrap_future(future)


if __name__ == "__main__":
    unittest.main()
