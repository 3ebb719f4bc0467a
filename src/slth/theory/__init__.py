"""Thresholds, moments and published bounds for random subset sum; formulas cite their statement."""

from slth.theory.centred_existence import (
    CentredCertificate,
    centred_certificate,
    centred_existence_certificate,
)
from slth.theory.centred_second_moment import centred_second_moment_ratio
from slth.theory.conditional_union import conditional_union_bound, covering_threshold
from slth.theory.counting import counting_bound, first_moment_bound
from slth.theory.coverage import coverage_probability, coverage_threshold
from slth.theory.covering import covering_error, covering_probability, union_bound
from slth.theory.entropy import fixed_size_n_star
from slth.theory.first_moment import annealed_threshold, expected_hits, log_expected_hits
from slth.theory.free_second_moment import free_second_moment_ratio
from slth.theory.lattice_covering import first_covering, lattice_covering_probability
from slth.theory.off_lattice import off_lattice_probability
from slth.theory.published import (
    PUBLISHED,
    Statement,
    becchetti_size,
    fixed_size,
    lueker_failure,
    lueker_size,
)
from slth.theory.quenched import best_error, quenched_n_star, success_probability, threshold
from slth.theory.refined import refined_probability
from slth.theory.second_moment import existence_certificate, second_moment_ratio
from slth.theory.sized import (
    best_error_of_size,
    best_size,
    log_expected_hits_of_size,
    size_probability,
)

__all__ = [
    "PUBLISHED",
    "CentredCertificate",
    "Statement",
    "annealed_threshold",
    "becchetti_size",
    "best_error",
    "best_error_of_size",
    "best_size",
    "centred_certificate",
    "centred_existence_certificate",
    "centred_second_moment_ratio",
    "conditional_union_bound",
    "counting_bound",
    "coverage_probability",
    "coverage_threshold",
    "covering_error",
    "covering_probability",
    "covering_threshold",
    "existence_certificate",
    "expected_hits",
    "first_covering",
    "first_moment_bound",
    "fixed_size",
    "fixed_size_n_star",
    "free_second_moment_ratio",
    "lattice_covering_probability",
    "log_expected_hits",
    "log_expected_hits_of_size",
    "lueker_failure",
    "lueker_size",
    "off_lattice_probability",
    "quenched_n_star",
    "refined_probability",
    "second_moment_ratio",
    "size_probability",
    "success_probability",
    "threshold",
    "union_bound",
]


def __dir__() -> list[str]:
    return __all__
