"""Procedural sounds: one file for each family, and the table of them all by name.

A synthesiser is a function `(rng, samples, sample_rate) -> float64 (samples,)` whose loop closes by construction. To
add one, write the function and one line in `SYNTHESES`.
"""

from sonovista.generate.sounding.synthesis.table import DISTINCT_KINDS, SYNTHESES, Synthesis

__all__ = ["DISTINCT_KINDS", "SYNTHESES", "Synthesis"]
