"""The process that HiGHS runs in, python -m slth.solvers._highs_process SOCKET: see `_highs`.

A request is a function's name and its keywords, a reply whether it returned, and what it returned
or raised; both pickled. An interrupt of the terminal is the parent's to answer: it kills this
process. The end of the socket, which is also that of the parent, ends it in the midst of a search.
"""

import os
import pickle
import queue
import signal
import sys
import threading
import warnings
from collections.abc import Callable
from multiprocessing.connection import Connection
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Found = tuple[Array | None, int]  # x (m,) or None; branch-and-bound nodes


def integer(
    objective: Array, rows: Array, sides: tuple[Array, Array], bounds: Array, nodes: int
) -> Found:
    """Minimise objective · x over sides[0] ≤ rows x ≤ sides[1]; all of x but the last is integer.

    objective: (m,). rows: (k, m). bounds: (2, m), of x. nodes: at most about this many.
    """
    from scipy import optimize, sparse

    found = optimize.milp(
        objective,
        integrality=np.append(np.ones(len(objective) - 1), 0),
        bounds=optimize.Bounds(*bounds),
        constraints=optimize.LinearConstraint(sparse.csr_array(rows), *sides),
        options={"node_limit": nodes, "mip_rel_gap": 0.0},
    )
    return found.x, int(getattr(found, "mip_node_count", None) or 0)


def vertex(objective: Array, rows: Array, sides: Array, bounds: Array) -> Found:
    """Minimise objective · x over rows x ≤ sides by the dual simplex: its optimum is a vertex."""
    from scipy import optimize, sparse

    model: dict[str, Any] = {"A_ub": sparse.csr_array(rows), "b_ub": sides, "bounds": bounds.T}
    found = optimize.linprog(c=objective, **model, method="highs-ds")
    return found.x, 0


FUNCTIONS: dict[str, Callable[..., Any]] = {f.__name__: f for f in (integer, vertex)}


def main(number: int) -> None:
    """Answer the requests on a socket, by its file descriptor, one after the other."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    warnings.simplefilter("ignore")  # the incumbent is measured anew, whatever its status
    line = Connection(number)
    requests: queue.SimpleQueue[bytes] = queue.SimpleQueue()
    threading.Thread(target=_receive, args=(line, requests), daemon=True).start()
    while True:
        name, keywords = pickle.loads(requests.get())
        try:
            reply = (True, FUNCTIONS[name](**keywords))
        except Exception as error:  # raised in the parent
            reply = (False, error)
        try:
            line.send(reply)
        except OSError:  # the parent is gone
            os._exit(0)


def _receive(line: Connection, requests: queue.SimpleQueue[bytes]) -> None:
    """Take requests as bytes, so that imports stay in the main thread; leave at the end of them.

    At once, because HiGHS's static destructors would wait for the search.
    """
    try:
        while True:
            requests.put(line.recv_bytes())
    except (EOFError, OSError):
        os._exit(0)


if __name__ == "__main__":
    main(int(sys.argv[1]))
