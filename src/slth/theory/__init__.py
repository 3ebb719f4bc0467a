"""Thresholds, moments and published bounds for random subset sum; formulas cite their statement."""

from slth.theory.coverage import coverage_probability, coverage_threshold
from slth.theory.first_moment import annealed_threshold, expected_hits, log_expected_hits
from slth.theory.published import PUBLISHED, Statement, fixed_size, lueker_failure
from slth.theory.quenched import best_error, quenched_n_star, success_probability, threshold
from slth.theory.refined import refined_probability
from slth.theory.second_moment import existence_certificate, second_moment_ratio

__all__ = [
    "PUBLISHED",
    "Statement",
    "annealed_threshold",
    "best_error",
    "coverage_probability",
    "coverage_threshold",
    "existence_certificate",
    "expected_hits",
    "fixed_size",
    "log_expected_hits",
    "lueker_failure",
    "quenched_n_star",
    "refined_probability",
    "second_moment_ratio",
    "success_probability",
    "threshold",
]
