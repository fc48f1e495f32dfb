import cv2
import numpy as np
import pytest
from PIL import Image

from sonovista.errors import InputError
from sonovista.geometry import PerspectiveCamera
from sonovista.geometry.equirectangular import pixel_directions
from sonovista.simulate.places.panorama import PanoramaPlace
from sonovista.simulate.places.tone_mapping import tone_mapped
from sonovista.simulate.rooms.layout import RoomOptions


def smooth_panorama(height: int = 256) -> np.ndarray:
    """Colour by direction: red to the front, green to the left, blue up."""
    return (127.5 + 127.0 * pixel_directions(height)).round().astype(np.uint8)


@pytest.fixture
def place(tmp_path) -> PanoramaPlace:
    Image.fromarray(smooth_panorama()).save(tmp_path / "smooth.png")
    return PanoramaPlace(tmp_path / "smooth.png", 3, RoomOptions())


def test_a_view_shows_what_lies_in_its_direction(place):
    for yaw, pitch in ((0.0, 0.0), (1.5, -0.4), (-2.9, 0.3)):
        camera = PerspectiveCamera(80, 60, np.radians(60.0), yaw, pitch)
        view = place.view(camera)
        assert view.depth is None
        expected = 127.5 + 127.0 * camera.ray_directions()
        assert np.abs(view.rgb - expected).max() < 3.0


def test_it_does_not_matter_where_in_the_box_it_is_seen_from(place):
    cameras = [PerspectiveCamera(40, 30, 1.0, position=position) for position in ((0.0, 0.0, 0.0), (3.0, 1.0, 1.5))]
    np.testing.assert_array_equal(place.view(cameras[0]).rgb, place.view(cameras[1]).rgb)
    assert not place.movable


def test_the_box_is_the_seed_s_and_holds_its_listener(place, tmp_path):
    again = PanoramaPlace(tmp_path / "smooth.png", 3, RoomOptions())
    other = PanoramaPlace(tmp_path / "smooth.png", 4, RoomOptions())
    np.testing.assert_array_equal(place.size, again.size)
    assert not np.array_equal(place.size, other.size)
    position = place.stand(1.5, 0.5, np.random.default_rng(0))
    assert position is not None
    assert place.free(position, 0.5)
    assert not place.free(place.size + 1.0, 0.0)


def test_hdr_is_exposed_for_the_whole_and_keeps_its_colours(tmp_path):
    radiance = np.full((128, 256, 3), 0.02, np.float32) * [1.0, 0.5, 0.5]
    radiance[:5, :9] = 500.0
    cv2.imwrite(str(tmp_path / "sun.hdr"), radiance[..., ::-1].astype(np.float32))
    rgb = PanoramaPlace(tmp_path / "sun.hdr", 0, RoomOptions()).view(PerspectiveCamera(40, 30, 1.0)).rgb
    assert 100 < rgb[..., 0].mean() < 235
    assert rgb[..., 0].mean() > rgb[..., 1].mean() + 20
    mapped = tone_mapped(radiance.astype(np.float32))
    assert mapped[0, 0].min() == 255


def test_openexr_is_read_as_well(tmp_path):
    exr = pytest.importorskip("OpenEXR")
    radiance = np.full((128, 256, 3), 0.5, np.float32)
    with exr.File({"type": exr.scanlineimage}, {"RGB": radiance}) as file:
        file.write(str(tmp_path / "grey.exr"))
    rgb = PanoramaPlace(tmp_path / "grey.exr", 0, RoomOptions()).view(PerspectiveCamera(40, 30, 1.0)).rgb
    assert rgb.std() < 1.0
    (tmp_path / "grey.exr").write_bytes(b"v/1 this is none")
    with pytest.raises(InputError, match=r"grey\.exr"):
        PanoramaPlace(tmp_path / "grey.exr", 0, RoomOptions())


def test_hdr_that_is_not_a_number_counts_as_black():
    radiance = np.full((64, 128, 3), 1.0, np.float32)
    radiance[:4] = np.nan
    radiance[4:8] = -1.0
    assert (tone_mapped(radiance)[:8] == 0).all()


@pytest.mark.parametrize(
    ("spoil", "named"),
    [
        (lambda path: Image.new("RGB", (512, 300)).save(path), "twice as wide as high, found 512x300"),
        (lambda path: Image.new("RGB", (128, 64)).save(path), "at least 128 rows"),
        (lambda path: path.write_bytes(b""), "empty file"),
        (lambda path: path.write_bytes(b"no picture"), "expected a picture"),
        (lambda path: None, "cannot be read"),
    ],
)
def test_what_is_no_panorama_is_named(tmp_path, spoil, named):
    spoil(tmp_path / "p.png")
    with pytest.raises(InputError, match=rf"p\.png.*{named}"):
        PanoramaPlace(tmp_path / "p.png", 0, RoomOptions())


def test_a_truncated_panorama_is_named(tmp_path):
    Image.fromarray(np.random.default_rng(0).integers(0, 256, (256, 512, 3)).astype(np.uint8)).save(tmp_path / "p.png")
    (tmp_path / "p.png").write_bytes((tmp_path / "p.png").read_bytes()[:20_000])
    with pytest.raises(InputError, match=r"p\.png"):
        PanoramaPlace(tmp_path / "p.png", 0, RoomOptions())
