"""treadle.Future by itself, driven by hand: it behaves as concurrent.futures.Future does."""

import concurrent.futures
import concurrent.futures._base as base
import copy
import gc
import logging
import pickle
import sys
import threading
import unittest
import weakref

from gate import HAS_GIL

from treadle import Future

LIMIT = 30  # seconds; only a hang takes that long


def outcome(call, *args):
    """What a call returned or raised, comparable."""
    try:
        return ("returned", call(*args))
    except BaseException as error:
        return ("raised", type(error), str(error))


class Same(unittest.TestCase):
    """Each story is told by both classes; what they answer must be equal."""

    def same(self, story):
        ours, theirs = story(Future()), story(concurrent.futures.Future())
        self.assertEqual(ours, theirs)
        return ours

    def test_a_pending_future_answers_the_same(self):
        self.same(
            lambda f: (
                f.done(),
                f.running(),
                f.cancelled(),
                f._state,
                f._result,
                f._exception,
                f._waiters,
                f._done_callbacks,
            )
        )

    def test_a_result_is_answered_the_same(self):
        def story(f):
            answers = [f.set_running_or_notify_cancel(), f.running(), f.set_result((1, 2))]
            return answers + [
                f.result(),
                f.result(0),
                f.result(timeout=1),
                f.exception(),
                f.done(),
                f.cancel(),
                f._state,
                f._result,
            ]

        self.same(story)

    def test_an_exception_is_answered_the_same(self):
        error = ValueError("why")

        def story(f):
            f.set_exception(error)
            return [
                outcome(f.result),
                f.exception() is error,
                f.exception(0) is error,
                f._state,
                f._exception is error,
                f._result,
                f.cancelled(),
            ]

        self.same(story)

    def test_cancelling_is_answered_the_same(self):
        def story(f):
            return [
                f.cancel(),
                f._state,
                f.cancel(),
                outcome(f.result),
                outcome(f.exception),
                f.cancelled(),
                f.done(),
                f.set_running_or_notify_cancel(),
                f._state,
                f.cancel(),
            ]

        self.same(story)

    def test_cancelling_with_a_condition_is_answered_the_same(self):
        def story(f):
            with f._condition:
                first = f.cancel()
            return [first, f._state, f.set_running_or_notify_cancel(), f._state]

        self.same(story)

    def test_what_is_over_cannot_be_set_again(self):
        for how in ("set_result", "set_exception"):

            def story(f, how=how):
                f.set_result(1)
                kind, error, text = outcome(getattr(f, how), None)
                return kind, error, text.split(":")[0]

            self.assertEqual(self.same(story)[1], concurrent.futures.InvalidStateError)

    def test_starting_twice_is_answered_and_logged_the_same(self):
        def story(f):
            f.set_running_or_notify_cancel()
            with self.assertLogs("concurrent.futures", logging.CRITICAL):
                return outcome(f.set_running_or_notify_cancel)

        self.same(story)

    def test_odd_arguments_are_refused_with_the_same_words(self):
        self.same(lambda f: outcome(f.result, 1, 2))
        self.same(lambda f: outcome(lambda: f.exception(nope=1)))
        self.same(lambda f: outcome(f.result, "soon"))
        self.same(lambda f: outcome(f.result, -1))
        self.same(lambda f: outcome(f.result, float("nan")))

    def test_setting_what_is_no_exception_is_answered_the_same(self):
        def story(f):
            f.set_exception(3)
            return outcome(f.result)

        self.same(story)

        def story_of_a_class(f):
            f.set_exception(KeyError)
            return outcome(f.result)

        self.same(story_of_a_class)

    def test_a_timeout_is_answered_the_same(self):
        self.same(lambda f: (outcome(f.result, 0), outcome(f.exception, 0.001), f._state))

    def test_fields_can_be_written(self):
        def story(f):
            f._state, f._result, f._exception = base.FINISHED, 5, None
            answers = [f.result(), f.done(), f.exception()]
            f._exception = OSError("no")
            return answers + [outcome(f.result), repr(f).split("state=")[1]]

        self.same(story)

    def test_representations_are_the_same(self):
        def story(make):
            def told(f):
                make(f)
                return repr(f).replace(hex(id(f)), "ID")

            return told

        for make in (
            lambda f: None,
            lambda f: f.set_running_or_notify_cancel(),
            lambda f: f.cancel(),
            lambda f: f.set_result([]),
            lambda f: f.set_result(None),
            lambda f: f.set_exception(KeyError()),
        ):
            self.same(story(make))

    def test_callbacks_run_in_order_and_errors_are_logged(self):
        def story(f):
            seen = []

            def fail(future):
                seen.append("fail")
                raise ValueError("in a callback")

            f.add_done_callback(lambda future: seen.append(future is f))
            f.add_done_callback(fail)
            f.add_done_callback(lambda future: seen.append("last"))
            with self.assertLogs("concurrent.futures", logging.ERROR) as logs:
                f.set_result(1)
            f.add_done_callback(lambda future: seen.append("late"))
            record = logs.records[0]
            return seen, record.msg, record.exc_info[0], len(logs.records)

        self.same(story)

    def test_a_callback_may_add_another(self):
        def story(f):
            seen = []
            f._condition  # the standard library runs added ones from the list; so must we

            def first(future):
                seen.append(1)
                future.add_done_callback(lambda _: seen.append(2))

            f.add_done_callback(first)
            f.set_result(None)
            return seen

        self.same(story)

    def test_an_interrupt_in_a_callback_is_not_swallowed(self):
        def story(f):
            def interrupt(_):
                raise KeyboardInterrupt

            f.add_done_callback(interrupt)
            return outcome(f.cancel), f._state

        self.same(story)

    def test_callbacks_run_when_cancelled(self):
        def story(f):
            seen = []
            f.add_done_callback(lambda future: seen.append(future.cancelled()))
            f.cancel()
            return seen

        self.assertEqual(self.same(story), [True])


