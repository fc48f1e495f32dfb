"""The backbone, for tests that need it."""

import pytest

from sonovista.errors import BackendUnavailable
from sonovista.vision.backbone import Backbone


@pytest.fixture(scope="session")
def backbone() -> Backbone:
    try:
        return Backbone.load()
    except BackendUnavailable as error:
        pytest.skip(f"the backbone's weights could not be had: {error}")
