"""A run's tensors between torch and a checkpoint."""

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from sonovista.errors import InputError


class MovingAverage:
    """An exponential moving average of a module's weights; whole numbers (counts) are copied.

    Args:
        module: whose weights are followed.
        decay: of the average; at step n it is at most (1 + n) / (10 + n), so that the start is soon forgotten.
    """

    def __init__(self, module: nn.Module, decay: float) -> None:
        self.decay = decay
        self.values = {name: value.detach().clone() for name, value in module.state_dict().items()}

    @torch.no_grad()
    def update(self, module: nn.Module, step: int) -> None:
        """Follow the weights after one more step."""
        decay = min(self.decay, (1.0 + step) / (10.0 + step))
        floats, news = [], []
        for name, value in module.state_dict().items():
            if value.is_floating_point():
                floats.append(self.values[name])
                news.append(value)
            else:
                self.values[name].copy_(value)
        torch._foreach_lerp_(floats, news, 1.0 - decay)  # pyright: ignore[reportPrivateImportUsage]


def to_arrays(values: dict[str, Tensor], prefix: str) -> dict[str, NDArray[Any]]:
    """Tensors as arrays, named `prefix/name`."""
    return {f"{prefix}/{name}": value.detach().cpu().numpy() for name, value in values.items()}


def to_tensors(arrays: dict[str, NDArray[Any]]) -> dict[str, Tensor]:
    """Arrays as tensors of their own."""
    return {name: torch.from_numpy(np.array(value)) for name, value in arrays.items()}


def optimizer_arrays(optimizer: torch.optim.Optimizer) -> dict[str, NDArray[Any]]:
    """An optimizer's state as arrays, named by parameter number and name."""
    state = optimizer.state_dict()["state"]
    return {
        f"optimizer/{number}/{name}": (value.detach().cpu().numpy() if isinstance(value, Tensor) else np.asarray(value))
        for number, entries in state.items()
        for name, value in entries.items()
    }


def load_optimizer(optimizer: torch.optim.Optimizer, arrays: dict[str, NDArray[Any]]) -> None:
    """The inverse of `optimizer_arrays`, names without `optimizer/`."""
    state: dict[int, dict[str, Tensor]] = {}
    for key, value in arrays.items():
        number, _, name = key.partition("/")
        state.setdefault(int(number), {})[name] = torch.from_numpy(np.array(value))
    optimizer.load_state_dict({"state": state, "param_groups": optimizer.state_dict()["param_groups"]})


def load_weights(module: nn.Module, arrays: dict[str, NDArray[Any]], origin: str) -> None:
    """Load weights that must fit.

    Raises:
        InputError: a weight is missing, too many, or of another shape.
    """
    try:
        module.load_state_dict(to_tensors(arrays))
    except RuntimeError as error:
        line = " ".join(str(error).split())[:200]
        raise InputError(f"{origin}: expected weights of this run's networks, found others: {line}") from None


def load_parts(
    module: nn.Module, arrays: dict[str, NDArray[Any]], origin: str, parts: tuple[str, ...] = ("encoder.",)
) -> list[str]:
    """Load those weights whose names contain one of some words and whose shapes fit; gives their names.

    Raises:
        InputError: none fits.
    """
    own = module.state_dict()
    fitting = {
        name: value
        for name, value in to_tensors(arrays).items()
        if any(part in name for part in parts) and name in own and own[name].shape == value.shape
    }
    if not fitting:
        raise InputError(f"{origin}: expected weights of this run's size ({'|'.join(parts)}), found none that fits")
    module.load_state_dict(fitting, strict=False)
    return sorted(fitting)
