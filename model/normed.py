"""A convolution with batch normalisation that trains fast on a CPU, and how it becomes a plain one and back.

Batch normalisation as TensorFlow has it took half of the training time on a CPU in bfloat16, so its
statistics are sampled; without any (standardised kernels, Brock et al. 2021) the heat maps would not settle.
It is folded into plain convolutions to ship, and unfolded to train on.
"""

from collections.abc import Sequence
from typing import Any, Final

import keras
import numpy as np
from keras import layers, ops
from numpy.typing import NDArray

from model.tensors import Network, Tensor

Option = Any
Store = Any
"""What Keras passes through and saves into."""

MEMORY: Final = 0.98
"""Momentum of the moving statistics."""

TINY: Final = 1e-3
"""Added to variances."""


@keras.saving.register_keras_serializable("countersign")
class NormedConv(layers.Conv2D):  # type: ignore[misc]
    """A convolution and a batch normalisation (Ioffe and Szegedy 2015) whose statistics are sampled."""

    def __init__(self, *args: Option, first_gain: float = 1.0, every: int = 1, **options: Option) -> None:
        """Takes Conv2D's arguments.

        Args:
            *args: Conv2D's.
            first_gain: Where the gains start.
            every: Rows and columns from one that counts in the statistics to the next.
            **options: Conv2D's.
        """
        super().__init__(*args, autocast=False, **options)
        self.every = every
        self.memory = MEMORY
        self.first_gain = first_gain

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        """Adds gains and moving statistics."""
        super().build(input_shape)
        shape = (self.filters,)
        start = keras.initializers.Constant(self.first_gain)
        self.gain = self.add_weight(shape=shape, initializer=start, name="gain")
        self.mean = self.add_weight(shape=shape, initializer="zeros", trainable=False, name="mean")
        self.variance = self.add_weight(shape=shape, initializer="ones", trainable=False, name="variance")

    def _kept(self) -> tuple[Any, ...]:
        return self._kernel, self.bias, self.gain, self.mean, self.variance

    def save_own_variables(self, store: Store) -> None:
        """All five; Conv2D would save only its own two."""
        for index, variable in enumerate(self._kept()):
            store[str(index)] = variable

    def load_own_variables(self, store: Store) -> None:
        """Reads what `save_own_variables` wrote."""
        for index, variable in enumerate(self._kept()):
            variable.assign(store[str(index)])

    def folded(self) -> list[np.ndarray[Any, Any]]:
        """Kernel and bias of the plain convolution that does the same, float32."""
        kernel, bias, gain, mean, variance = (variable.numpy() for variable in self._kept())
        scale = gain / np.sqrt(variance + TINY)
        return [kernel * scale, bias - mean * scale]

    def unfolded(
        self,
        kernel: NDArray[np.float32],
        bias: NDArray[np.float32],
        mean: NDArray[np.float32],
        variance: NDArray[np.float32],
    ) -> None:
        """Takes over a plain convolution.

        Args:
            kernel: Its kernel.
            bias: Its bias, (filters,).
            mean: Of what it gave, bias included, (filters,).
            variance: Likewise.
        """
        wanted = kernel, mean, np.sqrt(variance + TINY), mean - bias, variance
        for variable, value in zip(self._kept(), wanted, strict=True):
            variable.assign(value)

    def call(self, inputs: Tensor, training: bool = False) -> Tensor:
        """Convolves and normalises at once; the statistics are those of a coarser convolution."""
        inputs = ops.cast(inputs, self.compute_dtype)
        mean, variance = self.mean, self.variance
        if training:
            strides = tuple(stride * self.every for stride in self.strides)
            kernel = ops.cast(self._kernel, self.compute_dtype)
            sampled = ops.conv(inputs, kernel, strides=strides, padding="same")
            mean, variance = ops.moments(ops.cast(sampled, "float32"), axes=(0, 1, 2))
            for moving, now in ((self.mean, mean), (self.variance, variance)):
                moving.assign(moving * self.memory + now * (1 - self.memory))
        scale = self.gain * ops.rsqrt(variance + TINY)
        kernel = ops.cast(self._kernel * scale, self.compute_dtype)
        out = ops.conv(inputs, kernel, strides=self.strides, padding="same")
        return out + ops.cast(self.bias - mean * scale, self.compute_dtype)


def settle(model: Network, pages: Sequence[NDArray[np.uint8]]) -> None:
    """Takes the statistics anew for averaged weights; those kept in training belong to each step's.

    Args:
        model: Trained; its statistics are replaced.
        pages: Batches to average over, each an input of the network.
    """
    normed = [layer for layer in model.layers if isinstance(layer, NormedConv)]
    for index, batch in enumerate(pages):
        for layer in normed:
            layer.memory = index / (index + 1)
        model(batch, training=True)
    for layer in normed:
        layer.memory = MEMORY


def fold(trained: Network, plain: Network) -> None:
    """Gives a plain network, whose layers have the same names, what the trained one knows.

    Args:
        trained: Of NormedConv.
        plain: Of Conv2D in float32; its weights are replaced.
    """
    for layer in trained.layers:
        if isinstance(layer, NormedConv):
            plain.get_layer(layer.name).set_weights(layer.folded())
        elif layer.weights:
            plain.get_layer(layer.name).set_weights(layer.get_weights())


def unfold(plain: Network, trained: Network, pages: Sequence[NDArray[np.uint8]]) -> None:
    """The way back: the network of NormedConv then does what the plain one does, on such pages.

    Args:
        plain: Of Conv2D.
        trained: Of NormedConv, whose layers have the same names; its weights are replaced.
        pages: Batches whose statistics count.
    """
    normed = [layer for layer in trained.layers if isinstance(layer, NormedConv)]
    moments = _moments_of(plain, [layer.name for layer in normed], pages)
    for layer, (mean, variance) in zip(normed, moments, strict=True):
        kernel, bias = plain.get_layer(layer.name).get_weights()
        layer.unfolded(kernel, bias, mean, variance)
    for layer in trained.layers:
        if layer.weights and not isinstance(layer, NormedConv):
            layer.set_weights(plain.get_layer(layer.name).get_weights())


def _moments_of(
    plain: Network, names: Sequence[str], pages: Sequence[NDArray[np.uint8]]
) -> list[NDArray[np.float32]]:
    """Mean and variance of every filter of some layers, (2, filters) each, on some pages."""
    outputs = keras.Model(plain.inputs[0], [plain.get_layer(name).output for name in names])
    seen = [[_moments(one) for one in outputs(batch)] for batch in pages]
    return [np.mean(batches, axis=0) for batches in zip(*seen, strict=True)]


def _moments(values: Tensor) -> NDArray[np.float32]:
    return np.stack(ops.moments(ops.cast(values, "float32"), axes=(0, 1, 2)))
