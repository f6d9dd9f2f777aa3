"""The proposer's network, as it learns and as it ships, and the wide one that teaches it."""

from dataclasses import dataclass
from typing import Any, Final

import keras
from keras import layers

from model.cells import CELL
from model.normed import NormedConv, fold
from model.tensors import Tensor

Option = Any

CHANNELS = 6  # of the maps
EVERY = (3, 2, 2, 2)  # rows and columns from one that counts in the statistics to the next, at each stride


@dataclass(frozen=True)
class Widths:
    """How many filters the layers have, at strides 8, 16, 32 and 64.

    Attributes:
        inner: Between the two convolutions of a residual block.
        merged: Of the way back up, at all strides but the last.
        head: Before the maps.
        stem: Of the 8x8 stem, stride 4.
        filters: Of the residual stages.
        blocks: Residual blocks of each; depth is cheap only where the map is small.
    """

    inner: tuple[int, ...]
    merged: tuple[int, ...]
    head: int
    stem: int = 24
    filters: tuple[int, ...] = (40, 80, 144, 192)
    blocks: tuple[int, ...] = (1, 2, 2, 1)


SHIPPED: Final = Widths((32, 48, 80, 96), (32, 64, 96), 32)
"""1.5 M parameters."""

WIDE: Final = Widths((64, 128, 256, 320), (64, 128, 256), 96, 32, (64, 128, 256, 320), (2, 3, 3, 2))
"""Six times the parameters of SHIPPED, which learns beside it on a GPU."""


def network(convolution: type[layers.Conv2D] = NormedConv, widths: Widths = SHIPPED) -> keras.Model:
    """The network.

    Args:
        convolution: NormedConv to train, plain Conv2D to ship; layer names are the same.
        widths: Of its layers.

    Returns:
        uint8 ink (batch, height, width, 1), sides multiples of 64, to float32 maps (batch, height / 8, width
        / 8, 6):
        logits of signature and of other handwriting, log distances left, top, right, bottom in cells.
    """
    page = keras.Input((None, None, 1), dtype="uint8", name="page")
    x = layers.Rescaling(1 / 128)(page)
    x = _rectified(_conv(convolution, widths.stem, 8, "stem", stride=4, every=4)(x))
    levels = []
    for level, (filters, blocks) in enumerate(zip(widths.filters, widths.blocks, strict=True)):
        x = _rectified(_conv(convolution, filters, 3, f"down{level}", stride=2, every=EVERY[level])(x))
        for block in range(blocks):
            x = _residual(convolution, x, widths, level, f"level{level}_{block}")
        levels.append(x)
    for level in range(len(levels) - 2, -1, -1):
        every = EVERY[level]
        x = _conv(convolution, widths.filters[level], 1, f"lateral{level}", every=every)(x)
        x = layers.Add()([layers.UpSampling2D()(x), levels[level]])
        x = _rectified(_conv(convolution, widths.merged[level], 3, f"merge{level}", every=every)(x))
    x = _rectified(_conv(convolution, widths.head, 3, "head", every=EVERY[0])(x))
    # A rare class from the first step on (Lin et al. 2017): sigmoid(-4.6) is one cell in a hundred.
    rare = keras.initializers.Constant(-4.6)
    heat = layers.Conv2D(
        2, 1, bias_initializer=rare, kernel_initializer="zeros", dtype="float32", name="heat"
    )(x)
    sides = layers.Conv2D(4, 1, dtype="float32", name="sides")(x)
    return keras.Model(page, layers.Concatenate(dtype="float32", name="maps")([heat, sides]), name="proposer")


def _conv(
    convolution: type[layers.Conv2D],
    filters: int,
    size: int,
    name: str,
    *,
    every: int,
    stride: int = 1,
    **more: Option,
) -> Tensor:
    if issubclass(convolution, NormedConv):
        more["every"] = every
    return convolution(filters, size, strides=stride, padding="same", name=name, **more)


def _rectified(x: Tensor) -> Tensor:
    return layers.Activation("relu")(x)


def _residual(convolution: type[layers.Conv2D], x: Tensor, widths: Widths, level: int, name: str) -> Tensor:
    gains: dict[str, Option] = {"first_gain": 0.2} if issubclass(convolution, NormedConv) else {}
    every = EVERY[level]
    y = _rectified(_conv(convolution, widths.inner[level], 3, f"{name}_a", every=every)(x))
    y = _conv(convolution, widths.filters[level], 3, f"{name}_b", every=every, **gains)(y)
    return _rectified(layers.Add()([x, y]))


def plain() -> keras.Model:
    """The network in float32 convolutions, whatever precision training has."""
    policy = keras.mixed_precision.dtype_policy()
    keras.mixed_precision.set_dtype_policy("float32")
    made = network(layers.Conv2D)
    keras.mixed_precision.set_dtype_policy(policy)
    return made


def folded(trained: keras.Model) -> keras.Model:
    """The trained network in plain float32 convolutions, ready to export."""
    shipped = plain()
    fold(trained, shipped)
    return shipped


def of_cells(shipped: keras.Model) -> keras.Model:
    """The shipped network for pages that `model.cells` has cut up: other input, same maps.

    Args:
        shipped: Of plain convolutions, trained.

    Returns:
        uint8 cells (batch, height / 4 + 1, width / 4 + 1, 16) to the maps.
    """
    stem = shipped.get_layer("stem")
    kernel, bias = stem.get_weights()
    across = kernel.shape[0] // CELL
    page = keras.Input((None, None, CELL**2), dtype="uint8", name="cells")
    convolution = layers.Conv2D(stem.filters, across, name="stem")
    x = convolution(layers.Rescaling(1 / 128)(page))
    parts = kernel.reshape(across, CELL, across, CELL, stem.filters).transpose(0, 2, 1, 3, 4)
    convolution.set_weights([parts.reshape(across, across, CELL**2, stem.filters), bias])
    return keras.Model(page, keras.Model(stem.output, shipped.output)(x), name="proposer")
