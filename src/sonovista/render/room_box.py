"""A box that reverberates: its early reflections one by one, and how its late field dies away."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sonovista.acoustics.bands import OCTAVE_CENTRES_HZ
from sonovista.acoustics.image_sources import ImageSources, image_sources
from sonovista.acoustics.late_tail import fade_in
from sonovista.acoustics.shoebox import box_rt60, box_volume, checked_absorption, mixing_time
from sonovista.render.room_tail import decay_envelopes

EARLY_SECONDS = 0.05
"""How long reflections come one by one, at least to the mixing time."""
MOST_EARLY_IMAGES = 4000
"""More than so many are not followed one by one after the mixing time: small rooms are dense early."""
TAIL_DB = 65.0
"""Fall of a response after which it may end."""
_CROSSFADE = 0.002  # seconds: half of what `fade_in` takes
_BANDS = len(OCTAVE_CENTRES_HZ)


@dataclass(frozen=True)
class BoxRoom:
    """A box with what it and its air absorb, in one band or in eight."""

    size: NDArray[np.float64]
    absorption: NDArray[np.float64]
    air_nepers: NDArray[np.float64]  # of power per metre
    speed_of_sound: float

    @classmethod
    def checked(
        cls, size: ArrayLike, absorption: ArrayLike, air_db_per_metre: ArrayLike, speed_of_sound: float
    ) -> "BoxRoom":
        """A room of what a user gives; see `binaural_room_responses`. Places are checked with `images`."""
        box = np.asarray(size, float)
        walls = checked_absorption(absorption)
        air = np.atleast_1d(np.asarray(air_db_per_metre, float))
        if walls.shape[1] not in (1, _BANDS):
            raise ValueError(f"absorption must be given for 1 band or {_BANDS} octaves, found {walls.shape[1]} bands")
        if air.shape not in ((1,), (_BANDS,)) or not (air >= 0.0).all():
            raise ValueError(f"air_db_per_metre must be 1 or {_BANDS} numbers that are not negative, found {air}")
        bands = max(walls.shape[1], len(air))
        walls = np.broadcast_to(walls, (6, bands))
        return cls(box, walls, np.broadcast_to(air, (bands,)) * np.log(10.0) / 10.0, speed_of_sound)

    def images(self, source: ArrayLike, listener: ArrayLike, early: float | None) -> tuple[ImageSources, float]:
        """The source, its images until the tail has faded in, and the time in seconds when it does."""
        if early is None:
            dense = (0.75 / np.pi * box_volume(self.size) * MOST_EARLY_IMAGES) ** (1.0 / 3.0) / self.speed_of_sound
            early = max(mixing_time(self.size, self.speed_of_sound), min(EARLY_SECONDS, dense))
        elif not 0.0 < early < np.inf:
            raise ValueError(f"early_seconds must be positive, found {early}")
        reach = (early + _CROSSFADE) * self.speed_of_sound
        return image_sources(self.size, source, listener, self.absorption, max_distance=reach), early

    def gains(self, images: ImageSources, early: float) -> NDArray[np.float32]:
        """Of every image in every band, by distance, walls and air; the last ones fade as the tail comes."""
        distance = np.maximum(images.distance, 1e-3)
        place = (distance / self.speed_of_sound - early) / (2.0 * _CROSSFADE) + 0.5
        rising = 0.5 - 0.5 * np.cos(np.pi * np.clip(place, 0.0, 1.0))
        keep = np.sqrt(1.0 - rising**2) / distance  # the powers of both sum to 1
        keep[0] = 1.0 / distance[0]
        air = np.exp(-0.5 * distance[:, None] * self.air_nepers)
        return (keep[:, None] * images.gain * air).astype(np.float32)

    def late_envelopes(self, early: float, sample_rate: int, samples: int) -> NDArray[np.float32]:
        """RMS amplitude of the late field over time, from `early` seconds on, shape `(bands, samples)`."""
        reflection = np.sqrt(1.0 - self.absorption)
        envelopes = decay_envelopes(self.size, reflection, self.air_nepers, sample_rate, samples, self.speed_of_sound)
        return envelopes * fade_in(samples, sample_rate, early).astype(np.float32)

    def samples(self, duration: float | None, distance: float, sample_rate: int) -> int:
        """Length of a response: what is asked for, or until the tail of the band that lasts longest has fallen."""
        if duration is not None:
            if not duration > 0.0:
                raise ValueError(f"duration must be positive, found {duration}")
            return max(1, round(duration * sample_rate))
        longest = max(box_rt60(self.size, walls, self.speed_of_sound) for walls in np.unique(self.absorption, axis=1).T)
        seconds = max(longest * TAIL_DB / 60.0, 2.0 * _CROSSFADE) + distance / self.speed_of_sound + 0.01
        return round(seconds * sample_rate)
