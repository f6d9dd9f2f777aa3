"""What runs the networks: OpenVINO on a CPU, TensorFlow on a GPU. Same numbers, same face.

OpenVINO starts in a fraction of a second and is the fastest on every CPU measured (`benchmarks/engines.py`);
TensorFlow, which takes seconds to import, is loaded only where it is asked for or a GPU is there.
"""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import Any, Final, Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from model.cells import CELL, cells
from model.errors import EngineUnavailable, WrongRelease
from model.threads import cores

EngineName = Literal["auto", "openvino", "tensorflow"]

OpenVino = Any
Keras = Any
TensorFlow = Any
"""These libraries publish no types."""

CPU_BATCH: Final = 8
GPU_BATCH: Final = 32
"""Rows a device is given at a time, always the same number, so that nothing is compiled or traced anew."""

SMALL_ROW: Final = 2**16
"""Values of a row up to which a CPU gains by CPU_BATCH rows together: crops have fewer, pages more."""


class Network(Protocol):
    """A network ready to run."""

    def __call__(self, rows: NDArray[Any]) -> NDArray[np.float32]:
        """Runs it.

        Args:
            rows: (n, height, width, 1), n from 0.

        Returns:
            float32 (n, ...).
        """


class Engine(Protocol):
    """Loads the networks of a release."""

    def load(self, folder: Path, name: str) -> Network:
        """Loads the network `name` from a release's folder.

        Raises:
            WrongRelease: its file cannot be loaded.
        """


def choose_engine(name: EngineName, threads: int | None) -> Engine:
    """Chooses an engine.

    Args:
        name: Its name; auto takes TensorFlow where a GPU can be used and OpenVINO otherwise.
        threads: Cores to use; None is all.

    Returns:
        The engine.

    Raises:
        EngineUnavailable: it is not installed.
    """
    if name == "auto":
        name = "tensorflow" if _gpu() else "openvino"
    return TensorFlowEngine(threads) if name == "tensorflow" else OpenVinoEngine(threads)


class OpenVinoEngine:
    """Runs a network's OpenVINO file on the CPU, one page or one batch of crops a core."""

    def __init__(self, threads: int | None) -> None:
        """Prepares.

        Args:
            threads: Cores to use; None is all.

        Raises:
            EngineUnavailable: OpenVINO is not installed.
        """
        try:
            import openvino
        except ImportError:
            raise EngineUnavailable("openvino") from None
        self._core = openvino.Core()
        streams = threads or cores()
        self._options = {
            "INFERENCE_NUM_THREADS": streams,
            "NUM_STREAMS": streams,
            "PERFORMANCE_HINT": "THROUGHPUT",
            "INFERENCE_PRECISION_HINT": "f32",
            "ENABLE_CPU_PINNING": False,
        }

    def load(self, folder: Path, name: str) -> Network:
        """Loads `name`.xml; see `Engine.load`."""
        try:
            model = self._core.read_model(folder / f"{name}.xml")
            return _OpenVinoNetwork(self._core, model, self._options)
        except RuntimeError as error:
            raise WrongRelease(f"{folder / name}.xml: {str(error).splitlines()[0]}") from None


