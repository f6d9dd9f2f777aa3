"""Names for what TensorFlow and Keras hand about; both publish no types."""

from typing import Any

Tensor = Any
"""A TensorFlow or Keras tensor; docstrings give shape and dtype."""

Network = Any
"""A Keras model or layer."""

Function = Any
"""A concrete `tf.function`, as a SavedModel offers it."""

Batches = Any
"""A `tf.data.Dataset` of batches."""
