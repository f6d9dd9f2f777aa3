"""Augmentation of ink as Keras layers: what pens, scanners and photocopiers do to a crop.

Rotation, rescaling and zoom are Keras's own layers; these add what Keras lacks. Each takes and gives ink in
[0, 1], shape (batch, height, width, 1), and does nothing outside training.
"""

from typing import Any

import keras
from keras import ops, random

from model.tensors import Tensor


@keras.saving.register_keras_serializable("countersign")
class RandomFrame(keras.layers.Layer):  # type: ignore[misc]
    """Rotation, shear, rescale, zoom and shift in one resampling; five in a row cost and blur five times."""

    def __init__(
        self,
        rotation: float,
        shear: float,
        rescale: float,
        zoom: tuple[float, float],
        shift: float,
        seed: int = 0,
        **options: object,
    ) -> None:
        """Builds the layer.

        Args:
            rotation: Largest turn either way, in radians.
            shear: Largest slant either way, as a slope.
            rescale: Largest change of height and of width, each on its own, as a share.
            zoom: Smallest and largest size of both together.
            shift: Largest move, as a share of height and of width.
            seed: Seed of the choices.
            **options: Of `keras.layers.Layer`.
        """
        super().__init__(**options)
        self.rotation, self.shear, self.rescale, self.zoom, self.shift = rotation, shear, rescale, zoom, shift
        self.seed = seed
        self.generator = random.SeedGenerator(seed)
        # XLA cannot compile what TensorFlow resamples with.
        self.supports_jit = keras.backend.backend() != "tensorflow"

    def call(self, ink: Tensor, training: bool = False) -> Tensor:
        """Frames each image anew."""
        if not training:
            return ink
        count, height, width = ops.shape(ink)[:3]

        def draw(low: float, high: float) -> Tensor:
            return random.uniform((count,), low, high, seed=self.generator)

        turn, slant = draw(-self.rotation, self.rotation), draw(-self.shear, self.shear)
        size = draw(*self.zoom)
        wide, high = (size * draw(1 - self.rescale, 1 + self.rescale) for _ in range(2))
        x, y = draw(-self.shift, self.shift) * width, draw(-self.shift, self.shift) * height
        # Output to input: turned and slanted about the centre, then divided by the size.
        a, b = ops.cos(turn) / wide, (slant * ops.cos(turn) - ops.sin(turn)) / wide
        c, d = ops.sin(turn) / high, (slant * ops.sin(turn) + ops.cos(turn)) / high
        middle_x, middle_y = (width - 1) / 2, (height - 1) / 2
        e = middle_x - a * (middle_x + x) - b * (middle_y + y)
        f = middle_y - c * (middle_x + x) - d * (middle_y + y)
        zero = ops.zeros_like(a)
        matrix = ops.stack([a, b, e, c, d, f, zero, zero], axis=1)
        return ops.image.affine_transform(ink, matrix, fill_mode="constant", fill_value=0)

    def get_config(self) -> dict[str, Any]:
        """What rebuilds the layer."""
        chosen = {
            name: getattr(self, name) for name in ("rotation", "shear", "rescale", "zoom", "shift", "seed")
        }
        return {**super().get_config(), **chosen}


@keras.saving.register_keras_serializable("countersign")
class RandomPenWidth(keras.layers.Layer):  # type: ignore[misc]
    """Thickens or thins strokes by up to a pixel: pens and exposure differ more than writers do."""

    def __init__(self, share: float = 0.4, seed: int = 0, **options: object) -> None:
        """Builds the layer.

        Args:
            share: Share of the images thickened; half as many are thinned by half as much.
            seed: Seed of the choice.
            **options: Of `keras.layers.Layer`.
        """
        super().__init__(**options)
        self.share, self.seed = share, seed
        self.generator = random.SeedGenerator(seed)

    def call(self, ink: Tensor, training: bool = False) -> Tensor:
        """Thickens some images and thins others."""
        if not training:
            return ink
        chance, much = (random.uniform((ops.shape(ink)[0], 1, 1, 1), seed=self.generator) for _ in range(2))
        thick = ink + much * (_highest_around(ink) - ink)
        thin = ink + much / 2 * (-_highest_around(-ink) - ink)
        return ops.where(chance < self.share, thick, ops.where(chance > 1 - self.share / 2, thin, ink))

    def get_config(self) -> dict[str, Any]:
        """What rebuilds the layer."""
        return {**super().get_config(), "share": self.share, "seed": self.seed}


@keras.saving.register_keras_serializable("countersign")
class RandomScan(keras.layers.Layer):  # type: ignore[misc]
    """Fades ink, blurs it, adds grain and drops some images to one bit, as fax and photocopy do."""

    def __init__(self, blurred: float = 0.3, one_bit: float = 0.15, seed: int = 0, **options: object) -> None:
        """Builds the layer.

        Args:
            blurred: Share of the images blurred.
            one_bit: Share of the images thresholded.
            seed: Seed of the choices.
            **options: Of `keras.layers.Layer`.
        """
        super().__init__(**options)
        self.blurred, self.one_bit, self.seed = blurred, one_bit, seed
        self.generator = random.SeedGenerator(seed)

    def call(self, ink: Tensor, training: bool = False) -> Tensor:
        """Degrades each image in its own way."""
        if not training:
            return ink
        count = ops.shape(ink)[0]

        def draw(low: float, high: float) -> Tensor:
            return random.uniform((count, 1, 1, 1), low, high, seed=self.generator)

        softened = ink + draw(0, 1) * (ops.average_pool(ink, 3, 1, "same") - ink)
        soft = ops.where(draw(0, 1) < self.blurred, softened, ink)
        # A power, as processors compute it four times faster.
        faded = ops.exp(draw(0.7, 1.5) * ops.log(ops.maximum(soft, 1e-12))) * draw(0.6, 1.0)
        grain = random.normal(ops.shape(ink), stddev=1.0, seed=self.generator) * draw(0, 0.05)
        grey = ops.clip(faded + grain, 0, 1)
        crisp = ops.cast(soft > draw(0.2, 0.6), ink.dtype)
        return ops.where(draw(0, 1) < self.one_bit, crisp, grey)

    def get_config(self) -> dict[str, Any]:
        """What rebuilds the layer."""
        return {
            **super().get_config(),
            "blurred": self.blurred,
            "one_bit": self.one_bit,
            "seed": self.seed,
        }


def _highest_around(values: Tensor) -> Tensor:
    """The highest of the 3x3 pixels around each, of values from -1 on; twice as fast as pooling."""
    around = ops.pad(values, [[0, 0], [1, 1], [1, 1], [0, 0]], constant_values=-1.0)
    rows = ops.maximum(ops.maximum(around[:, :-2], around[:, 1:-1]), around[:, 2:])
    return ops.maximum(ops.maximum(rows[:, :, :-2], rows[:, :, 1:-1]), rows[:, :, 2:])
