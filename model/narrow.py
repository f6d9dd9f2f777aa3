"""Makes a smaller network out of a trained one: filters that say least are left out.

What is left goes on learning, with the whole one as its teacher (`model.recipes.proposer`).
"""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from model.normed import moments_of
from model.tensors import Network


def narrow(
    whole: Network,
    smaller: Network,
    readers: Mapping[str, Sequence[str]],
    pages: Sequence[NDArray[np.uint8]],
) -> None:
    """Gives a network with fewer filters what the whole one knows.

    A filter says as much as its mean square, after the rectifier, times the squares of the weights that read
    it. Where it is left out, its mean goes into the biases of its readers (Ye et al. 2018, "Rethinking the
    Smaller-Norm-Less-Informative Assumption in Channel Pruning of Convolution Layers").

    Args:
        whole: Trained, of Conv2D, rectified between each layer and its readers.
        smaller: Its layers have the same names, those in `readers` may have fewer filters; its weights are
            replaced.
        readers: Name of a layer to the names of the layers that alone see what it gives.
        pages: Batches, inputs of the network, by which its filters are judged.
    """
    kept = {layer.name: layer.get_weights() for layer in whole.layers if layer.weights}
    moments = moments_of(whole, list(readers), pages, rectified=True)
    for name, (means, variances) in zip(readers, moments, strict=True):
        count = smaller.get_layer(name).filters
        read = sum(np.square(kept[reader][0]).sum(axis=(0, 1, 3)) for reader in readers[name])
        best = np.sort(np.argsort(-(means**2 + variances) * read)[:count])
        left = np.setdiff1d(np.arange(len(means)), best)
        kept[name] = [weights[..., best] for weights in kept[name]]
        for reader in readers[name]:
            kernel, bias = kept[reader]
            lost = np.einsum("hwio,i->o", kernel[:, :, left], means[left])
            kept[reader] = [kernel[:, :, best], bias + lost]
    for name, weights in kept.items():
        smaller.get_layer(name).set_weights(weights)
