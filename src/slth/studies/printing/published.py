"""Published figures that several studies stand beside."""

# Pensia et al., NeurIPS 2020: 784-500-10 on MNIST, Gurobi
DENSE = {"n": 21, "eps": 0.01, "weights": 397_000, "kept": 9.39, "before": 0.9719, "after": 0.9719}
WIDTHS = (784, 500, 10)
SECONDS, CORES = 77_266, 36
