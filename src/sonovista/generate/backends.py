"""The table of backends: which class does a stage's work, which a profile takes, and which weights each needs."""

import importlib
import typing
from collections.abc import Callable
from typing import Any

from pydantic import BaseModel, ValidationError

from sonovista.errors import BackendUnavailable, InputError
from sonovista.weights.cache import cached, is_whole, pull
from sonovista.weights.registry import Weights, find

BACKENDS: dict[str, dict[str, str]] = {
    "calibration": {"vanishing-points": "sonovista.generate.calibration.vanishing_points:VanishingPointCalibrator"},
    "regions": {
        "appearance": "sonovista.generate.regions.appearance:AppearanceClassifier",
        "learned": "sonovista.generate.regions.learned:LearnedClassifier",
    },
    "outpainting": {"exemplar": "sonovista.generate.outpainting.exemplar:ExemplarOutpainter"},
    "depth": {
        "ground-plane": "sonovista.generate.depth.ground_plane:GroundPlaneDepth",
        "learned": "sonovista.generate.depth.learned:LearnedDepth",
    },
    "room": {"estimated": "sonovista.generate.room.estimated:EstimatedRoom"},
    "understanding": {
        "scene-rules": "sonovista.generate.understanding.scene_rules:SceneRules",
        "learned": "sonovista.generate.understanding.learned:LearnedUnderstanding",
    },
    "segmentation": {"tiled-voting": "sonovista.generate.segmentation.tiled_voting:TiledVotingSegmenter"},
    "anchoring": {"surface-weighted": "sonovista.generate.anchoring.surface_weighted:SurfaceWeightedAnchorer"},
    "sounding": {"synthesis": "sonovista.generate.sounding.procedural:Synthesizer"},
    "ambience": {"bed": "sonovista.generate.ambience.bed:SceneBed"},
    "lifting": {"layered": "sonovista.generate.lifting.layered:LayeredLifter"},
}
"""Stage -> name of a backend -> `module:Class`. Adding a backend is adding its file and its line here; the first of a
stage needs no weights, and the one called `learned`, where there is one, is what the profile `offline` prefers."""

BACKEND_WEIGHTS: dict[tuple[str, str], tuple[str, ...]] = {
    ("regions", "learned"): ("dinov2-small-focus",),
    ("depth", "learned"): ("dinov2-small-focus",),
    ("understanding", "learned"): ("dinov2-small-focus",),
}
"""(Stage, backend) -> names in the registry of the weights that it reads; a backend that is not here needs none."""

HELPFUL_WEIGHTS: dict[tuple[str, str], tuple[str, ...]] = {
    ("regions", "learned"): ("efficientnet-lite0",),
    ("understanding", "learned"): ("efficientnet-lite0",),
}
"""The same of weights that a backend reads where they can be had, and does without elsewhere."""

_CLASSICAL = {stage: next(iter(backends)) for stage, backends in BACKENDS.items()}
PROFILES: dict[str, dict[str, str]] = {
    "offline": _CLASSICAL | {stage: "learned" for stage, backends in BACKENDS.items() if "learned" in backends},
    "classical": _CLASSICAL,
}
"""Profile -> stage -> name of the backend that it takes. `offline` runs on this machine alone: learned methods where
their weights can be had, classical ones elsewhere (`with_weights`); `classical` needs no weights."""


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


def with_weights(
    chosen: dict[str, str], insisted: typing.Collection[str], report: Callable[[str], None] = lambda line: None
) -> tuple[dict[str, str], list[str]]:
    """The backends whose weights are there, fetched where they were not, and the classical ones for the rest.

    Weights that help a backend are fetched too; it is not replaced where they cannot be had.

    Args:
        chosen: stage -> backend, of `choose_backends`.
        insisted: stages whose backend the user has named; it is never replaced.
        report: told of what is fetched, and of what could not be.

    Returns:
        Stage -> backend, and lines for the scene's record on what was replaced or done without.

    Raises:
        BackendUnavailable: the weights of a backend that the user has named cannot be had.
    """
    settled, reasons, missing = dict(chosen), dict[str, str](), dict[str, list[str]]()
    for stage, name in chosen.items():
        for weights in BACKEND_WEIGHTS.get((stage, name), ()):
            if weights not in reasons:
                reasons[weights] = _unavailable(weights, report)
            if not reasons[weights]:
                continue
            if stage in insisted:
                raise BackendUnavailable(f"{stage} ({name}): {reasons[weights]}")
            missing.setdefault(reasons[weights], []).append(stage)
            settled[stage] = _CLASSICAL[stage]
    lines = [f"classical methods for {', '.join(stages)}: {reason}" for reason, stages in missing.items()]
    without: dict[str, list[str]] = {}
    for stage, name in settled.items():
        for weights in HELPFUL_WEIGHTS.get((stage, name), ()):
            if weights not in reasons:
                reasons[weights] = _unavailable(weights, report)
            if reasons[weights]:
                without.setdefault(reasons[weights], []).append(f"{stage} ({name})")
    lines += [f"less is known in {', '.join(stages)}: {reason}" for reason, stages in without.items()]
    for line in lines:
        report(line)
    return settled, lines


def weights_of(stage: str, name: str) -> list[Weights]:
    """The weights that a backend reads: those that it needs, and of those that help it the ones that are there."""
    needed = [find(weights) for weights in BACKEND_WEIGHTS.get((stage, name), ())]
    helpful = [find(weights) for weights in HELPFUL_WEIGHTS.get((stage, name), ())]
    return needed + [weights for weights in helpful if is_whole(weights, cached(weights))]


def _unavailable(name: str, report: Callable[[str], None]) -> str:
    """Why weights cannot be had; empty where they are there now."""
    try:
        pull(find(name), report)
    except BackendUnavailable as error:
        return str(error)
    except OSError as error:
        return f"the weights {name} cannot be kept: {error}"
    return ""


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
