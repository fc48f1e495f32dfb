"""The region head: what it is fitted on, what it tells, and what the shipped graph computes are one and the same."""

import sys
from pathlib import Path

import numpy as np
import onnxruntime
import pytest

pytest.importorskip("torch")
pytest.importorskip("onnx")

from sonovista.generate.regions.protocol import DETAIL_CLASSES
from sonovista.heads.region_training import (
    Components,
    RegionHead,
    RegionHeadConfig,
    StrokedPhoto,
    feature_count,
    fit,
    head_inputs,
)

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tools"))

CONFIG = RegionHeadConfig.read(ROOT / "src" / "sonovista" / "heads" / "configs" / "regions.yaml").model_copy(
    update={"components": 8, "cell_components": 8, "around": 3, "hidden": 16, "steps": 60, "batch": 64, "patches": 200}
)
WIDTH, CLASSES = feature_count(CONFIG)
KINDS = (0, 5, 13)
"""Details that the drawn photos show."""


def stroked(seed: int, indoor: bool) -> StrokedPhoto:
    """A photo whose patches lie around one place in feature space for each detail, and indoors are shifted."""
    rng, places = np.random.default_rng(seed), np.random.default_rng(0)
    look_places, cell_places = places.normal(size=(3, WIDTH)), places.normal(size=(3, CLASSES))
    kind = rng.integers(3, size=90)
    looks = look_places[kind][:, None] + 0.3 * rng.normal(size=(90, 2, WIDTH)) + (0.5 if indoor else 0.0)
    cells = cell_places[kind][:, None] + 0.3 * rng.normal(size=(90, 2, CLASSES))
    looks, cells = looks.astype(np.float32), cells.astype(np.float32)
    return StrokedPhoto(looks, cells, np.array(KINDS)[kind], looks[:, 0].mean(axis=0), cells[:, 0].mean(axis=0), indoor)


@pytest.fixture(scope="module")
def head() -> RegionHead:
    return fit([stroked(seed, seed % 2 == 1) for seed in range(4)], CONFIG)


@pytest.mark.parametrize("with_cells", [True, False])
def test_it_knows_photos_that_it_was_not_fitted_on(head: RegionHead, with_cells: bool) -> None:
    for indoor in (False, True):
        photo = stroked(9, indoor)
        told = head.details(photo.looks, photo.cells if with_cells else None, photo.around)
        np.testing.assert_allclose(told.sum(axis=1), 1.0, atol=1e-5)
        assert (told.argmax(axis=1) == photo.classes).mean() > 0.95
        assert (head.indoor(photo.gist) > 0.5) == indoor


@pytest.mark.parametrize("with_cells", [True, False])
def test_the_graph_that_ships_computes_the_same(head: RegionHead, with_cells: bool) -> None:
    from train_region_head import head_graph  # pyright: ignore[reportMissingImports]

    photo = stroked(9, True)
    cells = photo.cells if with_cells else np.zeros_like(photo.cells)
    session = onnxruntime.InferenceSession(
        head_graph(head, CONFIG).SerializeToString(), providers=["CPUExecutionProvider"]
    )
    given = {"looks": photo.looks, "cells": cells, "known": np.array([with_cells], np.float32)}
    details, indoor, _ = (np.asarray(told) for told in session.run(None, given))
    told = head.details(photo.looks, photo.cells if with_cells else None, photo.around)
    assert told.shape == (len(photo.classes), len(DETAIL_CLASSES))
    np.testing.assert_allclose(details, told, atol=1e-4)
    assert float(np.ravel(indoor)[0]) == pytest.approx(head.indoor(photo.gist), abs=1e-3)


def test_inputs_are_looks_cells_and_the_first_of_what_is_around() -> None:
    rng = np.random.default_rng(3)
    looks, cells, around = rng.normal(size=(5, 2, 6)), rng.normal(size=(5, 2, 4)), rng.normal(size=4)
    of_looks = Components(np.zeros(6, np.float32), np.eye(6, 3, dtype=np.float32))
    of_cells = Components(np.ones(4, np.float32), np.eye(4, 2, dtype=np.float32))
    looks, cells, around = looks.astype(np.float32), cells.astype(np.float32), around.astype(np.float32)
    inside = head_inputs(looks, cells, around, of_looks, of_cells, 2 * 3 + 2 * 2 + 1)
    np.testing.assert_allclose(inside[:, :6], looks[..., :3].reshape(5, 6), atol=1e-6)
    np.testing.assert_allclose(inside[:, 6:10], cells[..., :2].reshape(5, 4) - 1.0, atol=1e-6)
    np.testing.assert_allclose(inside[:, 10], around[0] - 1.0, atol=1e-6)
    without = head_inputs(looks, None, around, of_looks, of_cells, 11)
    np.testing.assert_array_equal(without[:, :6], inside[:, :6])
    assert not without[:, 6:].any()
