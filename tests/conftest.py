"""One thread of BLAS and OpenMP a test process.

Two workers of two threads each on two cores wait for each other: a product of 0.003 ms takes 1 ms.
The package promises the same answers on any number; tests that are about threads set their own.
"""

import os

for _library in ("OMP", "OPENBLAS", "MKL"):
    os.environ.setdefault(f"{_library}_NUM_THREADS", "1")
