import cv2
import numpy as np
import pytest

from sonovista.generate.outpainting.projection import project_photo
from sonovista.geometry import PerspectiveCamera
from sonovista.geometry.equirectangular import direction_to_pixel, sample


def noise_photo(width: int, height: int, seed: int) -> np.ndarray:
    return np.random.default_rng(seed).uniform(0.0, 1.0, (height, width, 3)).astype(np.float32)


@pytest.mark.parametrize(
    ("width", "height", "fov", "pitch", "roll", "panorama"),
    [(800, 534, 60, 0.0, 0.0, 256), (534, 800, 45, -0.2, 0.1, 256), (160, 107, 55, 0.3, -0.2, 1024)],
    ids=["minified", "portrait tilted", "magnified"],
)
def test_reprojected_to_its_camera_the_panorama_is_the_low_passed_photo(width, height, fov, pitch, roll, panorama):
    camera = PerspectiveCamera(width, height, np.radians(fov), 0.0, pitch, roll)
    # White noise is the hardest photo; a slow wave beside it shows whether places and brightness are right.
    wave = 0.5 + 0.3 * np.sin(np.arange(width) / width * 12.0)[None, :, None]
    photo = (0.5 * noise_photo(width, height, 1) + 0.5 * wave).astype(np.float32)
    sigma = camera.focal_length * np.pi / panorama
    if sigma < 1.0:
        # A lens never resolves single pixels; where the panorama is the finer one, interpolation cannot either.
        photo = cv2.GaussianBlur(photo, (0, 0), 0.8)
    pixels, _ = project_photo(photo, camera, panorama)
    reference = cv2.GaussianBlur(photo, (0, 0), sigma) if sigma > 0.3 else photo
    back = np.asarray(sample(pixels, camera.ray_directions(), cv2.INTER_CUBIC))
    border = int(np.ceil(4 * sigma)) + 2
    error = np.abs(back - reference)[border:-border, border:-border]
    assert error.mean() < 1.0 / 255.0


def test_a_photo_finer_than_the_panorama_does_not_alias():
    camera = PerspectiveCamera(1200, 800, np.radians(60))
    stripes = np.zeros((800, 1200, 3), np.float32)
    stripes[:, ::2] = 1.0
    pixels, observed = project_photo(stripes, camera, 128)
    inner = cv2.erode(observed.astype(np.uint8), np.ones((5, 5), np.uint8)) > 0
    assert np.abs(pixels[inner] - 0.5).max() < 0.01


def test_a_mark_lands_where_its_ray_points():
    camera = PerspectiveCamera(400, 300, np.radians(70), 0.0, 0.2, -0.15)
    photo = np.zeros((300, 400, 3), np.float32)
    photo[60:64, 320:324] = 1.0
    pixels, _ = project_photo(photo, camera, 512)
    rows, columns = np.mgrid[:512, :1024]
    weight = pixels[..., 0]
    ray = camera.ray_directions()[60:64, 320:324].mean(axis=(0, 1))
    u, v = direction_to_pixel(ray, 512)
    assert (weight * (columns + 0.5)).sum() / weight.sum() == pytest.approx(float(u), abs=0.15)
    assert (weight * (rows + 0.5)).sum() / weight.sum() == pytest.approx(float(v), abs=0.15)


def test_observed_covers_the_photos_solid_angle():
    camera = PerspectiveCamera(300, 200, np.radians(80), 0.0, -0.3, 0.2)
    _, observed = project_photo(np.ones((200, 300, 3), np.float32), camera, 256)
    from sonovista.geometry.equirectangular import pixel_solid_angles

    solid_angle = float((observed * pixel_solid_angles(256)[:, None]).sum())
    a, b = np.tan(0.5 * camera.horizontal_fov), np.tan(0.5 * camera.vertical_fov)
    assert solid_angle == pytest.approx(4.0 * np.arcsin(a * b / np.sqrt((1 + a * a) * (1 + b * b))), rel=0.01)
