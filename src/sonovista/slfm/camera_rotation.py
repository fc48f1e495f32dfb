"""How far a camera turned between two pictures: the network's estimate, refined by matched points or whole pictures."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from sonovista.geometry.image_files import read_photo
from sonovista.slfm.calibration import GOOD_DEG
from sonovista.slfm.classical.matching import Matches, match_points, sift_points
from sonovista.slfm.classical.photometric import PITCHES, photometric_rotation
from sonovista.slfm.classical.rotation_fitting import FittedRotation, camera_matrix, pure_rotation
from sonovista.slfm.features.pictures import FIELD_OF_VIEW, with_field_of_view
from sonovista.slfm.runtime import MotionNetworks, shared_networks

ROTATION_EVIDENCE = 6
REFINE_WIDTH = 640
"""Pixels across, of the pictures whose points are matched."""
ENOUGH, PLENTY = 12, 40
"""Matches that must agree before they are believed beside the network, and against it."""
NEAR = np.radians(15.0)
EXPECTED = np.radians(6.0)
"""Standard deviation that the network's angle is taken to have where pictures are laid over each other."""
LEAST_SCORE, LEAST_LEAD, LEAD_CAP = 6.0, 15.0, 30.0
"""From which pictures that are laid over each other settle the angle (validation: docs/results/slfm.md)."""
UNSETTLED = 0.5
"""Most that the network alone is trusted."""
GUIDED_RATIO = 0.95
"""Of the best match's distance to the second best, where the network says about where to look."""
MOST = np.radians(60.0)
"""Pictures 60 degrees wide share nothing beyond."""
FLAT = 4.0
"""Standard deviation of grey levels under which a picture shows nothing."""


@dataclass(frozen=True)
class RotationEstimate:
    """A rotation between two pictures.

    Attributes:
        angle: radians, left positive.
        confidence: chance that it is within 10 degrees, in [0, 1].
        method: `network`; `refined` where matched points settled it, `laid over` where whole pictures did.
        network_angle: what the network said, radians.
        inliers: matched points that agree with one rotation.
        warnings: one line each.
    """

    angle: float
    confidence: float
    method: str
    network_angle: float
    inliers: int
    warnings: list[str] = field(default_factory=list)

    def as_dict(self) -> dict[str, Any]:
        """What `sonovista rotation --json` prints."""
        return {
            "rotation_deg": round(float(np.degrees(self.angle)), 3),
            "confidence": round(self.confidence, 3),
            "method": self.method,
            "network_rotation_deg": round(float(np.degrees(self.network_angle)), 2),
            "matched_points": self.inliers,
            "warnings": self.warnings,
        }


def rotation(
    first: str | Path | NDArray[np.uint8],
    second: str | Path | NDArray[np.uint8],
    horizontal_fov: float = FIELD_OF_VIEW,
    pitch: float | None = None,
    refine: bool = True,
    networks: MotionNetworks | None = None,
) -> RotationEstimate:
    """How far the camera turned from the first picture to the second, left positive.

    Args:
        first: a picture's file, or RGB `(h, w, 3)` uint8.
        second: likewise, of the same camera.
        horizontal_fov: radians across the pictures, in (0, pi); 60 degrees is that of most training pictures.
        pitch: of both cameras, looking up positive, radians, where it is known; it serves the refinement alone.
        refine: let matched points, or else the pictures laid over each other, settle the angle where they can.
        networks: None takes the shipped ones.

    Raises:
        InputError: a file is no picture.
    """
    pictures = [_picture(each) for each in (first, second)]
    warnings = _doubts(pictures[0], pictures[1], horizontal_fov)
    return estimate_rotation(
        *(with_field_of_view(picture, horizontal_fov) for picture in pictures),
        pitch=pitch,
        refine=refine,
        networks=networks or shared_networks(),
        warnings=warnings,
    )


