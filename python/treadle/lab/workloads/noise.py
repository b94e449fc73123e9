"""Seeded numbers that the C server and Python agree on, and sequences without clumps.

`mix` is the output function of splitmix64 (Steele, Lea and Flood, "Fast splittable pseudorandom
number generators", OOPSLA 2014); lab/workload/page.c has the same.
"""

from __future__ import annotations

_MASK = (1 << 64) - 1
_GOLDEN = 0x9E3779B97F4A7C15


def mix(seed: int, index: int) -> int:
    """64 random bits that belong to (seed, index)."""
    z = (seed + (index + 1) * _GOLDEN) & _MASK
    z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & _MASK
    z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & _MASK
    return z ^ (z >> 31)


def even(seed: int, index: int) -> float:
    """Item `index` of a sequence in [0, 1) whose every stretch is spread evenly.

    A Weyl sequence of the golden ratio from a seeded start: the mean of any n neighbours is within
    about 1/n of 1/2, so that two runs with different numbers of tasks do the same work a task.
    """
    return ((mix(seed, 0) + index * _GOLDEN) & _MASK) / float(1 << 64)
