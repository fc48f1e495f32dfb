import numpy as np

from sonovista.generate.depth.materials import Material
from sonovista.generate.depth.parts import stand_apart
from sonovista.generate.depth.standing import lay_out

ROWS, COLUMNS = 40, 60
NEAR, FAR = np.log(2.0), np.log(5.0)


def scene() -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """A near bag (rows 20 to 35, columns 10 to 40) before a far cupboard (rows 5 to 25, columns 20 to 55)."""
    material = np.full((ROWS, COLUMNS), Material.FLAT, np.uint8)
    pixels = np.full((ROWS, COLUMNS, 3), 120, np.uint8)
    pieces = np.zeros((ROWS, COLUMNS), np.int32)
    material[5:25, 20:55] = Material.OBJECT
    pixels[5:25, 20:55] = (60, 40, 20)
    material[20:35, 10:40] = Material.OBJECT
    pixels[20:35, 10:40] = (220, 210, 190)
    for row in range(0, ROWS, 5):
        for column in range(0, COLUMNS, 5):
            pieces[row : row + 5, column : column + 5] = row * COLUMNS + column
    # The floor's distance falls with the row: the cupboard's foot is at row 25, the bag's at row 35.
    ground = np.broadcast_to(
        np.interp(np.arange(ROWS), [0, 25, 35, 39], [3.0, FAR, NEAR, 0.5])[:, None], (ROWS, COLUMNS)
    )
    return material, pixels, pieces, ground.copy()


def test_things_that_touch_stand_where_their_own_feet_are():
    material, pixels, pieces, ground = scene()
    layout = lay_out(material, np.ones_like(material, bool))
    before = np.where(layout.component >= 0, NEAR, ground)

    after = stand_apart(layout, pieces, pixels, ground, before)

    assert layout.materials.tolist() == [Material.OBJECT]  # one surface to begin with
    np.testing.assert_allclose(np.exp(after[27:34, 12:38]), 2.0, rtol=0.1)
    np.testing.assert_allclose(np.exp(after[6:19, 42:54]), 5.0, rtol=0.1)
    # The cupboard's part above the bag, whose foot is hidden, is the cupboard still.
    assert np.exp(after[6:18, 22:38]).min() > 4.0
    np.testing.assert_array_equal(after[layout.component < 0], before[layout.component < 0])


def test_a_thing_without_a_visible_foot_stays_where_it_was():
    material, pixels, pieces, ground = scene()
    material[35:] = Material.ROCK
    material[25:, 40:] = Material.ROCK
    layout = lay_out(material, np.ones_like(material, bool))
    thing = np.append(layout.materials, Material.SKY)[layout.component] == Material.OBJECT
    before = np.where(thing, FAR, ground + 3.0)

    after = stand_apart(layout, pieces, pixels, ground + 3.0, before)

    np.testing.assert_allclose(after[thing], FAR, atol=1e-6)
