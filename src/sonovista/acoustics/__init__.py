"""How sound travels: the distance law."""

from sonovista.acoustics.distance import distance_gain

__all__ = ["distance_gain"]
