import numpy as np
import pytest
from acoustic_scenes import ambient, area, point, scene_of

from sonovista.ambisonics import intensity_direction
from sonovista.render import AmbisonicRenderer
from sonovista.scene.document import Source, Waypoint
from sonovista.scene.scene import Scene

ORIGIN = np.zeros(3)


def moving(source: Source, *waypoints: tuple[float, tuple[float, float, float]]) -> Source:
    return Source.model_validate(
        {**source.model_dump(), "path": [Waypoint(time_s=t, position=p).model_dump() for t, p in waypoints]}
    )


def heard_from(renderer: AmbisonicRenderer) -> np.ndarray:
    return intensity_direction(renderer.render_block(ORIGIN)[:, -64:])


def test_a_source_goes_along_its_path_and_around_again() -> None:
    place = (0.0, 4.0, 0.0)
    circle = [(0.0, place), (1.0, (4.0, 0.0, 0.0)), (2.0, (0.0, -4.0, 0.0)), (4.0, place)]
    renderer = AmbisonicRenderer(scene_of(moving(point("bird", place), *circle)), order=1, block_size=480)
    places = np.array([p for _, p in circle])
    for block in range(1, 451):
        direction = heard_from(renderer)
        if block % 45 == 0:
            now = (block * 0.01) % 4.0
            expected = np.array([np.interp(now, [0.0, 1.0, 2.0, 4.0], places[:, axis]) for axis in range(3)])
            expected /= np.linalg.norm(expected)
            assert np.degrees(np.arccos(np.clip(direction @ expected, -1.0, 1.0))) < 1.0


def test_a_source_can_be_taken_somewhere_else_while_it_sounds() -> None:
    renderer = AmbisonicRenderer(scene_of(point("bird", [3.0, 0.0, 0.0])), order=1)
    np.testing.assert_allclose(heard_from(renderer), [1.0, 0.0, 0.0], atol=1e-3)
    renderer.move_source("bird", [0.0, 0.0, 2.0])
    renderer.render_block(ORIGIN)
    np.testing.assert_allclose(heard_from(renderer), [0.0, 0.0, 1.0], atol=1e-3)


def test_an_area_moves_as_a_whole() -> None:
    points = [[2.0, -1.0, 0.0], [2.0, 1.0, 0.0]]
    renderer = AmbisonicRenderer(scene_of(area("boat", points)), order=2)
    renderer.move_source("boat", [2.0, 5.0, 0.0])
    renderer.render_block(ORIGIN)
    moved = AmbisonicRenderer(scene_of(area("boat", np.add(points, [0.0, 5.0, 0.0]))), order=2)
    moved.render_block(ORIGIN)
    np.testing.assert_allclose(renderer.render_block(ORIGIN), moved.render_block(ORIGIN), atol=1e-6)


def test_what_cannot_move_says_so() -> None:
    renderer = AmbisonicRenderer(scene_of(ambient(), point("bird", [1.0, 0.0, 0.0])), order=1)
    with pytest.raises(ValueError, match="everywhere"):
        renderer.move_source("bed", ORIGIN)
    with pytest.raises(ValueError, match="three finite numbers"):
        renderer.move_source("bird", [np.nan, 0.0, 0.0])
    with pytest.raises(KeyError):
        renderer.move_source("cat", ORIGIN)


@pytest.mark.parametrize("times", [(0.5, 1.0), (0.0, 0.0), (0.0, 2.0, 1.0)])
def test_a_path_must_begin_at_0_and_rise(times: tuple[float, ...]) -> None:
    with pytest.raises(ValueError, match="begin at 0 and rise"):
        moving(point("bird", [1.0, 0.0, 0.0]), *((t, (1.0, 0.0, 0.0)) for t in times))


def test_ambience_has_no_path() -> None:
    with pytest.raises(ValueError, match="only a source with a position"):
        moving(ambient(), (0.0, (0.0, 0.0, 0.0)), (1.0, (1.0, 0.0, 0.0)))


def test_a_path_survives_the_document() -> None:
    scene = scene_of(moving(point("bird", [1.0, 0.0, 0.0]), (0.0, (1.0, 0.0, 0.0)), (2.0, (0.0, 1.0, 0.0))))
    again = type(scene.document).model_validate_json(scene.document.model_dump_json())
    assert again == scene.document
    assert isinstance(scene, Scene)
