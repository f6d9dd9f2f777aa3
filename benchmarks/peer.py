"""A peer to compare with: a detector of the size of YOLOv8s (28.6 GFLOP at 640 x 640) in OpenVINO.

Its weights are random, since a convolution takes as long whatever it finds; decoding is done for it as fast
as it is done here, in threads beside the device.
"""

from collections import deque
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from workers.decode import pages

SIDE = 640
GIGAFLOPS = 28.6
"""Multiply-adds counted twice, as the authors of YOLOv8 count them."""

_STAGES = ((32, 0), (64, 2), (128, 4), (256, 4), (512, 3))
"""Channels and 3 x 3 convolutions after each halving of the resolution; YOLOv8s has these widths."""


class Peer:
    """The network, compiled for throughput."""

    def __init__(self) -> None:
        import openvino as ov

        model, self.gigaflops = _network()
        self._compiled = ov.Core().compile_model(model, "CPU", {"PERFORMANCE_HINT": "THROUGHPUT"})

    def run(self, files: Sequence[Path], cores: int) -> int:
        """Decodes and detects.

        Args:
            files: Documents.
            cores: Threads that decode.

        Returns:
            How many pages went through.
        """
        import openvino as ov

        requests = ov.AsyncInferQueue(self._compiled)
        count = 0
        with ThreadPoolExecutor(cores) as decoding:
            remaining = iter(files)
            ahead = deque(decoding.submit(_squares, file) for file in islice(remaining, 4 * cores))
            while ahead:
                for square in ahead.popleft().result():
                    requests.start_async({0: square})
                    count += 1
                ahead.extend(decoding.submit(_squares, file) for file in islice(remaining, 1))
        requests.wait_all()
        return count


def _squares(file: Path) -> list[NDArray[np.float32]]:
    """A document's pages as the network wants them: (1, 3, 640, 640), letterboxed."""
    squares = []
    for page in pages(file):
        scale = SIDE / max(page.shape)
        small = cv2.resize(page, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
        square = np.full((SIDE, SIDE), 114, np.uint8)
        square[: small.shape[0], : small.shape[1]] = small
        pixels = square.astype(np.float32) / np.float32(255)
        squares.append(np.repeat(pixels[None, None], 3, axis=1))
    return squares


def _network() -> tuple[Any, float]:
    """An OpenVINO model of five stages, widened by a last convolution to `GIGAFLOPS`; and its GFLOP."""
    import openvino as ov
    from openvino import opset13 as ops

    rng = np.random.default_rng(0)
    flops = 0.0

    def convolution(x: Any, inside: int, outside: int, side: int, stride: int) -> Any:  # noqa: ANN401
        nonlocal flops
        flops += 2 * 9 * inside * outside * side * side
        weights = rng.normal(0, (2 / (9 * inside)) ** 0.5, (outside, inside, 3, 3)).astype(np.float32)
        y = ops.convolution(x, ops.constant(weights), [stride, stride], [1, 1], [1, 1], [1, 1])
        return ops.swish(y)

    pixels = ops.parameter([1, 3, SIDE, SIDE], np.float32)
    x, channels, side = pixels, 3, SIDE
    for width, depth in _STAGES:
        side //= 2
        x = convolution(x, channels, width, side, 2)
        channels = width
        for _ in range(depth):
            x = convolution(x, width, width, side, 1)
    missing = GIGAFLOPS * 1e9 - flops
    x = convolution(x, channels, max(1, round(missing / (2 * 9 * channels * side * side))), side, 1)
    return ov.Model([ops.reduce_max(x, ops.constant([2, 3]), keep_dims=False)], [pixels]), flops / 1e9
