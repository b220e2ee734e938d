"""Imported before torch: how its threads wait. `compare` computes each phase with another number of threads too; threads that
spin while they wait take a busy machine's cores from one another (measured: 95% of the time of 51 runs of nano, of which
they are a quarter of the work). What else computes keeps OpenMP's own way, which is faster on a quiet machine."""

import os
import sys

if "compare" in sys.argv[1:2]:
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    os.environ.setdefault("GOMP_SPINCOUNT", "0")
