"""The trained depth head as it is shipped: safetensors, ONNX, and a card of its figures.

Run: python -m sonovista.heads.depth_shipping RENDERS RUN [--output FOLDER]
"""

import argparse
import json
from pathlib import Path

import numpy as np

from sonovista.heads.depth_network import FEATURES, LAYERS, OUT, DepthHead
from sonovista.heads.depth_training import COLUMNS, ROWS, evaluate, names, read_network, read_state

NAME = "depth-small-2"
DATA = Path(__file__).parent.parent / "generate" / "depth" / "data"


def export(model: DepthHead, folder: Path) -> None:
    """Write `NAME.safetensors` and `NAME.onnx`; the latter takes pictures of any size."""
    import torch
    from safetensors.torch import save_file

    folder.mkdir(parents=True, exist_ok=True)
    save_file({key: value.contiguous() for key, value in model.state_dict().items()}, folder / f"{NAME}.safetensors")
    example = torch.zeros(1, len(LAYERS) * FEATURES, ROWS, COLUMNS), torch.zeros(1, 3, ROWS * OUT, COLUMNS * OUT)
    rows, columns = torch.export.Dim("rows", min=2, max=200), torch.export.Dim("columns", min=2, max=200)
    torch.onnx.export(
        model.eval(),
        example,
        folder / f"{NAME}.onnx",
        input_names=["features", "picture"],
        output_names=["output"],
        dynamic_shapes=({2: rows, 3: columns}, {2: OUT * rows, 3: OUT * columns}),
        dynamo=True,
        external_data=False,
        verbose=False,
    )
    _without_traces(folder / f"{NAME}.onnx")


def _without_traces(path: Path) -> None:
    """Take out of a network's file where in a program each node was made: paths of one machine, of use to nobody."""
    import onnx

    network = onnx.load(path)
    graph = network.graph
    for part in (network, graph, *graph.node, *graph.value_info, *graph.input, *graph.output, *graph.initializer):
        del part.metadata_props[:]
    onnx.save(network, path)


def compare(model: DepthHead, folder: Path) -> float:
    """Largest difference between the network and its ONNX form on noise of two sizes."""
    import onnxruntime
    import torch

    session = onnxruntime.InferenceSession(folder / f"{NAME}.onnx", providers=["CPUExecutionProvider"])
    worst = 0.0
    for rows, columns in ((ROWS, COLUMNS), (30, 17)):
        generator = torch.Generator().manual_seed(rows)
        features = torch.randn(1, len(LAYERS) * FEATURES, rows, columns, generator=generator)
        picture = torch.rand(1, 3, rows * OUT, columns * OUT, generator=generator) - 0.5
        with torch.no_grad():
            wanted = model(features, picture).numpy()
        found = session.run(None, {"features": features.numpy(), "picture": picture.numpy()})[0]
        worst = max(worst, float(np.abs(np.asarray(found) - wanted).max()))
    return worst


def main() -> None:
    """Export the run's network and print its figures on the test part, by kind of scene."""
    import torch

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("renders", type=Path)
    parser.add_argument("run", type=Path)
    parser.add_argument("--output", type=Path, default=DATA)
    parser.add_argument("--figures", action="store_true", help="measure on the renders of the test part")
    parser.add_argument("--scenes", type=int, default=0, help="only on scenes with a lower number; 0: on all")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    model = read_network(arguments.run / "state.safetensors")
    _, record = read_state(arguments.run / "state.safetensors")
    export(model, arguments.output)
    report: dict[str, object] = {"steps": int(record["step"]), "onnx_differs_by": compare(model, arguments.output)}
    if arguments.figures:
        report["crops"] = {which: len(names(arguments.renders, which)) for which in ("train", "validation", "test")}
        for kind in ("", "outdoor", "room"):
            report[f"test {kind}".strip()] = evaluate(
                arguments.renders, model, "test", kind=kind, scenes=arguments.scenes
            )
    print(json.dumps(report, indent=1))


if __name__ == "__main__":
    main()
