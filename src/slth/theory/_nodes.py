"""Nodes and weights of Gaussian quadrature, computed once."""

from functools import cache

import numpy as np

from slth.checks import FloatArray


@cache
def legendre(count: int) -> tuple[FloatArray, FloatArray]:
    """On [-1, 1], exact for polynomials of degree 2·count − 1."""
    return _frozen(*np.polynomial.legendre.leggauss(count))


@cache
def hermite(count: int) -> tuple[FloatArray, FloatArray]:
    """With weight e^{−x²/2}, exact for the same."""
    return _frozen(*np.polynomial.hermite_e.hermegauss(count))


def _frozen(nodes: FloatArray, weights: FloatArray) -> tuple[FloatArray, FloatArray]:
    nodes.setflags(write=False)
    weights.setflags(write=False)
    return nodes, weights
