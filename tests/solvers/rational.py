"""Dense ReLU networks of one input in exact arithmetic: knots, and the largest |f − g|."""

from fractions import Fraction

import numpy as np
from torch import nn


def matrices(network):
    """(weight, bias, whether a ReLU follows) of every layer, in fractions."""
    layers = list(network)
    out = []
    for i, layer in enumerate(layers):
        if isinstance(layer, nn.Linear):
            bias = np.zeros(len(layer.weight)) if layer.bias is None else layer.bias.data.numpy()
            relu = i + 1 < len(layers) and isinstance(layers[i + 1], nn.ReLU)
            out.append((exact(layer.weight.data.numpy()), exact(bias), relu))
    return out


def exact(x):
    return np.vectorize(Fraction, otypes=[object])(np.asarray(x, dtype=float))


def value(network, x):
    """The real network's outputs at the inputs x, (m, features) of fractions or floats."""
    y = np.vectorize(Fraction, otypes=[object])(np.asarray(x, dtype=object))
    for weight, bias, relu in matrices(network):
        y = y @ weight.T + bias
        if relu:
            y = np.maximum(y, Fraction(0))
    return y


def knots(network, ends):
    """Inputs in [lo, hi] between which the network of one input is affine."""
    x = [Fraction(end) for end in ends]
    layers = list(network)
    for i, layer in enumerate(layers):
        if isinstance(layer, nn.ReLU):
            y = value(layers[:i], [[at] for at in x])
            steps = [
                step for row in y.T for step in zip(x[:-1], x[1:], row[:-1], row[1:], strict=True)
            ]
            more = [a - u * (b - a) / (v - u) for a, b, u, v in steps if u * v < 0]
            x = sorted({*x, *more})
    return x


def largest(f, g, ends):
    """max |f − g| over the interval, over all outputs: a fraction."""
    x = [[at] for at in sorted({*knots(f, ends), *knots(g, ends)})]
    return max(np.abs(value(f, x) - value(g, x)).ravel())
