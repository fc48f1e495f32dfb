"""From head-related transfer functions to filters that turn Ambisonic signals into binaural ones."""

from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from sonovista.ambisonics.decoder_filters import filters_from_spectra
from sonovista.ambisonics.decoder_refinement import refine_filters
from sonovista.ambisonics.decoder_target import DecoderTarget, decoder_target
from sonovista.ambisonics.hrtf import BinauralDecoder
from sonovista.ambisonics.hrtf_set import HRTFSet
from sonovista.ambisonics.spherical_harmonics import (
    channel_count,
    degrees_and_indices,
    left_right_signs,
    spherical_harmonics_of_directions,
)

DesignMethod = Literal["refined", "magls", "least_squares"]
_NAMES = {
    "refined": "refined magnitude least squares",
    "magls": "magnitude least squares",
    "least_squares": "least squares",
}
MAXIMUM_TAPS = 4096


def design_decoder(
    hrtf_set: HRTFSet,
    order: int,
    method: DesignMethod = "refined",
    sample_rate: int = 48_000,
    *,
    taps: int = 512,
    delay: int = 48,
    cutoff: float = 2000.0,
    symmetric: bool | None = None,
) -> BinauralDecoder:
    """Binaural decoder of any head: filters for Ambisonic channels whose sum is what each ear hears.

    "least_squares" keeps the complex responses, as far as the order reaches; "magls" keeps magnitudes alone above the
    cutoff, and the covariance that the ears have in a diffuse field; "refined" (the default) goes on from there by
    descent on the errors that are heard: band levels of every direction, interaural phase, interaural delay, level and
    coherence in a diffuse field (there a part of the cost, not a constraint).

    The head is decoded as it is: equalise first (`diffuse_field_equalized`) what was measured through a loudspeaker.

    Args:
        hrtf_set: any grid, any rate; directions that it lacks are filled in.
        order: 1 to 7.
        method: "refined", "magls" or "least_squares".
        sample_rate: Hz, of the decoder.
        taps: of each filter, 64 to 4096; 256 suffice for an equalised head.
        delay: samples from a wave's passing the head's centre to its place in the filters, at least 32.
        cutoff: Hz, of "magls" and where "refined" starts.
        symmetric: make the right ear the left's mirror image; None: where the set is.

    Returns:
        The decoder; its `delay` is `delay`.

    Raises:
        ValueError: an order, method or size that cannot be.

    Source: Schoerkhuber, Zaunschirm and Hoeldrich, *Binaural rendering of Ambisonic signals via magnitude least
    squares* (DAGA 2018); Zaunschirm, Schoerkhuber and Hoeldrich, *Binaural rendering of Ambisonic signals by
    head-related impulse response time alignment and a diffuseness constraint* (JASA 2018), section II.
    """
    channel_count(order)
    if order < 1:
        raise ValueError("a binaural decoder needs order 1 at least, found 0")
    if method not in get_args(DesignMethod):
        raise ValueError(f"method must be one of {', '.join(get_args(DesignMethod))}, found {method!r}")
    if not 64 <= taps <= MAXIMUM_TAPS or not 32 <= delay <= taps // 2:
        raise ValueError(f"expected 64 to {MAXIMUM_TAPS} taps and a delay of 32 to half of them: {taps}, {delay}")
    head = hrtf_set.resampled(sample_rate)
    symmetric = head.is_symmetric() if symmetric is None else symmetric
    head = head.symmetrized() if symmetric else head
    size = 1 << (max(1024, 2 * taps, min(head.hrirs.shape[-1], 4 * taps)) - 1).bit_length()
    target = decoder_target(head, size, symmetric)
    if method == "least_squares":
        spectra = least_squares(target, order)
    else:
        spectra = magnitude_least_squares(target, order, cutoff)
    if method == "magls":
        spectra = match_diffuse_covariance(spectra, target)
    filters = filters_from_spectra(spectra, taps, delay, fade_out=min(64, taps // 4))
    if method == "refined":
        filters = refine_filters(filters, target, delay)
    n, _ = degrees_and_indices(order)
    filters = (filters * np.sqrt(2.0 * n + 1.0)[:, None]).astype(np.float32)
    if symmetric:
        filters[1] = filters[0] * left_right_signs(order).astype(np.float32)[:, None]
    name = f"{hrtf_set.name}, {_NAMES[method]}".lstrip(", ")
    return BinauralDecoder(filters, sample_rate, delay, symmetric, name, hrtf_set.citation)


def least_squares(target: DecoderTarget, order: int) -> NDArray[np.complex128]:
    """Spectra of N3D filters that come nearest to the complex responses, weighted by solid angle.

    Returns:
        Shape `(2, (order + 1) ** 2, bins)`.
    """
    harmonics = spherical_harmonics_of_directions(order, target.directions, "n3d")
    return np.stack([_projection(harmonics, target.weights) @ ear for ear in target.spectra])


def magnitude_least_squares(
    target: DecoderTarget, order: int, cutoff: float = 2000.0, iterations: int = 5
) -> NDArray[np.complex128]:
    """Spectra of N3D filters: least squares below the cutoff, magnitudes above, over one octave from one to the other.

    Above the cutoff each frequency starts from the phase that the filters found at the frequency below, advanced by
    the mean phase step of the head, and matches only the magnitude (variable exchange). A direction weighs by its
    solid angle and by the inverse of its magnitude, which lies between an error in pressure and one in decibels: so
    the shadowed ear is not forgotten.

    Args:
        target: of the design.
        order: 1 to 7.
        cutoff: Hz, the middle of the change.
        iterations: of the exchange of phases at each frequency.

    Returns:
        Shape `(2, (order + 1) ** 2, bins)`.

    Source: Schoerkhuber et al. (2018), equations 11 and 12; the phase step: Hold, Meyer-Kahlen and Pulkki (2023).
    """
    harmonics = spherical_harmonics_of_directions(order, target.directions, "n3d")
    share = np.clip(np.log2(np.maximum(target.frequencies, 1e-3) / cutoff) + 0.5, 0.0, 1.0)
    ears = []
    for ear in target.spectra:
        magnitude = np.abs(ear)
        loudest = np.maximum(magnitude.max(axis=0), 1e-12)
        steps = np.angle(np.einsum("d,dk,dk->k", target.weights, ear[:, 1:], np.conj(ear[:, :-1])))
        spectra = np.zeros((harmonics.shape[1], ear.shape[1]), complex)
        for k in range(ear.shape[1]):
            weights = target.weights / np.maximum(magnitude[:, k] / loudest[k], 0.02)
            decode = _projection(harmonics, weights)
            spectra[:, k] = decode @ ear[:, k]
            if share[k] > 0.0:
                phase = np.angle(harmonics @ spectra[:, k - 1]) + steps[k - 1]
                by_magnitude = decode @ (magnitude[:, k] * np.exp(1j * phase))
                for _ in range(iterations - 1):
                    by_magnitude = decode @ (magnitude[:, k] * np.exp(1j * np.angle(harmonics @ by_magnitude)))
                spectra[:, k] = (1.0 - share[k]) * spectra[:, k] + share[k] * by_magnitude
        spectra[:, -1] = np.real(spectra[:, -1])
        ears.append(spectra)
        if target.symmetric:
            ears.append(spectra * left_right_signs(order)[:, None])
            break
    return np.stack(ears)


def _projection(harmonics: NDArray[np.float64], weights: NDArray[np.float64]) -> NDArray[np.float64]:
    """Weighted pseudo-inverse, kept from blowing up where the grid does not carry the order."""
    weighted = harmonics.T * weights
    normal = weighted @ harmonics
    return np.linalg.solve(normal + 1e-6 * np.trace(normal) / len(normal) * np.eye(len(normal)), weighted)


def match_diffuse_covariance(
    spectra: NDArray[np.complex128], target: DecoderTarget, limit: float = 4.0
) -> NDArray[np.complex128]:
    """Mix the two ears, as little as can be, so that in a diffuse field they have the head's powers and coherence.

    Args:
        spectra: N3D filters, shape `(2, channels, bins)`.
        target: of the design.
        limit: the most that the mixing may amplify.

    Returns:
        Like `spectra`.

    Source: Zaunschirm et al. (2018), section II D; the least mixing is the unitary Procrustes solution of Vilkamo,
    Baeckstroem and Kuntz, *Optimized covariance domain framework for time-frequency processing of spatial audio*
    (JAES 2013).
    """
    found: NDArray[np.complex128] = np.einsum("eck,fck->kef", spectra, np.conj(spectra))
    floor = 1e-4 * np.trace(found, axis1=1, axis2=2).real.max() * np.eye(2)
    root, inverse = _square_root(found + 1e-9 * floor)
    wanted, _ = _square_root(target.diffuse_covariance)
    u, _, vh = np.linalg.svd(root @ wanted)
    mixing = wanted @ np.conj(np.swapaxes(u @ vh, 1, 2)) @ inverse
    size = np.linalg.norm(mixing, ord=2, axis=(1, 2))
    mixing *= np.minimum(1.0, limit / np.maximum(size, 1e-12))[:, None, None]
    mixing[[0, -1]] = mixing[[0, -1]].real
    return np.einsum("kef,fck->eck", mixing, spectra)


def _square_root(covariance: NDArray[np.complex128]) -> tuple[NDArray[np.complex128], NDArray[np.complex128]]:
    """Hermitian square roots of matrices `(bins, 2, 2)`, and their inverses."""
    values, vectors = np.linalg.eigh(covariance)
    roots = np.sqrt(np.maximum(values, 1e-12 * max(float(values.max()), 1e-30)))[:, None, :]
    conjugate = np.conj(np.swapaxes(vectors, 1, 2))
    return np.asarray((vectors * roots) @ conjugate, complex), np.asarray((vectors / roots) @ conjugate, complex)
