"""What surfaces absorb and scatter, in octaves from 125 Hz to 16 kHz.

Absorption for random incidence after M. Vorlaender, "Auralization" (Springer 2008), annex, table A.1, which goes to
4 or 8 kHz; the octaves above keep the last value. Scattering: some 0.1 for flat walls, more for what is furnished
(section 4.2 there).
"""

from dataclasses import dataclass

OCTAVES = 8


@dataclass(frozen=True)
class SurfaceMaterial:
    """A surface's absorption in the octaves 125 Hz to 16 kHz, each in (0, 1), and its mid-frequency scattering."""

    name: str
    absorption: tuple[float, ...]
    scattering: float


def _material(name: str, *absorption: float, scattering: float = 0.1) -> SurfaceMaterial:
    return SurfaceMaterial(name, absorption + absorption[-1:] * (OCTAVES - len(absorption)), scattering)


MATERIALS: dict[str, SurfaceMaterial] = {
    material.name: material
    for material in (
        _material("hard_surface", 0.02, 0.02, 0.03, 0.03, 0.04, 0.05, 0.05),
        _material("rendered_brickwork", 0.01, 0.02, 0.02, 0.03, 0.03, 0.04, 0.04),
        _material("rough_concrete", 0.02, 0.03, 0.03, 0.03, 0.04, 0.07, 0.07),
        _material("ceramic_tiles", 0.01, 0.01, 0.01, 0.02, 0.02, 0.02, 0.02),
        _material("plasterboard", 0.15, 0.10, 0.06, 0.04, 0.04, 0.05, 0.05),
        _material("plasterboard_ceiling", 0.20, 0.15, 0.10, 0.08, 0.04, 0.02),
        _material("wooden_lining", 0.27, 0.23, 0.22, 0.15, 0.10, 0.07, 0.06),
        _material("wood_on_planks", 0.18, 0.12, 0.10, 0.09, 0.08, 0.07, 0.07),
        _material("glass_window", 0.10, 0.05, 0.04, 0.03, 0.03, 0.03, 0.03),
        _material("linoleum_on_concrete", 0.02, 0.03, 0.03, 0.03, 0.03, 0.02),
        _material("thin_carpet", 0.02, 0.04, 0.08, 0.20, 0.35, 0.40),
        _material("tufted_carpet", 0.08, 0.08, 0.30, 0.60, 0.75, 0.80, 0.80),
        _material("cotton_curtains", 0.30, 0.45, 0.65, 0.56, 0.59, 0.71, 0.71, scattering=0.3),
        _material("wooden_chairs", 0.05, 0.08, 0.10, 0.12, 0.12, 0.12, scattering=0.5),
        _material("upholstered_chairs", 0.44, 0.60, 0.77, 0.89, 0.82, 0.70, 0.70, scattering=0.5),
        _material("fissured_ceiling_tile", 0.49, 0.53, 0.53, 0.75, 0.92, 0.99),
    )
}
"""By name."""
