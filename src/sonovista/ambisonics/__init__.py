"""Ambisonics: spherical harmonics, encoding, rotation, analysis, binaural decoders. ACN order, SN3D unless said."""

from sonovista.ambisonics.analysis import intensity_direction
from sonovista.ambisonics.encoding import encode
from sonovista.ambisonics.hrtf import (
    BinauralDecoder,
    decoder_bytes,
    diffuse_filters,
    interaural_coherence,
    load_default_filters,
)
from sonovista.ambisonics.rotation import rotation_matrix
from sonovista.ambisonics.spherical_harmonics import (
    channel_count,
    order_of_channels,
    spherical_harmonics,
    spherical_harmonics_of_directions,
)

__all__ = [
    "BinauralDecoder",
    "channel_count",
    "decoder_bytes",
    "diffuse_filters",
    "encode",
    "intensity_direction",
    "interaural_coherence",
    "load_default_filters",
    "order_of_channels",
    "rotation_matrix",
    "spherical_harmonics",
    "spherical_harmonics_of_directions",
]
