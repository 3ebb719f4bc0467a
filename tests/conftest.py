"""One thread of BLAS and OpenMP a test process.

Two workers of two threads each on two cores wait for each other: a product of 0.003 ms takes 1 ms.
The package promises the same answers on any number; tests that are about threads set their own.
"""

import os

for _library in ("OMP", "OPENBLAS", "MKL"):
    os.environ.setdefault(f"{_library}_NUM_THREADS", "1")

from typing import TYPE_CHECKING, Any  # noqa: E402 - the threads are set before any other import

import pytest  # noqa: E402

if TYPE_CHECKING:
    from xdist.scheduler import LoadScopeScheduling

PIPELINE = ("tests/workflow/", "tests/project/test_extending_study.py")  # run the pipeline
TOGETHER = (  # what the tests of a file look at takes ten seconds to make
    *("tests/studies/test_rendering.py", "tests/project/test_docs_in_browser.py"),
    "tests/project/test_rooms.py",
    "tests/solvers/test_mitm_line.py::test_sizes_in_lanes",  # kernels of their own
    *(f"tests/studies/{study}/" for study in ("benchmark", "cnns", "latency", "restrictions")),
)


ORDER = (
    *PIPELINE,
    *TOGETHER,
    "tests/tickets/",
    "tests/networks/",
    "",
)  # what takes longest is first


def _scope(nodeid: str) -> str:
    """Name the unit of work that a test belongs to: all cases of a test are one, or more is."""
    if nodeid.startswith(PIPELINE):
        return "pipeline"
    return nodeid.partition("::" if nodeid.startswith(TOGETHER) else "[")[0]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the long units of work first, so that both workers end at the same time."""
    items.sort(
        key=lambda item: next(i for i, start in enumerate(ORDER) if item.nodeid.startswith(start))
    )


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> "LoadScopeScheduling":
    """Give the tests of the pipeline to one worker, which runs it once, and so on for `_scope`."""
    from xdist.scheduler import LoadScopeScheduling

    class Scopes(LoadScopeScheduling):
        def _split_scope(self, nodeid: str) -> str:
            return _scope(nodeid)

    config.option.loadscopereorder = False  # the order is that of the collection
    return Scopes(config, log)
