"""`--list`: what this interpreter sees, for `treadle list`, `treadle doctor` and the study's plan."""

from __future__ import annotations

import json

from treadle.lab import executors, outcomes, versions, workloads
from treadle.lab.protocol import PROTOCOL


def print_listing() -> int:
    """Prints the object of section 3 of docs/reference/cell-protocol.md. Returns 0."""
    missing = executors.extension_missing()
    listing = {
        "protocol": PROTOCOL,
        "interpreter": versions.interpreter(),
        "extension": {
            "available": missing is None,
            "reason": str(missing) if missing else "",
            "install": missing.install if missing else "",
        },
        "workloads": workloads.listing(),
        "executors": executors.listing(),
        "outcomes": outcomes.listing(),
        "versions": versions.of_everything(),
    }
    print(json.dumps(listing, indent=1))
    return 0
