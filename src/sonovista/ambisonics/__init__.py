"""Ambisonics: spherical harmonics, encoding, rotation, analysis, binaural decoders. ACN order, SN3D unless said."""

from sonovista.ambisonics.ambix_files import read_ambix, write_ambix
from sonovista.ambisonics.analysis import diffuseness, directions_over_time, intensity_direction
from sonovista.ambisonics.beams import beam, beam_pattern, beam_weights, energy_map
from sonovista.ambisonics.conventions import convert_convention
from sonovista.ambisonics.decoder_design import design_decoder
from sonovista.ambisonics.encoding import encode
from sonovista.ambisonics.head_equalization import diffuse_field_equalized
from sonovista.ambisonics.hrtf import (
    BinauralDecoder,
    decoder_bytes,
    diffuse_filters,
    interaural_coherence,
    load_default_filters,
)
from sonovista.ambisonics.hrtf_set import HRTFSet
from sonovista.ambisonics.rotation import rotation_matrix
from sonovista.ambisonics.sofa import read_sofa
from sonovista.ambisonics.spherical_harmonics import (
    channel_count,
    order_of_channels,
    spherical_harmonics,
    spherical_harmonics_of_directions,
)
from sonovista.ambisonics.spherical_head import spherical_head

__all__ = [
    "BinauralDecoder",
    "HRTFSet",
    "beam",
    "beam_pattern",
    "beam_weights",
    "channel_count",
    "convert_convention",
    "decoder_bytes",
    "design_decoder",
    "diffuse_field_equalized",
    "diffuse_filters",
    "diffuseness",
    "directions_over_time",
    "encode",
    "energy_map",
    "intensity_direction",
    "interaural_coherence",
    "load_default_filters",
    "order_of_channels",
    "read_ambix",
    "read_sofa",
    "rotation_matrix",
    "spherical_harmonics",
    "spherical_harmonics_of_directions",
    "spherical_head",
    "write_ambix",
]
