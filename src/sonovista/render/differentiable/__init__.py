"""The renderer's equations in PyTorch, with gradients to all that a scene's sound depends on (extra `torch`).

Sound is a differentiable function of the sources' signals, places and levels, of the distance law, the listener's
path, the room's reverberation and the head's filters; in float64 its gradients stand up to `torch.autograd.gradcheck`.
"""

from sonovista.errors import BackendUnavailable

try:
    import torch as _torch  # noqa: F401 - only to say what to install where it is missing
except ImportError as error:
    raise BackendUnavailable("differentiable rendering needs PyTorch: pip install 'sonovista[torch]'") from error

from sonovista.render.differentiable.encoding import distance_gain, source_coefficients
from sonovista.render.differentiable.losses import interaural_loss, multi_resolution_stft_loss
from sonovista.render.differentiable.renderer import encode, render
from sonovista.render.differentiable.reverberation import Reverberation
from sonovista.render.differentiable.scene_tensors import SceneTensors, path_shifts, tensors_of_scene
from sonovista.render.differentiable.spherical_harmonics import spherical_harmonics

__all__ = [
    "Reverberation",
    "SceneTensors",
    "distance_gain",
    "encode",
    "interaural_loss",
    "multi_resolution_stft_loss",
    "path_shifts",
    "render",
    "source_coefficients",
    "spherical_harmonics",
    "tensors_of_scene",
]
