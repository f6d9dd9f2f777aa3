"""Names for what TensorFlow and Keras hand about; both publish no types."""

from typing import Any

Tensor = Any
"""A TensorFlow or Keras tensor; docstrings give shape and dtype."""

Network = Any
"""A Keras model or layer."""

Function = Any
"""A concrete `tf.function`, as a SavedModel offers it."""


def has_gpu() -> bool:
    """Whether Keras, on whichever backend, computes on a GPU."""
    import keras

    return any(device.startswith("gpu") for device in keras.distribution.list_devices())
