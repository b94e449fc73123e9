"""Keys: callables that compute the scheduling attributes of each call when it is submitted."""

from typing import Any, Callable, Mapping, Optional, Tuple, Union

Key = Callable[..., Any]

#: In the order of the extension's enum attribute.
_ATTRIBUTES = ("priority", "client", "weight", "deadline", "cost")

#: What a single key computes: the attribute by which the policy orders calls.
_ORDERED_BY = {
    "priority": "priority",
    "priority_aging": "priority",
    "sjf": "cost",
    "srpt": "cost",
    "edf": "deadline",
}


def _order_of(policy: str) -> str:
    """The policy's name, of a composition the name of its order."""
    return policy.rsplit("/", 1)[-1].split(":", 1)[0]


def _by_name(key: Key, policy: str) -> Mapping[str, Key]:
    attribute = _ORDERED_BY.get(_order_of(policy))
    if attribute is None:
        raise ValueError(
            f"policy {policy!r} does not order calls by one attribute: say which one the key "
            f"computes, as in key={{'client': ...}}, of {', '.join(_ATTRIBUTES)}"
        )
    return {attribute: key}


def from_argument(
    key: Union[Key, Mapping[str, Key], None], policy: str
) -> Optional[Tuple[Optional[Key], ...]]:
    """What `key=` means, as the extension wants it: a callable or None for each attribute."""
    if key is None:
        return None
    keys = key if isinstance(key, Mapping) else _by_name(key, policy)
    for name, value in keys.items():
        if name not in _ATTRIBUTES:
            raise ValueError(f"unknown key {name!r}; known: {', '.join(_ATTRIBUTES)}")
        if not callable(value):
            raise TypeError(f"the key {name!r} must be a callable, not {type(value).__name__}")
    return tuple(keys.get(name) for name in _ATTRIBUTES)
