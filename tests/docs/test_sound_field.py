"""What the documentation shows must run as it stands."""

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

PAGE = Path(__file__).parents[2] / "docs" / "sound_field.md"


def test_every_block_of_the_page_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    blocks = re.findall(r"```python\n(.*?)```", PAGE.read_text(), re.DOTALL)
    assert len(blocks) >= 7
    names: dict[str, Any] = {}
    for block in blocks:
        exec(compile(block, PAGE.name, "exec"), names)
    # What the comments beside the code say.
    np.testing.assert_allclose(names["direction"], [0.5, np.sqrt(0.75), 0.0], atol=1e-3)
    np.testing.assert_allclose(names["turned"][3], names["noise"], atol=1e-9)
    assert names["share"] == pytest.approx(0.0, abs=1e-6)
    assert np.shape(names["picture"]) == (90, 180)
    assert np.shape(names["harmonics"]) == (1000, 64)
    assert names["seconds"] == pytest.approx(0.4, rel=0.1)
    assert np.shape(names["block"]) == (2, 256)
    assert np.shape(names["heard"].detach()) == (2, 2560)
    assert np.abs(names["positions"].grad.numpy()).max() > 0.0
