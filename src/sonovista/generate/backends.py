"""The table of backends: which class does a stage's work, and which a profile takes."""

import importlib
import typing
from typing import Any

from pydantic import BaseModel, ValidationError

from sonovista.errors import InputError

BACKENDS: dict[str, dict[str, str]] = {
    "calibration": {"vanishing-points": "sonovista.generate.calibration.vanishing_points:VanishingPointCalibrator"},
    "regions": {"appearance": "sonovista.generate.regions.appearance:AppearanceClassifier"},
    "outpainting": {"exemplar": "sonovista.generate.outpainting.exemplar:ExemplarOutpainter"},
    "depth": {"ground-plane": "sonovista.generate.depth.ground_plane:GroundPlaneDepth"},
    "room": {"estimated": "sonovista.generate.room.estimated:EstimatedRoom"},
    "understanding": {"scene-rules": "sonovista.generate.understanding.scene_rules:SceneRules"},
    "segmentation": {"tiled-voting": "sonovista.generate.segmentation.tiled_voting:TiledVotingSegmenter"},
    "anchoring": {"surface-weighted": "sonovista.generate.anchoring.surface_weighted:SurfaceWeightedAnchorer"},
    "sounding": {"synthesis": "sonovista.generate.sounding.procedural:Synthesizer"},
    "ambience": {"bed": "sonovista.generate.ambience.bed:SceneBed"},
    "lifting": {"layered": "sonovista.generate.lifting.layered:LayeredLifter"},
}
"""Stage -> name of a backend -> `module:Class`. Adding a backend is adding its file and its line here."""

PROFILES: dict[str, dict[str, str]] = {
    "offline": {stage: next(iter(backends)) for stage, backends in BACKENDS.items()},
}
"""Profile -> stage -> name of the backend that it takes."""


def choose_backends(profile: str, overrides: dict[str, str]) -> dict[str, str]:
    """The backend of every stage, by name.

    Args:
        profile: a key of `PROFILES`.
        overrides: stage -> backend, as given by `--set stage=backend`.

    Raises:
        InputError: there is no such profile, stage or backend; the message lists those that there are.
    """
    if profile not in PROFILES:
        raise InputError(f"profile: expected one of {', '.join(PROFILES)}, found {profile!r}")
    chosen = dict(PROFILES[profile])
    for stage, name in overrides.items():
        if stage not in BACKENDS:
            raise InputError(f"--set: expected a stage out of {', '.join(BACKENDS)}, found {stage!r}")
        if name not in BACKENDS[stage]:
            raise InputError(f"--set {stage}: expected one of {', '.join(BACKENDS[stage])}, found {name!r}")
        chosen[stage] = name
    return chosen


def _options_model(backend: type) -> type[BaseModel]:
    """The pydantic model that a backend's constructor takes as `options`."""
    annotation = typing.get_type_hints(backend.__init__)["options"]
    candidates = typing.get_args(annotation) or (annotation,)
    return next(kind for kind in candidates if isinstance(kind, type) and issubclass(kind, BaseModel))


def build_backend(stage: str, name: str, options: dict[str, Any] | None = None) -> Any:
    """An instance of a backend, built from its options.

    Raises:
        InputError: an option is unknown or out of range.
        BackendUnavailable: it needs a library that is not installed.
    """
    module_name, _, class_name = BACKENDS[stage][name].partition(":")
    backend = getattr(importlib.import_module(module_name), class_name)
    try:
        return backend(_options_model(backend).model_validate(options or {}))
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        field = ".".join(str(part) for part in first["loc"])
        raise InputError(f"{stage} ({name}): {field}: {first['msg'].lower()}, found {first['input']!r}") from error
