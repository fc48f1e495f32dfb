"""How well sound direction and camera rotation are estimated: errors in degrees, whole and by the size of the turn."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sonovista.slfm.angles import angular_error, folded
from sonovista.slfm.calibration import GOOD_DEG, auroc
from sonovista.slfm.camera_rotation import estimate_rotation, fitted_rotation, network_rotation
from sonovista.slfm.classical.level_difference import level_difference
from sonovista.slfm.classical.matching import sift_matches
from sonovista.slfm.classical.rotation_fitting import camera_matrix, five_point, homography_rotation
from sonovista.slfm.classical.time_delay import gcc_phat_azimuth
from sonovista.slfm.features.pictures import FIELD_OF_VIEW
from sonovista.slfm.features.votes import left_right_vote
from sonovista.slfm.runtime import MotionNetworks
from sonovista.slfm.sound_direction import estimate_windows
from sonovista.slfm.streams.protocol import Views

BIN_DEG = 20.0
Sound = NDArray[np.float32]
Picture = NDArray[np.uint8]


@dataclass
class Measured:
    """Estimates of one method beside the truth, radians.

    Attributes:
        estimates: NaN where the method gave none.
        truth: of the same length.
        confidence: of each, or empty.
    """

    estimates: list[float] = field(default_factory=list)
    truth: list[float] = field(default_factory=list)
    confidence: list[float] = field(default_factory=list)

    def add(self, estimate: float | None, truth: float, confidence: float | None = None) -> None:
        """One more."""
        self.estimates.append(np.nan if estimate is None else estimate)
        self.truth.append(truth)
        if confidence is not None:
            self.confidence.append(confidence)

    @property
    def errors_deg(self) -> NDArray[np.float64]:
        """Degrees; a method that gave no answer answered 0."""
        return np.degrees(angular_error(np.nan_to_num(self.estimates, nan=0.0), self.truth))

    def summary(self) -> dict[str, Any]:
        """Mean, median, share within 5 and 10 degrees, and by bins of 20 degrees of the true angle's size."""
        errors = self.errors_deg
        size = np.abs(np.degrees(self.truth))
        out: dict[str, Any] = {
            "count": len(errors),
            "mae_deg": _round(errors.mean()),
            "median_deg": _round(np.median(errors)),
            "within_5_deg": _round((errors < 5.0).mean()),
            "within_10_deg": _round((errors < GOOD_DEG).mean()),
            "unanswered": int(np.isnan(self.estimates).sum()),
            "by_true_angle": {},
        }
        for low in np.arange(0.0, 180.0, BIN_DEG):
            inside = (size >= low) & (size < low + BIN_DEG)
            if inside.any():
                part = {"count": int(inside.sum()), "mae_deg": _round(errors[inside].mean())}
                out["by_true_angle"][f"{low:.0f}-{low + BIN_DEG:.0f}"] = part | {
                    "median_deg": _round(np.median(errors[inside]))
                }
        if self.confidence:
            area = auroc(self.confidence, errors < GOOD_DEG)
            out["auroc_within_10_deg"] = None if np.isnan(area) else _round(area)
            out["mean_confidence"] = _round(np.mean(self.confidence))
        return out