class _OpenVinoNetwork:
    """A network compiled once for each shape of input it meets.

    Small rows go to the device CPU_BATCH at a time, what is left over one by one: no row is ever padded, so a
    single one costs no more than itself. Where its file takes pages in cells, it cuts them up.
    """

    def __init__(self, core: OpenVino, model: OpenVino, options: dict[str, Any]) -> None:
        self._core, self._model, self._options = core, model, options
        self._celled = model.input(0).partial_shape[3] == CELL**2
        self._compiled: dict[tuple[int, ...], OpenVino] = {}

    def __call__(self, rows: NDArray[Any]) -> NDArray[np.float32]:
        """Runs it; see `Network`."""
        batch = CPU_BATCH if rows[0].size <= SMALL_ROW else 1
        whole = len(rows) - len(rows) % batch
        parts = [self._run(rows[:whole], batch), self._run(rows[whole:], 1)]
        return np.concatenate([part for part in parts if part is not None])

    def _run(self, rows: NDArray[Any], batch: int) -> NDArray[np.float32] | None:
        """Runs rows, a multiple of `batch`, that many at a time; None of none."""
        if not len(rows):
            return None
        queue = self._queue((batch, *rows.shape[1:]))
        results: dict[int, NDArray[np.float32]] = {}

        def keep(request: OpenVino, start: int) -> None:
            results[start] = request.get_output_tensor().data.copy()

        queue.set_callback(keep)
        for start in range(0, len(rows), batch):
            queue.start_async({0: self._taken(rows[start : start + batch])}, start)
        queue.wait_all()
        return np.concatenate([results[start] for start in range(0, len(rows), batch)])

    def _taken(self, rows: NDArray[Any]) -> NDArray[Any]:
        """Rows as the network's file takes them."""
        return cells(rows) if self._celled else rows

    def _queue(self, shape: tuple[int, ...]) -> OpenVino:
        """What runs rows of a shape."""
        if shape not in self._compiled:
            import openvino

            self._model.reshape(list(self._taken(np.empty(shape, np.uint8)).shape))
            compiled = self._core.compile_model(self._model, "CPU", self._options)
            self._compiled[shape] = openvino.AsyncInferQueue(compiled)
        return self._compiled[shape]


class TensorFlowEngine:
    """Runs a network's Keras file in TensorFlow, in batches of one size."""

    def __init__(self, threads: int | None) -> None:
        """Prepares.

        Args:
            threads: Cores to use; None is all. It holds for the process and only before TensorFlow first
            runs.

        Raises:
            EngineUnavailable: TensorFlow is not installed.
        """
        try:
            import tensorflow
        except ImportError:
            raise EngineUnavailable("tensorflow") from None
        if threads:
            _limit(tensorflow, threads)
        _share_gpus(tensorflow)
        self._batch = GPU_BATCH if _gpu() else CPU_BATCH

    def load(self, folder: Path, name: str) -> Network:
        """Loads `name`.keras; see `Engine.load`."""
        import keras

        try:
            model = keras.models.load_model(folder / f"{name}.keras", compile=False)
        except (OSError, ValueError, KeyError) as error:
            raise WrongRelease(f"{folder / name}.keras: {error}") from None
        return _TensorFlowNetwork(model, self._batch)


class _TensorFlowNetwork:
    """A Keras model traced once for each shape of row."""

    def __init__(self, model: Keras, batch: int) -> None:
        import tensorflow

        self._batch = batch
        self._run = tensorflow.function(lambda rows: model(rows, training=False), reduce_retracing=False)

    def __call__(self, rows: NDArray[Any]) -> NDArray[np.float32]:
        """Runs it; see `Network`."""
        parts = []
        for start in range(0, len(rows), self._batch):
            part = rows[start : start + self._batch]
            spare = self._batch - len(part)
            padded = np.concatenate([part, np.zeros((spare, *part.shape[1:]), part.dtype)]) if spare else part
            parts.append(np.asarray(self._run(padded))[: len(part)])
        return np.concatenate(parts)


def _limit(tensorflow: TensorFlow, threads: int) -> None:
    # Where TensorFlow is running already, with what it was given, results do not depend on it.
    with suppress(RuntimeError):
        tensorflow.config.threading.set_intra_op_parallelism_threads(threads)
        tensorflow.config.threading.set_inter_op_parallelism_threads(1)


def _share_gpus(tensorflow: TensorFlow) -> None:
    """Takes GPU memory as it is needed: by default the first process takes all, and a second one fails."""
    for gpu in tensorflow.config.list_physical_devices("GPU"):
        with suppress(RuntimeError):  # it computes already, with what it was given
            tensorflow.config.experimental.set_memory_growth(gpu, True)


def _gpu() -> bool:
    """Whether TensorFlow sees a GPU; it is imported only where there is a driver for one."""
    from importlib.util import find_spec

    if not Path("/dev/nvidiactl").exists() or find_spec("tensorflow") is None:
        return False
    import tensorflow

    return bool(tensorflow.config.list_physical_devices("GPU"))
