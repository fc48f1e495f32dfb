"""What a world is: sources, Gaussians, listener; reading, writing and checking it."""

from sonovista.scene.document import Acoustics, Listener, SceneDocument, Source
from sonovista.scene.gaussians import Gaussians
from sonovista.scene.scene import Scene

__all__ = ["Acoustics", "Gaussians", "Listener", "Scene", "SceneDocument", "Source"]