def evaluate_sound(
    examples: Iterable[Views], networks: MotionNetworks, rivals: dict[str, Callable[[Sound], float]] | None = None
) -> dict[str, Any]:
    """Errors of sound direction by the network and by what needs no learning, of sources in front.

    Chance answers the sources' own angles in another order. Level difference and delay are turned into angles by a
    spherical head, unfitted; the side that the paper's vote calls louder is scored as left or right.

    Args:
        examples: with true azimuths.
        networks: to evaluate.
        rivals: others by name, each gives an azimuth in radians, left positive, of `(2, samples)` at 16 kHz.
    """
    rivals = rivals or {}
    methods = {"network": Measured(), "gcc_phat": Measured(), "level_difference": Measured(), "chance": Measured()}
    methods |= {name: Measured() for name in rivals}
    sides: dict[str, list[bool]] = {"network": [], "vote": [], "gcc_phat": [], "level_difference": []}
    sides |= {name: [] for name in rivals}
    for views in examples:
        front = np.abs(views.azimuths) < np.pi / 2
        sounds = [sound for sound, use in zip(views.binaural, front, strict=True) if use]
        found = estimate_windows(sounds, networks)
        for sound, truth, (azimuth, _, sure) in zip(sounds, views.azimuths[front], found, strict=True):
            delay, level = gcc_phat_azimuth(sound), level_difference(sound)
            methods["network"].add(azimuth, float(truth), sure)
            methods["gcc_phat"].add(delay, float(truth))
            methods["level_difference"].add(float(np.arcsin(np.clip(level / 10.0, -1.0, 1.0))), float(truth))
            answers = {"network": azimuth or 0.0, "gcc_phat": delay, "level_difference": level}
            for name, rival in rivals.items():
                answers[name] = rival(sound)
                methods[name].add(answers[name], float(truth))
            for name, value in answers.items():
                sides[name].append(bool(np.sign(value) == np.sign(truth)))
            sides["vote"].append(bool(left_right_vote(sound)[0] == np.sign(truth)))
    truth = methods["network"].truth
    for guess, actual in zip(np.random.default_rng(0).permutation(truth), truth, strict=True):
        methods["chance"].add(float(folded(guess)), actual)
    out: dict[str, Any] = {name: method.summary() for name, method in methods.items()}
    out["left_right_accuracy"] = {name: _round(np.mean(right)) for name, right in sides.items()}
    return out


def evaluate_rotation(
    examples: Iterable[Views], networks: MotionNetworks, classical: bool = True, pitch: float | None = None
) -> dict[str, Any]:
    """Errors of camera rotation between the first view and each other one.

    Args:
        examples: pictures 60 degrees wide, with true rotations.
        networks: to evaluate.
        classical: also SIFT with five-point RANSAC, with a homography, and with a fit of pure rotation.
        pitch: of all cameras, radians, for the classical methods; None where it is unknown.
    """
    methods = {"network": Measured(), "refined": Measured(), "chance": Measured()}
    rivals: dict[str, Callable[[Picture, Picture], float | None]] = {}
    if classical:
        rivals = {
            "sift_five_point": lambda a, b: _by_points(a, b, five_point, pitch),
            "sift_homography": lambda a, b: _by_points(a, b, homography_rotation, pitch),
            "sift_pure_rotation": lambda a, b: _pure(a, b, pitch),
        }
    methods |= {name: Measured() for name in rivals}
    for views in examples:
        for image, turn in zip(views.images[1:], views.rotations[1:], strict=True):
            truth, first = float(turn), views.images[0]
            methods["network"].add(network_rotation(first, image, networks)[0], truth)
            whole = estimate_rotation(first, image, networks, pitch)
            methods["refined"].add(whole.angle, truth, whole.confidence)
            for name, rival in rivals.items():
                methods[name].add(rival(first, image), truth)
    truth = methods["network"].truth
    for guess, actual in zip(np.random.default_rng(0).permutation(truth), truth, strict=True):
        methods["chance"].add(float(guess), actual)
    return {name: method.summary() for name, method in methods.items()}


def _by_points(first: Picture, second: Picture, fit: Callable[..., Any], pitch: float | None) -> float | None:
    height, width = first.shape[:2]
    found = fit(sift_matches(first, second), camera_matrix(width, height, FIELD_OF_VIEW), pitch)
    return None if found is None else found.angle


def _pure(first: Picture, second: Picture, pitch: float | None) -> float | None:
    found = fitted_rotation(first, second, pitch)
    return None if found is None else found.angle


def _round(value: Any) -> float:
    return round(float(value), 3)
