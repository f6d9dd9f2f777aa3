"""Documents that an earlier run on this machine held when it was killed."""

import os
import socket
from typing import TYPE_CHECKING

from results.abandoned import claiming_workers, end_leases

if TYPE_CHECKING:
    from results.ledger import Ledger


def free_abandoned(ledger: "Ledger") -> int:
    """Makes documents due again whose worker ran on this machine and runs no more.

    Workers claim as `host:pid`. A pid that is in use again merely means that the lease is waited out.

    Args:
        ledger: Open.

    Returns:
        How many documents were freed.
    """
    return sum(
        end_leases(ledger.engine, worker) for worker in claiming_workers(ledger.engine) if _is_dead(worker)
    )


def _is_dead(worker: str) -> bool:
    """Whether a worker's process is provably gone."""
    host, _, pid = worker.rpartition(":")
    if host != socket.gethostname() or not pid.isdecimal():
        return False
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        return False
    return False