class Kind(unittest.TestCase):
    def test_it_is_a_standard_future(self):
        self.assertIsInstance(Future(), concurrent.futures.Future)
        self.assertEqual(str(Future[int]), "treadle.Future[int]")

    def test_it_takes_no_arguments(self):
        with self.assertRaises(TypeError):
            Future(1)

    def test_it_cannot_be_copied_or_pickled(self):
        for way in (copy.copy, copy.deepcopy, pickle.dumps):
            with self.assertRaises(TypeError):
                way(Future())

    def test_fields_refuse_nonsense(self):
        future = Future()
        with self.assertRaises(ValueError):
            future._state = "LOST"
        with self.assertRaises(TypeError):
            future._waiters = 3
        for name in ("_state", "_result", "_exception", "_condition", "_waiters"):
            with self.assertRaises(AttributeError):
                delattr(future, name)

    def test_it_can_be_derived_from(self):
        class Named(Future):
            __slots__ = ("slot",)

            def __init__(self, name):
                super().__init__()
                self.name = name

        future = Named("n")
        future.slot = 3
        future.set_result(4)
        self.assertEqual((future.name, future.slot, future.result()), ("n", 3, 4))
        self.assertTrue(repr(future).startswith("<Named at 0x"))

    def test_the_standard_constructor_may_be_called_on_it(self):
        future = Future()
        concurrent.futures.Future.__init__(future)
        future.set_result(1)
        self.assertEqual(future.result(), 1)

    def test_any_attribute_can_be_set(self):
        future = Future()
        future.note = 1
        self.assertEqual(future.__dict__, {"note": 1})
        future.__dict__ = {"other": 2}
        self.assertEqual(future.other, 2)

    def test_a_raised_exception_refers_to_no_frame_of_its_future(self):
        future = Future()
        future.set_exception(ValueError())
        try:
            future.result()
        except ValueError as error:
            traceback = error.__traceback__
        self.assertIs(traceback.tb_frame, sys._getframe())
        self.assertIsNone(traceback.tb_next)