def estimate_rotation(
    first: NDArray[np.uint8],
    second: NDArray[np.uint8],
    networks: MotionNetworks,
    pitch: float | None = None,
    refine: bool = True,
    warnings: list[str] | None = None,
) -> RotationEstimate:
    """As `rotation`, of two pictures that are 60 degrees wide.

    Where the network's own angle is wanted (`refine` is False), refinement still says how far it is believed.
    """
    warnings = list(warnings or [])
    found = found_rotation(first, second, networks, pitch)
    confidence = float(networks.confidence("rotation").chance(found.evidence))
    if any("shows nothing" in warning for warning in warnings):
        return RotationEstimate(0.0, 0.0, "none", found.network_angle, 0, warnings)
    if found.method == "network":
        # calibration saw pictures that share nothing too, but in the open world there may be any number of them
        confidence = min(confidence, UNSETTLED)
        warnings.append(
            "neither matched points nor laying one picture over the other bear this out: if the pictures share little "
            "(over 50 degrees), it is a guess"
        )
    if not refine:
        if abs(found.angle - found.network_angle) > np.radians(GOOD_DEG):
            # confidence is that of the refined angle, which is not the one that is answered here
            confidence = min(confidence, 1.0 - confidence, UNSETTLED)
            warnings.append(
                f"refinement says {np.degrees(found.angle):.1f} degrees: the network's own angle is doubtful"
            )
        return RotationEstimate(found.network_angle, confidence, "network", found.network_angle, 0, warnings)
    return RotationEstimate(found.angle, confidence, found.method, found.network_angle, found.inliers, warnings)


@dataclass(frozen=True)
class FoundRotation:
    """An angle and what it rests on.

    Attributes:
        angle: radians, left positive.
        method: `refined` by matched points, `laid over` where only whole pictures settled it, or `network`.
        network_angle: what the network said, radians.
        inliers: matched points that agree with one rotation, 0 where they are too few.
        evidence: what tells a good estimate from a bad one, shape `(ROTATION_EVIDENCE,)`.
    """

    angle: float
    method: str
    network_angle: float
    inliers: int
    evidence: NDArray[np.float64]


def found_rotation(
    first: NDArray[np.uint8],
    second: NDArray[np.uint8],
    networks: MotionNetworks,
    pitch: float | None = None,
    points: Callable[[float], FittedRotation | None] | None = None,
) -> FoundRotation:
    """The network's angle; that of matched points where they settle it, else that of pictures laid over each other.

    Args:
        first: RGB, 60 degrees wide.
        second: likewise.
        networks: to start from.
        pitch: of the cameras, radians, where it is known.
        points: gives the rotation that matched points agree on, near an angle; None takes `fitted_rotation`.
    """
    mean, disagreement = network_rotation(first, second, networks)
    fitted = fitted_rotation(first, second, pitch, mean) if points is None else points(mean)
    if fitted is not None and believed(fitted, mean):
        evidence = rotation_evidence(mean, disagreement, fitted, LEAD_CAP)
        return FoundRotation(fitted.angle, "refined", mean, fitted.inliers, evidence)
    pitches = PITCHES if pitch is None else (pitch,)
    laid = photometric_rotation(first, second, FIELD_OF_VIEW, mean, EXPECTED, pitches)
    evidence = rotation_evidence(mean, disagreement, fitted, laid.lead)
    if laid.score > LEAST_SCORE and laid.lead > LEAST_LEAD:
        return FoundRotation(laid.angle, "laid over", mean, 0, evidence)
    return FoundRotation(mean, "network", mean, 0, evidence)


def network_rotation(
    first: NDArray[np.uint8], second: NDArray[np.uint8], networks: MotionNetworks
) -> tuple[float, float]:
    """The network's angle, mean of the pictures and their mirror images, and how far the two differ; radians."""
    one, two = networks.picture(first), networks.picture(second)
    found = networks.rotation(np.stack([one, one[..., ::-1]]), np.stack([two, two[..., ::-1]]))
    return float(0.5 * (found[0] - found[1])), float(abs(found[0] + found[1]))


