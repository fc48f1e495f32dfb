"""The last layer stands behind everything and takes its colours from what is far."""

import numpy as np

from sonovista.generate.lifting.backstop import HEIGHT, backstop


def test_it_stands_behind_everything_and_shows_the_far_things_beside_a_near_one() -> None:
    height = 256
    colours = np.zeros((height, 2 * height, 3), np.float32)
    colours[..., 2] = 1.0
    inverse = np.full((height, 2 * height), 1.0 / 50.0, np.float32)
    # A red post two metres away, six degrees wide, at the back seam.
    for columns in (slice(0, 4), slice(-4, None)):
        inverse[:, columns] = 0.5
        colours[:, columns] = (1.0, 0.0, 0.0)
    layer = backstop(colours, inverse)
    assert layer.mask.all()
    small = inverse[::2, ::2]
    assert (layer.inverse < small).all()
    at_post = layer.colours[HEIGHT // 2, [0, -1]]
    assert (at_post[:, 2] > 0.95).all()
    assert (at_post[:, 0] < 0.05).all()


def test_it_closes_at_the_seam() -> None:
    rng = np.random.default_rng(4)
    inverse = rng.uniform(0.01, 1.0, (256, 512)).astype(np.float32)
    colours = rng.uniform(0.0, 1.0, (256, 512, 3)).astype(np.float32)
    turned = backstop(np.roll(colours, 128, axis=1), np.roll(inverse, 128, axis=1))
    straight = backstop(colours, inverse)
    np.testing.assert_allclose(np.roll(straight.colours, 64, axis=1), turned.colours, atol=1e-5)
    np.testing.assert_allclose(np.roll(straight.inverse, 64, axis=1), turned.inverse, atol=1e-6)
