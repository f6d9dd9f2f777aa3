"""Losses of boxes and of heat maps."""

from keras import ops

from model.tensors import Tensor


def giou_loss(wanted: Tensor, given: Tensor) -> Tensor:
    """1 - generalised IoU of boxes (Rezatofighi et al. 2019).

    Args:
        wanted: (..., 4), x0, y0, x1, y1 in any unit.
        given: The same.

    Returns:
        (...), from 0 for the same box to 2.
    """
    low, high = ops.maximum(wanted[..., :2], given[..., :2]), ops.minimum(wanted[..., 2:], given[..., 2:])
    common = ops.prod(ops.maximum(high - low, 0.0), axis=-1)
    areas = [ops.prod(ops.maximum(box[..., 2:] - box[..., :2], 0.0), axis=-1) for box in (wanted, given)]
    union = areas[0] + areas[1] - common + 1e-6
    first, last = ops.minimum(wanted[..., :2], given[..., :2]), ops.maximum(wanted[..., 2:], given[..., 2:])
    hull = ops.prod(last - first, axis=-1)
    return 1 - common / union + (hull - union) / (hull + 1e-6)


def focal_loss(heat: Tensor, logits: Tensor, counts: Tensor) -> Tensor:
    """Penalty-reduced focal loss of a heat map (Zhou et al. 2019, "Objects as Points").

    Args:
        heat: What is wanted, (batch, high, wide), 1 at centres and falling off around them.
        logits: What was given, the same shape.
        counts: Weight of each cell, 0 where nothing is known.

    Returns:
        A scalar, summed over the cells and divided by the number of centres.
    """
    p = ops.sigmoid(logits)
    centre = ops.cast(heat >= 1.0, "float32")
    found = centre * ops.square(1 - p) * ops.softplus(-logits)
    elsewhere = (1 - centre) * (1 - heat) ** 4 * ops.square(p) * ops.softplus(logits)
    return ops.sum((found + elsewhere) * counts) / ops.maximum(ops.sum(centre * counts), 1.0)
