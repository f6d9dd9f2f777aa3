"""The classifier as one TensorFlow graph, image bytes to scores, for TensorFlow Serving and Vertex AI.

The steps of `model.crops.normalise` are repeated here in TensorFlow, because a SavedModel can hold nothing
else; a test holds the two together on real and rendered crops.
"""

from collections.abc import Callable
from typing import Final

import tensorflow as tf

from model import crops
from model.tensors import Function, Network, Tensor

PNG_HEADER: Final = 26
"""Bytes of a PNG up to its bit depth and colour type."""


class ServedClassifier(tf.Module):  # type: ignore[misc]
    """A crop network with everything before it, ready to be saved or called."""

    def __init__(self, network: Network, p_signature: Callable[[Tensor], Tensor]) -> None:
        """Wraps a network.

        Args:
            network: Keras model from ink (n, HEIGHT, WIDTH, 1) to its outputs.
            p_signature: The recipe's function from outputs to p(signature), shape (n,).
        """
        super().__init__(name="classifier")
        self.network = network
        self._p_signature = p_signature

    @tf.function(input_signature=[tf.TensorSpec([None], tf.string, name="image_bytes")])  # type: ignore[untyped-decorator]
    def from_bytes(self, image_bytes: Tensor) -> dict[str, Tensor]:
        """Judges encoded crops.

        Args:
            image_bytes: Shape (n,): JPEG, PNG, BMP or GIF files, one crop each.

        Returns:
            `p_signature` float32 (n,) and `label` string (n,): `signature` or `other`.
        """
        spec = tf.TensorSpec((crops.HEIGHT, crops.WIDTH), tf.float32)
        ink = tf.map_fn(lambda data: normalise(decode(data)), image_bytes, fn_output_signature=spec)
        return self._answer(ink[..., tf.newaxis])

    @tf.function(  # type: ignore[untyped-decorator]
        input_signature=[tf.TensorSpec([None, crops.HEIGHT, crops.WIDTH, 1], tf.float32, name="ink")]
    )
    def from_ink(self, ink: Tensor) -> dict[str, Tensor]:
        """Judges crops that `model.crops.normalise` has prepared.

        Args:
            ink: Shape (n, HEIGHT, WIDTH, 1) in [0, 1].

        Returns:
            As `from_bytes`.
        """
        return self._answer(ink)

    def signatures(self) -> dict[str, Function]:
        """What a SavedModel of it offers, by name."""
        return {
            "serving_default": self.from_bytes.get_concrete_function(),
            "ink": self.from_ink.get_concrete_function(),
        }

    def _answer(self, ink: Tensor) -> dict[str, Tensor]:
        score = self._p_signature(self.network(ink, training=False))
        return {"p_signature": score, "label": tf.where(score >= 0.5, "signature", "other")}


def decode(data: Tensor) -> Tensor:
    """An encoded image as grey on white.

    Args:
        data: Scalar string tensor.

    Returns:
        float32 (height, width), 0 to 255.
    """
    start = tf.strings.join([tf.strings.substr(data, 0, PNG_HEADER), b"\0" * PNG_HEADER])
    header = tf.io.decode_raw(tf.strings.substr(start, 0, PNG_HEADER), tf.uint8)
    # Below eight bits a sample TensorFlow makes up an alpha of 1 in 255; such files have none worth keeping.
    may_be_clear = tf.reduce_all(header[:4] == list(b"\x89PNG")) & (header[24] >= 8)
    pixels = tf.cond(
        may_be_clear,
        lambda: tf.cast(tf.io.decode_png(data, channels=4), tf.float32),
        lambda: _opaque(tf.io.decode_image(data, channels=3, expand_animations=False)),
    )
    alpha = pixels[..., 3:] / 255
    return tf.round(tf.image.rgb_to_grayscale(pixels[..., :3] * alpha + 255 * (1 - alpha))[..., 0])


def normalise(image: Tensor) -> Tensor:
    """`model.crops.normalise` in TensorFlow.

    Args:
        image: float32 (height, width), 0 to 255, dark ink on light paper.

    Returns:
        float32 (HEIGHT, WIDTH) in [0, 1].
    """
    longest = tf.cast(tf.reduce_max(tf.shape(image)), tf.float64)
    ink = _ink(tf.round(_resized(image, tf.minimum(crops.WORKING_SIDE / longest, 1.0))))
    blank = tf.zeros((crops.HEIGHT, crops.WIDTH), tf.float32)
    placed = tf.cond(tf.reduce_any(ink > 0), lambda: _place(ink), lambda: blank)
    return tf.ensure_shape(tf.round(placed * 255) / 255, blank.shape)


def _opaque(rgb: Tensor) -> Tensor:
    pixels = tf.cast(rgb, tf.float32)
    return tf.concat([pixels, tf.fill(tf.concat([tf.shape(pixels)[:2], [1]], 0), 255.0)], axis=-1)


def _resized(image: Tensor, scale: Tensor) -> Tensor:
    size = tf.cast(tf.maximum(tf.round(tf.cast(tf.shape(image), tf.float64) * scale), 1), tf.int32)
    batch = image[tf.newaxis, ..., tf.newaxis]
    smaller = tf.cond(
        scale < 1,
        lambda: tf.image.resize(batch, size, method="area"),
        lambda: tf.image.resize(batch, size, method="bilinear"),
    )
    return smaller[0, ..., 0]


def _ink(image: Tensor) -> Tensor:
    window, batch = crops.PAPER_WINDOW, image[tf.newaxis, ..., tf.newaxis]
    for pool in (tf.nn.max_pool2d, tf.nn.avg_pool2d):
        batch = pool(pool(batch, (window, 1), 1, "SAME"), (1, window), 1, "SAME")
    paper = batch[0, ..., 0]
    ink = tf.clip_by_value(1 - image / tf.maximum(paper, 1), 0, 1)
    ranked = tf.sort(tf.reshape(ink, [-1]))
    count = tf.size(ranked)
    darkest = tf.maximum(ranked[count - 1 - count // 100], crops.LEAST_CONTRAST)
    grain = tf.minimum(2 * ranked[count // 2], crops.MOST_GRAIN * darkest)
    stretched = tf.clip_by_value((ink - grain) / (darkest - grain), 0, 1)
    return tf.where(stretched < crops.NOISE, 0.0, stretched)


def _place(ink: Tensor) -> Tensor:
    top, bottom = _extent(tf.reduce_sum(ink, axis=1))
    left, right = _extent(tf.reduce_sum(ink, axis=0))
    extent = tf.cast(tf.stack([bottom - top, right - left]), tf.float64)
    room = tf.constant([crops.HEIGHT - 2 * crops.MARGIN, crops.WIDTH - 2 * crops.MARGIN], tf.float64)
    scale = tf.reduce_min(room / extent)
    placed = _resized(ink[top:bottom, left:right], scale)
    size = tf.shape(placed)
    before = (tf.constant([crops.HEIGHT, crops.WIDTH]) - size) // 2
    after = tf.constant([crops.HEIGHT, crops.WIDTH]) - size - before
    return tf.pad(placed, tf.stack([before, after], axis=1))


def _extent(profile: Tensor) -> tuple[Tensor, Tensor]:
    mass = tf.cumsum(tf.cast(profile, tf.float64))
    first = tf.searchsorted(mass, [mass[-1] * crops.INK_TRIM], side="right")[0]
    last = tf.searchsorted(mass, [mass[-1] * (1 - crops.INK_TRIM)], side="left")[0]
    return first, tf.maximum(first, last) + 1
