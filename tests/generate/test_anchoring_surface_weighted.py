import numpy as np
import pytest

from sonovista.generate.anchoring.surface_weighted import Options, SurfaceWeightedAnchorer, surface_weights
from sonovista.generate.segmentation.protocol import Instance
from sonovista.generate.understanding.protocol import SoundingThing
from sonovista.geometry.equirectangular import direction_to_pixel, pixel_directions

HEIGHT = 256
RAYS = pixel_directions(HEIGHT)
FAR = 100.0


def thing(kind: str, *hosts: str) -> SoundingThing:
    return SoundingThing("thing", "thing", kind, hosts, 60.0, "", 1.0, False, 3, None)  # type: ignore[arg-type]


def anchor(
    depth: np.ndarray,
    mask: np.ndarray,
    kind: str,
    seed: int = 0,
    options: Options = Options(),  # noqa: B008
    hosts: tuple[str, ...] = ("object",),
):
    things = [thing(kind, *hosts)]
    return SurfaceWeightedAnchorer(options)(depth.astype(np.float32), [Instance(0, mask, 1.0)], things, seed)[0]


def sphere(centre: np.ndarray, radius: float) -> tuple[np.ndarray, np.ndarray]:
    """Depth with a ball before a far background, and where the ball is."""
    along = RAYS @ centre
    discriminant = along**2 - (centre @ centre - radius**2)
    hit = (discriminant > 0.0) & (along > 0.0)
    depth = np.full(along.shape, FAR)
    depth[hit] = along[hit] - np.sqrt(discriminant[hit])
    return depth, hit


def floor(height: float = 1.5) -> tuple[np.ndarray, np.ndarray]:
    down = -RAYS[..., 2]
    below = down > 0.1
    return np.where(below, height / np.maximum(down, 0.1), FAR), below


def angle_deg(a: np.ndarray, b: np.ndarray) -> float:
    return float(np.rad2deg(np.arccos(np.clip(a @ b / np.linalg.norm(a) / np.linalg.norm(b), -1.0, 1.0))))


@pytest.mark.parametrize("centre", [(4.0, 1.0, 0.5), (-5.0, 0.0, 0.3), (-3.0, 0.1, -1.0)], ids=["ahead", "seam", "low"])
def test_a_ball_is_anchored_at_its_visible_cap(centre: tuple[float, float, float]) -> None:
    # The part seen from distance D is a cap of height R (1 - R / D); its area's centroid is half of that from the tip.
    middle, radius = np.array(centre), 0.8
    distance = float(np.linalg.norm(middle))
    cap_height = radius * (1.0 - radius / distance)
    expected = middle / distance * (distance - radius + 0.5 * cap_height)
    depth, hit = sphere(middle, radius)
    found = anchor(depth, hit, "point")
    np.testing.assert_allclose(found.position, expected, atol=0.1 * radius)  # the rim is coarse and clamped
    assert angle_deg(found.position, middle) < 0.5
    assert found.points.shape == (1, 3)
    np.testing.assert_array_equal(found.points[0], found.position)


def test_weights_sum_to_the_area_of_a_visible_cap() -> None:
    middle, radius = np.array([4.0, 0.0, 0.0]), 1.0
    depth, hit = sphere(middle, radius)
    # Without the rim, which one pixel cannot resolve: the cap within 60 degrees of the tip.
    points = depth[..., None] * RAYS
    cap = hit & (middle[0] - points[..., 0] > radius * np.cos(np.deg2rad(60.0)))
    area = surface_weights(depth, RAYS, 0.05)[cap].sum() * (np.pi / HEIGHT) ** 2
    assert area == pytest.approx(2.0 * np.pi * radius**2 * 0.5, rel=0.04)


def test_weights_sum_to_the_area_of_a_disc_of_floor() -> None:
    depth, below = floor(1.5)
    points = depth[..., None] * RAYS
    disc = below & (np.hypot(points[..., 0], points[..., 1]) < 6.0)
    area = surface_weights(depth, RAYS, 0.05)[disc].sum() * (np.pi / HEIGHT) ** 2
    assert area == pytest.approx(np.pi * 6.0**2, rel=0.03)


def test_samples_of_a_floor_are_uniform_in_its_plane() -> None:
    depth, below = floor(1.5)
    points = depth[..., None] * RAYS
    square = below & (np.abs(points[..., 0] - 4.0) < 3.0) & (np.abs(points[..., 1]) < 3.0)
    found = anchor(depth, square, "area", options=Options(area_depth_ratio=10.0))
    assert found.points.shape == (1000, 3)
    np.testing.assert_allclose(found.points[:, 2], -1.5, atol=1e-4)
    counts, _, _ = np.histogram2d(found.points[:, 0], found.points[:, 1], bins=3, range=[[1.0, 7.0], [-3.0, 3.0]])
    np.testing.assert_allclose(counts, 1000 / 9, rtol=0.15)
    np.testing.assert_allclose(found.position, [4.0, 0.0, -1.5], atol=0.05)


def test_a_mask_over_the_seam_is_behind_and_not_in_the_middle() -> None:
    depth = np.full((HEIGHT, 2 * HEIGHT), 5.0)
    mask = (RAYS[..., 0] < -0.97) & (np.abs(RAYS[..., 2]) < 0.1)
    assert mask[:, 0].any()
    assert mask[:, -1].any()
    found = anchor(depth, mask, "area")
    assert angle_deg(found.position, np.array([-1.0, 0.0, 0.0])) < 1.0
    assert np.linalg.norm(found.points, axis=1) == pytest.approx(5.0, rel=1e-5)
    assert np.any(found.points[:, 1] > 0.5)
    assert np.any(found.points[:, 1] < -0.5)