class Lazy(unittest.TestCase):
    """Nothing exists before somebody asks for it, and everybody gets the same one."""

    def test_a_condition_stays_the_same(self):
        future = Future()
        self.assertIs(future._condition, future._condition)
        self.assertIs(future._waiters, future._waiters)
        self.assertIs(future._done_callbacks, future._done_callbacks)
        self.assertIsInstance(future._condition, threading.Condition)

    def test_threads_that_race_for_the_condition_get_the_same(self):
        for _ in range(50):
            future = Future()
            start = threading.Barrier(4)
            seen = []

            def look(future=future, start=start, seen=seen):
                start.wait(LIMIT)
                seen.append(future._condition)

            threads = [threading.Thread(target=look) for _ in range(4)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join(LIMIT)
            self.assertEqual(len(set(map(id, seen))), 1)

    def test_a_plain_future_is_unknown_to_the_collector(self):
        future = Future()
        self.assertEqual(gc.is_tracked(future), not HAS_GIL)  # see future_object.h
        future.set_result((1, "text"))
        self.assertEqual(future.result(), (1, "text"))

    def test_cycles_through_a_future_are_collected(self):
        def through_result(future):
            future.set_result([future])

        def through_a_late_result(future):
            result = {}
            future.set_result(result)
            result["future"] = future

        def through_callback(future):
            future.add_done_callback(lambda _: future)

        def through_attribute(future):
            future.me = future

        def through_dictionary(future):
            future.__dict__["me"] = future

        def through_waiters(future):
            future._waiters.append(future)

        def through_exception(future):
            error = ValueError()
            error.future = future
            future.set_exception(error)

        def through_written_result(future):
            future._result = [future]

        for make in (
            through_result,
            through_a_late_result,
            through_callback,
            through_attribute,
            through_dictionary,
            through_waiters,
            through_exception,
            through_written_result,
        ):
            with self.subTest(make.__name__):
                future = Future()
                make(future)
                gone = weakref.ref(future)
                del future
                gc.collect()
                self.assertIsNone(gone())

    def test_a_tuple_result_that_holds_a_cycle_is_collected(self):
        future = Future()
        future.set_result((future,))
        gone = weakref.ref(future)
        del future
        gc.collect()
        self.assertIsNone(gone())


class Sleeping(unittest.TestCase):
    """Threads asleep in result() and exception() without a condition."""

    def in_thread(self, call, *args, **kwargs):
        box = concurrent.futures.Future()

        def run():
            try:
                box.set_result(call(*args, **kwargs))
            except BaseException as error:
                box.set_exception(error)

        thread = threading.Thread(target=run)
        thread.start()
        self.addCleanup(thread.join, LIMIT)
        return box

    def asleep(self, future, count):
        """Wait until `count` threads sleep in `future`: they have made its rare part."""
        while True:
            sleepers = sum(
                1 for frame in sys._current_frames().values() if frame.f_code.co_name == "run"
            )
            if sleepers >= count:
                return

    def test_every_sleeper_is_woken(self):
        future = Future()
        boxes = [self.in_thread(future.result, LIMIT) for _ in range(5)]
        boxes.append(self.in_thread(future.exception))
        future.set_result("now")
        self.assertEqual([box.result(LIMIT) for box in boxes], ["now"] * 5 + [None])

    def test_cancelling_wakes_a_sleeper(self):
        future = Future()
        box = self.in_thread(future.result, LIMIT)
        self.assertTrue(future.cancel())
        self.assertIsInstance(box.exception(LIMIT), concurrent.futures.CancelledError)

    def test_a_sleeper_moves_to_a_condition_that_comes_to_life(self):
        for _ in range(200):
            future = Future()
            box = self.in_thread(future.exception, LIMIT)
            self.asleep(future, 1)
            error = OSError()
            with future._condition:
                future._state = base.FINISHED
                future._exception = error
                future._condition.notify_all()
            self.assertIs(box.result(LIMIT), error)

    def test_writing_the_state_wakes_nobody_by_itself(self):
        future = Future()
        box = self.in_thread(future.result, 0.05)
        self.asleep(future, 1)
        future._state = base.RUNNING
        self.assertIsInstance(box.exception(LIMIT), concurrent.futures.TimeoutError)

    def test_a_timeout_leaves_the_future_usable(self):
        future = Future()
        with self.assertRaises(concurrent.futures.TimeoutError):
            future.result(0.001)
        future.set_result(1)
        self.assertEqual(future.result(0.001), 1)


class Mixed(unittest.TestCase):
    """wait() and as_completed() over ours and the standard library's together."""

    def futures(self):
        return [Future(), concurrent.futures.Future(), Future(), concurrent.futures.Future()]

    def test_wait_returns_when_all_are_over(self):
        futures = self.futures()
        waiting = threading.Thread(target=lambda: concurrent.futures.wait(futures, LIMIT))
        waiting.start()
        for number, future in enumerate(futures):
            future.set_result(number)
        waiting.join(LIMIT)
        self.assertFalse(waiting.is_alive())
        done, pending = concurrent.futures.wait(futures, LIMIT)
        self.assertEqual((done, pending), (set(futures), set()))

    def test_wait_returns_at_the_first_one(self):
        futures = self.futures()
        futures[2].set_result(1)
        done, _ = concurrent.futures.wait(futures, LIMIT, concurrent.futures.FIRST_COMPLETED)
        self.assertEqual(done, {futures[2]})

    def test_wait_returns_at_the_first_exception(self):
        futures = self.futures()
        futures[0].set_exception(ValueError())
        done, _ = concurrent.futures.wait(futures, LIMIT, concurrent.futures.FIRST_EXCEPTION)
        self.assertEqual(done, {futures[0]})

    def test_a_cancelled_future_is_handed_out_when_it_is_notified(self):
        futures = self.futures()
        for future in futures:
            future.cancel()
            future.set_running_or_notify_cancel()
        self.assertEqual(set(concurrent.futures.as_completed(futures, LIMIT)), set(futures))

    def test_as_completed_yields_in_the_order_of_completion(self):
        futures = self.futures()
        order = [3, 0, 2, 1]
        completed = concurrent.futures.as_completed(futures, LIMIT)
        seen = []
        for index in order:
            futures[index].set_result(index)
            seen.append(next(completed).result())
        self.assertEqual(seen, order)
        self.assertEqual([len(future._waiters) for future in futures], [0] * 4)


if __name__ == "__main__":
    unittest.main()
