"""Networks as ONNX graphs: opened on the processor, quietly, and refused in one line."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sonovista.errors import BackendUnavailable

_ERRORS_ONLY = 3
"""Severity from which ONNX Runtime's own log speaks."""


def open_graph(
    graph: bytes | Path, what: str, threads: int = 0, weights: Mapping[str, NDArray[np.float32]] | None = None
) -> Any:
    """A session of ONNX Runtime.

    Args:
        graph: the file's bytes, or the file.
        what: is run, for the message.
        threads: within one operator; 0: as many as there are cores.
        weights: tensors that the graph leaves open, by name.

    Raises:
        BackendUnavailable: ONNX Runtime is not installed, or refuses the graph.
    """
    try:
        import onnxruntime
    except ImportError:
        raise BackendUnavailable(f"{what}: expected ONNX Runtime, found none: pip install onnxruntime") from None
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.log_severity_level = _ERRORS_ONLY
    # Threads that spin for their next work take the processor from whatever runs beside them.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    model = str(graph) if isinstance(graph, Path) else graph
    try:
        if weights:
            values = [onnxruntime.OrtValue.ortvalue_from_numpy(value) for value in weights.values()]
            options.add_external_initializers(list(weights), values)
        return onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    except Exception as error:  # it raises plain errors of many kinds at graphs that it cannot run
        line = " ".join(str(error).split())
        raise BackendUnavailable(f"ONNX Runtime {onnxruntime.__version__} cannot run {what}: {line}") from error