def test_a_point_source_stands_on_the_near_thing_not_between_it_and_what_is_behind() -> None:
    depth, hit = sphere(np.array([4.0, 0.0, 0.0]), 0.5)
    near = RAYS @ np.array([1.0, 0.0, 0.0]) > np.cos(np.deg2rad(8.0))
    assert 0.1 < np.mean(~hit[near]) < 0.5
    found = anchor(depth, near, "point")
    assert 3.4 < np.linalg.norm(found.position) < 4.0


def test_sky_between_leaves_does_not_pull_a_tree_away() -> None:
    random = np.random.default_rng(0)
    depth = np.full((HEIGHT, 2 * HEIGHT), 8.0)
    mask = RAYS @ np.array([1.0, 0.0, 0.0]) > 0.95
    holes = mask & (random.random(mask.shape) < 0.3)
    depth[holes] = 150.0
    found = anchor(depth, mask, "area")
    assert np.linalg.norm(found.points, axis=1).max() < 9.0


def test_a_thing_in_the_sky_stays_there() -> None:
    mask = RAYS @ np.array([0.6, 0.0, 0.8]) > 0.999
    depth = np.full((HEIGHT, 2 * HEIGHT), 150.0)
    found = anchor(depth, mask, "point", hosts=("sky",), options=Options(farthest_hidden=200.0))
    assert np.linalg.norm(found.position) == pytest.approx(150.0, rel=0.01)
    heard = anchor(depth, mask, "point", hosts=("sky",)).position
    assert np.linalg.norm(heard) == pytest.approx(40.0)
    assert angle_deg(heard, found.position) < 0.01


def test_a_bird_sits_in_the_tree_and_not_in_the_sky_around_it() -> None:
    depth = np.full((HEIGHT, 2 * HEIGHT), 150.0)
    tree = RAYS @ np.array([1.0, 0.0, 0.0]) > np.cos(np.deg2rad(4.0))
    depth[tree] = 12.0
    mask = RAYS @ np.array([1.0, 0.0, 0.0]) > np.cos(np.deg2rad(10.0))  # more than four fifths of it are sky
    found = anchor(depth, mask, "point", hosts=("vegetation", "grass"))
    assert np.linalg.norm(found.position) == pytest.approx(12.0, rel=0.02)


@pytest.mark.parametrize(("host", "expected"), [("vegetation", 40.0), ("object", 90.0)])
def test_what_hides_far_away_is_brought_within_earshot_and_what_is_seen_stays(host: str, expected: float) -> None:
    mask = RAYS @ np.array([0.8, 0.6, 0.0]) > 0.999
    found = anchor(np.full((HEIGHT, 2 * HEIGHT), 90.0), mask, "point", hosts=(host,))
    assert np.linalg.norm(found.position) == pytest.approx(expected, rel=0.01)
    assert angle_deg(found.position, np.array([0.8, 0.6, 0.0])) < 0.5


def test_a_stream_to_the_horizon_is_heard_where_it_is_near() -> None:
    depth, below = floor(1.5)
    stream = below & (np.abs(RAYS[..., 1] / np.maximum(RAYS[..., 0], 1e-6)) < 0.4) & (RAYS[..., 2] > -0.35)
    whole = anchor(depth, stream, "area", options=Options(area_depth_ratio=1000.0))
    found = anchor(depth, stream, "area")
    distances = np.linalg.norm(found.points, axis=1)
    assert distances.min() < 1.1 * depth[stream].min()
    assert distances.max() / distances.min() < 3.6
    assert np.linalg.norm(found.position) < np.linalg.norm(whole.position)
    np.testing.assert_allclose(found.points[:, 2], -1.5, atol=1e-4)


def test_the_anchor_of_a_ring_lies_on_the_ring() -> None:
    closeness = RAYS @ np.array([1.0, 0.0, 0.0])
    ring = (closeness < np.cos(np.deg2rad(20.0))) & (closeness > np.cos(np.deg2rad(24.0)))
    found = anchor(np.full((HEIGHT, 2 * HEIGHT), 6.0), ring, "point")
    u, v = direction_to_pixel(found.position, HEIGHT)
    assert ring[int(v), int(u) % (2 * HEIGHT)]


def test_samples_follow_the_seed() -> None:
    depth, below = floor()
    one, same, other = (anchor(depth, below, "area", seed).points for seed in (1, 1, 2))
    np.testing.assert_array_equal(one, same)
    assert not np.array_equal(one, other)


def test_a_single_pixel_is_enough() -> None:
    mask = np.zeros((HEIGHT, 2 * HEIGHT), bool)
    mask[100, 511] = True
    for kind in ("point", "area"):
        found = anchor(np.full(mask.shape, 3.0), mask, kind)
        np.testing.assert_allclose(found.points, 3.0 * RAYS[100, 511][None], rtol=1e-6)


@pytest.mark.parametrize("depth", [np.zeros((4, 8)), np.full((4, 8), np.nan), np.ones((4, 4))])
def test_depth_that_is_none_is_refused(depth: np.ndarray) -> None:
    with pytest.raises(ValueError):
        SurfaceWeightedAnchorer()(depth.astype(np.float32), [], [], 0)