def fitted_rotation(
    first: NDArray[np.uint8], second: NDArray[np.uint8], pitch: float | None = None, near: float | None = None
) -> FittedRotation | None:
    """The rotation that matched points agree on, or None.

    Args:
        first: RGB, 60 degrees wide.
        second: likewise.
        pitch: of the cameras, radians, where it is known.
        near: an angle in radians about which less certain matches are tried too, where certain ones do not settle it.
    """
    sized = [resized(picture) for picture in (first, second)]
    points = [sift_points(picture) for picture in sized]
    height, width = sized[0].shape[:2]
    K = camera_matrix(width, height, FIELD_OF_VIEW)
    fitted = pure_rotation(match_points(points[0], points[1]), K, pitch)
    if near is None or (fitted is not None and believed(fitted, near)):
        return fitted
    guided = pure_rotation(_near(match_points(points[0], points[1], GUIDED_RATIO), K, near), K, pitch)
    return guided if guided is not None and believed(guided, near) else fitted


def _near(matches: Matches, K: NDArray[np.float64], angle: float) -> Matches:
    """Those matches that moved about as a camera that turned by `angle` (left positive) would move them: right."""
    across = [np.arctan((points[:, 0] - K[0, 2]) / K[0, 0]) for points in (matches.first, matches.second)]
    down = np.abs(matches.second[:, 1] - matches.first[:, 1]) / K[0, 0]
    near = (np.abs(across[1] - across[0] - angle) < NEAR) & (down < NEAR)
    return Matches(matches.first[near], matches.second[near])


def believed(fitted: FittedRotation, network_angle: float) -> bool:
    """Whether matched points settle the angle: enough of them beside the network, plenty where it says otherwise."""
    if abs(fitted.angle) > MOST:
        return False
    near = abs(fitted.angle - network_angle) < NEAR
    return fitted.inliers >= (ENOUGH if near else PLENTY)


def rotation_evidence(
    mean: float, disagreement: float, fitted: FittedRotation | None, lead: float
) -> NDArray[np.float64]:
    """What tells a good estimate from a bad one, shape `(ROTATION_EVIDENCE,)`; `lead` as in `PhotometricRotation`."""
    inliers = 0 if fitted is None else fitted.inliers
    apart = NEAR * 2.0 if fitted is None else min(abs(fitted.angle - mean), NEAR * 2.0)
    share = 0.0 if fitted is None else fitted.inliers / max(1, fitted.matches)
    return np.array([disagreement, abs(mean), np.log1p(inliers), apart, share, min(lead, LEAD_CAP)])


def _doubts(first: NDArray[np.uint8], second: NDArray[np.uint8], horizontal_fov: float) -> list[str]:
    out = []
    if first.shape != second.shape:
        sizes = [f"{picture.shape[1]}x{picture.shape[0]}" for picture in (first, second)]
        out.append(f"the pictures differ in size ({sizes[0]} and {sizes[1]}): both are taken as equally wide views")
    for name, picture in (("first", first), ("second", second)):
        if float(picture.astype(np.float32).mean(axis=2).std()) < FLAT:
            out.append(f"the {name} picture shows nothing (one shade all over): no rotation can be told")
    if first.shape == second.shape and np.array_equal(first, second) and not out:
        out.append("the pictures are the same: no rotation")
    if not np.radians(30.0) <= horizontal_fov <= np.radians(100.0):
        out.append(
            f"a field of view of {np.degrees(horizontal_fov):.0f} degrees is far from what was learned from (60)"
        )
    return out


def _picture(picture: str | Path | NDArray[np.uint8]) -> NDArray[np.uint8]:
    if isinstance(picture, str | Path):
        return read_photo(picture, 1024).pixels
    array = np.asarray(picture)
    if array.ndim != 3 or array.shape[2] != 3 or array.dtype != np.uint8 or 0 in array.shape:
        raise ValueError(f"a picture must be RGB, uint8, (h, w, 3), found {array.dtype} {array.shape}")
    return array


def resized(picture: NDArray[np.uint8], across: int = REFINE_WIDTH) -> NDArray[np.uint8]:
    """A picture so many pixels wide, in its own shape."""
    height, width = picture.shape[:2]
    if width == across:
        return picture
    size = (across, round(height * across / width))
    way = cv2.INTER_AREA if width > across else cv2.INTER_CUBIC
    return np.asarray(cv2.resize(picture, size, interpolation=way), np.uint8)
