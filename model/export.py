"""Writes a crop network as a SavedModel that TensorFlow Serving and Vertex AI load as it is."""

from collections.abc import Callable
from pathlib import Path

from model.tensors import Network, Tensor


def export(network: Network, p_signature: Callable[[Tensor], Tensor], folder: Path) -> None:
    """Exports a crop network.

    Two signatures: `serving_default` takes `image_bytes` (encoded crops), `ink` takes prepared arrays; both
    answer `p_signature` and `label`.

    Args:
        network: Keras model from ink (n, HEIGHT, WIDTH, 1) to its outputs.
        p_signature: The recipe's function from outputs to p(signature).
        folder: Where the SavedModel goes; what is there is overwritten.
    """
    import tensorflow as tf

    from model.serving import ServedClassifier

    served = ServedClassifier(network, p_signature)
    tf.saved_model.save(served, str(folder), signatures=served.signatures())
