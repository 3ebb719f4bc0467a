"""Images as published experiments feed them: pixels in [0, 1], resized to the network's side."""

from torch import Tensor
from torch.nn.functional import interpolate

from slth import checks
from slth.networks.determinism import one_thread


def unit_images(images: Tensor, side: int) -> Tensor:
    """Return images (m, c, D, D) in [-1, 1] as (m, c, side, side) in [0, 1], bilinear."""
    side = checks.integer("side", side, low=1)
    unit = (images + 1.0) / 2.0
    if unit.shape[-2:] == (side, side):
        return unit
    with one_thread():
        return interpolate(unit, size=(side, side), mode="bilinear", align_corners=False)
