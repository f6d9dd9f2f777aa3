"""How fast the recipes learn as they go on."""

from typing import Any, Final

import keras

RISE: Final = 300
"""Updates until the rate is whole, in a long run; a short one rises in an eighteenth of its length."""

Schedule = Any


def rising_and_falling(rate: float, updates: int) -> Schedule:
    """A rate that rises from a twentieth, then falls to zero along a cosine (Loshchilov and Hutter 2017).

    Args:
        rate: The highest.
        updates: Batches until it is zero.

    Returns:
        A Keras schedule.
    """
    rise = min(RISE, updates // 18 + 1)
    return keras.optimizers.schedules.CosineDecay(
        rate / 20, max(1, updates - rise), warmup_target=rate, warmup_steps=rise
    )
