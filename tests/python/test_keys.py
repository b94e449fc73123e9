"""Scheduling attributes that keys compute from each call, and the classes of callables."""

import functools
import unittest

from gate import LIMIT, Gate

from treadle import ThreadPoolExecutor, _treadle


class Behind(unittest.TestCase):
    def pool(self, **arguments):
        """A pool whose one worker is at the gate."""
        pool = ThreadPoolExecutor(1, **arguments)
        gate = Gate()
        pool.submit(gate)
        gate.wait_for(1)
        self.addCleanup(pool.shutdown)
        self.addCleanup(gate.open)
        return pool, gate


def unless_gate(key):
    """The key of every call but the gate's, which says nothing."""
    return lambda fn, *args, **kwargs: (None if isinstance(fn, Gate) else key(fn, *args, **kwargs))


class Keys(Behind):
    def order(self, values, **arguments):
        ran = []
        pool, gate = self.pool(**arguments)
        for value in values:
            pool.submit(ran.append, value)
        gate.open()
        pool.shutdown()
        return ran

    def test_a_single_key_computes_what_the_policy_goes_by(self):
        values = [3, 1, 4, 2, 5]
        key = unless_gate(lambda fn, value: value)
        for policy, expected in (
            ("priority", [5, 4, 3, 2, 1]),
            ("priority_aging:slope=1e-9", [5, 4, 3, 2, 1]),
            ("sjf", [1, 2, 3, 4, 5]),
            ("srpt", [1, 2, 3, 4, 5]),
            ("edf", [1, 2, 3, 4, 5]),
            ("none/drr/sjf", [1, 2, 3, 4, 5]),
        ):
            with self.subTest(policy):
                seconds = "priority" not in policy
                chosen = unless_gate(lambda fn, value: 1000 * value) if seconds else key
                self.assertEqual(self.order(values, policy=policy, key=chosen), expected)

    def test_keys_by_name_compute_any_attribute(self):
        ran = []
        pool, gate = self.pool(
            policy="round_robin", key={"client": lambda fn, *args: args and args[0][0]}
        )
        for name in ("a1", "a2", "a3", "b1", "b2", "c1"):
            pool.submit(ran.append, name)
        gate.open()
        pool.shutdown()
        self.assertEqual(set(ran[:3]), {"a1", "b1", "c1"})
        self.assertEqual((set(ran[3:5]), ran[5]), ({"a2", "b2"}, "a3"))

    def test_a_key_is_called_like_the_call(self):
        seen = []

        def key(*args, **kwargs):
            seen.append((args, kwargs))
            return 1

        with ThreadPoolExecutor(1, policy="priority", key=key) as pool:
            pool.submit(dict, a=1).result(LIMIT)
            pool.submit(pow, 2, 3, mod=5).result(LIMIT)
            list(pool.map(int, ["7"]))
        self.assertEqual(seen, [((dict,), {"a": 1}), ((pow, 2, 3), {"mod": 5}), ((int, "7"), {})])

    def test_options_go_first(self):
        ran, asked = [], []

        def key(fn, *args):
            asked.append(args)
            return 5

        pool, gate = self.pool(policy="priority", key={"priority": key})
        pool.submit(ran.append, "key")
        pool.options(priority=9).submit(ran.append, "above")
        pool.options(priority=0).submit(ran.append, "below")
        pool.options(client="x").submit(ran.append, "key again")
        gate.open()
        pool.shutdown()
        self.assertEqual(ran, ["above", "key", "key again", "below"])
        self.assertEqual(asked, [(), ("key",), ("key again",)])

    def test_what_a_key_raises_submit_raises_and_nothing_is_queued(self):
        def key(fn, *args):
            if args:
                raise KeyError("no key")

        def wrong(fn, *args):
            return "urgent" if args else None

        for function, error, text in ((key, KeyError, "no key"), (wrong, TypeError, "priority")):
            pool, gate = self.pool(policy="priority", key=function)
            with self.subTest(text), self.assertRaisesRegex(error, text):
                pool.submit(int, 1)
            with self.subTest(text), self.assertRaisesRegex(error, text):
                pool.options(client=1).submit(int, 1)
            self.assertEqual((pool.stats().queued, pool.stats().submitted), (0, 1))

    def test_wrong_keys_say_what_is_wrong(self):
        for arguments, error, text in (
            ({"key": len}, ValueError, "'fifo' does not order"),
            ({"key": len, "policy": "codel/round_robin/fifo"}, ValueError, "does not order"),
            ({"key": {"speed": len}}, ValueError, "unknown key 'speed'; known: priority"),
            ({"key": {"cost": 3}}, TypeError, "must be a callable, not int"),
            ({"key": 3, "policy": "sjf"}, TypeError, "must be a callable, not int"),
        ):
            with self.subTest(arguments), self.assertRaisesRegex(error, text):
                ThreadPoolExecutor(1, **arguments)

    def test_a_key_s_attributes_have_their_effect_together(self):
        key = {
            "client": unless_gate(lambda fn, value: value % 2),
            "weight": unless_gate(lambda fn, value: 1 + value % 2),
            "cost": unless_gate(lambda fn, value: 100.0 * value),
            "deadline": unless_gate(lambda fn, value: 1000.0),
            "priority": unless_gate(lambda fn, value: value),
        }
        ran = self.order([5, 1, 4, 2, 3], policy="none/round_robin/sjf", key=key)
        self.assertEqual([value for value in ran if value % 2], [1, 3, 5])
        self.assertEqual([value for value in ran if value % 2 == 0], [2, 4])
        self.assertEqual(set(ran[:2]), {1, 2})


class Classes(unittest.TestCase):
    """What policies that learn from history, such as spjf, take for one callable."""

    def same(self, *callables):
        return len({_treadle.class_of(fn) for fn in callables}) == 1

    def test_covers_of_one_function_are_one_class(self):
        def function(value):
            return value

        def decorated(fn):
            @functools.wraps(fn)
            def call(*args):
                return fn(*args)

            return call

        covers = (
            functools.partial(function),
            functools.partial(functools.partial(function), 1),
            decorated(function),
            functools.lru_cache(maxsize=None)(function),
            functools.partial(decorated(decorated(function)), 2),
        )
        for cover in covers:
            with self.subTest(cover):
                self.assertTrue(self.same(function, cover))
                self.assertFalse(self.same(len, cover))

    def test_functions_of_one_code_are_one_class(self):
        def closure(value):
            return lambda: value

        self.assertTrue(self.same(closure(1), closure(2)))
        self.assertFalse(self.same(closure, closure(1)))

    def test_methods_are_one_class_whatever_their_object(self):
        class Thing:
            def one(self):
                return 1

            def other(self):
                return 2

            def __call__(self):
                return 3

        class Derived(Thing):
            pass

        self.assertTrue(self.same(Thing().one, Thing().one, Derived().one, Thing.one))
        self.assertFalse(self.same(Thing().one, Thing().other))
        self.assertTrue(self.same(Thing(), Thing()))
        self.assertFalse(self.same(Thing(), Thing))
        self.assertTrue(self.same([].append, [1].append))
        self.assertTrue(self.same(str.upper, str.upper))
        self.assertFalse(self.same(str.upper, str.lower))
        self.assertFalse(self.same("".upper, "".lower))

    def test_a_ring_of_covers_has_a_class_too(self):
        def ring():
            return None

        ring.__wrapped__ = ring
        self.assertTrue(self.same(ring, ring))


if __name__ == "__main__":
    unittest.main()
