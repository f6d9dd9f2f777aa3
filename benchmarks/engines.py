"""What runs the proposer fastest on one core: every engine on the same canvases, side by side.

    python -m benchmarks.engines [--quick]

OpenVINO runs the shipped 8-bit file and the Keras file in float32 and bfloat16; TensorFlow runs the Keras
file; ONNX Runtime and LiteRT run it converted, where they and their converters are installed. The difference
is the mean gap of the heat (0 to 1) from TensorFlow's.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table

from benchmarks import figures as bench
from benchmarks.detector import _letters
from model import proposer
from model.engine import OpenVinoEngine
from model.release import read_release

Run = Callable[[NDArray[np.uint8]], NDArray[np.float32]]


def main() -> None:
    """Command line."""
    options = bench.parser(__doc__.splitlines()[0])
    given = options.parse_args()
    canvases = [proposer.canvas(page).ink[None, ..., None] for page in _letters(4 if given.quick else 12)]
    wanted: NDArray[np.float32] | None = None
    table = Table("engine", "CPU ms a page", "start, s", "difference")
    results: dict[str, float] = {}
    for name, start in _engines(read_release().folder):
        began = time.perf_counter()
        run = start()
        heats = np.concatenate([_heat(run(canvas)) for canvas in canvases])
        started = time.perf_counter() - began
        wanted = heats if wanted is None else wanted
        cost = _cpu_milliseconds(run, canvases)
        apart = float(np.abs(heats - wanted).mean())
        table.add_row(name, f"{cost:.1f}", f"{started:.1f}", f"{apart:.5f}")
        results |= {f"{name}_cpu_ms": round(cost, 2), f"{name}_difference": round(apart, 6)}
    Console(stderr=True).print(table)
    bench.report(results)


def _heat(maps: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.asarray(1 / (1 + np.exp(-maps[..., 0])), np.float32)


def _cpu_milliseconds(run: Run, canvases: list[NDArray[np.uint8]]) -> float:
    times = []
    for canvas in canvases * 3:
        began = time.process_time()
        run(canvas)
        times.append(time.process_time() - began)
    return 1000 * float(np.median(times))


def _engines(folder: Path) -> Iterator[tuple[str, Callable[[], Run]]]:
    """Names of engines with what starts each; TensorFlow comes first, as the reference."""
    import keras
    import tensorflow as tf

    tf.config.threading.set_intra_op_parallelism_threads(1)
    tf.config.threading.set_inter_op_parallelism_threads(1)
    network = keras.models.load_model(folder / "proposer.keras", compile=False)
    shape = tf.TensorSpec((1, *proposer.PORTRAIT, 1), tf.uint8)
    traced = tf.function(lambda rows: network(rows, training=False), input_signature=[shape])
    yield "tensorflow", lambda: lambda rows: traced(rows).numpy()
    yield "openvino_f32", lambda: _openvino(traced.get_concrete_function(), "f32")
    yield "openvino_bf16", lambda: _openvino(traced.get_concrete_function(), "bf16")
    yield "openvino_int8", lambda: OpenVinoEngine(1).load(folder, "proposer")
    with tempfile.TemporaryDirectory() as scratch:
        if _installed("ai_edge_litert"):
            yield "litert", lambda: _litert(traced.get_concrete_function())
        if _installed("onnxruntime") and _installed("tf2onnx"):
            yield "onnxruntime", lambda: _onnxruntime(network, Path(scratch) / "proposer.onnx")


def _installed(module: str) -> bool:
    from importlib.util import find_spec

    return find_spec(module) is not None


def _openvino(traced: Any, precision: str) -> Run:  # noqa: ANN401
    import openvino

    core = openvino.Core()
    model = openvino.convert_model(traced)
    model.reshape([1, *proposer.PORTRAIT, 1])
    options = {"INFERENCE_NUM_THREADS": 1, "NUM_STREAMS": 1, "INFERENCE_PRECISION_HINT": precision}
    compiled = core.compile_model(model, "CPU", options)
    return lambda rows: np.asarray(compiled(rows)[0])


def _litert(traced: Any) -> Run:  # noqa: ANN401
    import tensorflow as tf
    from ai_edge_litert.interpreter import Interpreter

    content = tf.lite.TFLiteConverter.from_concrete_functions([traced]).convert()
    interpreter = Interpreter(model_content=content, num_threads=1)
    runner = interpreter.get_signature_runner() if interpreter.get_signature_list() else None

    def run(rows: NDArray[np.uint8]) -> NDArray[np.float32]:
        if runner is not None:
            return np.asarray(next(iter(runner(**{next(iter(runner.get_input_details())): rows}).values())))
        interpreter.allocate_tensors()
        interpreter.set_tensor(interpreter.get_input_details()[0]["index"], rows)
        interpreter.invoke()
        return np.asarray(interpreter.get_tensor(interpreter.get_output_details()[0]["index"]))

    return run


def _onnxruntime(network: Any, path: Path) -> Run:  # noqa: ANN401
    import onnxruntime

    network.export(path, format="onnx", verbose=False)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    (entry,) = session.get_inputs()
    return lambda rows: np.asarray(session.run(None, {entry.name: rows})[0])


if __name__ == "__main__":
    main()
