"""Examples made on the fly: a panorama to look around in, a room to listen in, and a sound that no picture shows."""

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field
from scipy.signal import oaconvolve

from sonovista.slfm.angles import wrapped
from sonovista.slfm.features.pictures import FIELD_OF_VIEW, jittered, noise_like
from sonovista.slfm.streams.ears import Ears
from sonovista.slfm.streams.panoramas import crop
from sonovista.slfm.streams.places import PlaceOptions, binaural_response, draw_place
from sonovista.slfm.streams.protocol import Views
from sonovista.slfm.streams.sounds import SAMPLE_RATE, Sounds, moments


class ViewOptions(BaseModel):
    """How the views of an example differ, and what is done to them."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    views: int = Field(default=3, ge=2, le=8)
    width: int = Field(default=160, ge=32, le=640, description="Pixels.")
    height: int = Field(default=120, ge=24, le=480, description="Pixels.")
    seconds: float = Field(default=1.0, ge=0.1, le=10.0, description="Of sound in each view.")
    smallest_rotation_deg: float = Field(default=10.0, ge=0.0, le=180.0)
    largest_rotation_deg: float = Field(default=90.0, ge=0.0, le=180.0)
    small_rotations: float = Field(
        default=3.6, ge=1.0, le=10.0, description="Second parameter of Beta(1.2, x) between the limits; 1 is uniform."
    )
    pitch_deg: tuple[float, float] = Field(default=(-22.5, -22.5), description="Of all cameras, drawn between the two.")
    jitter: float = Field(default=0.2, ge=0.0, le=1.0, description="Of exposure, contrast, colour; noise with it.")
    front_only: bool = Field(default=False, description="Sources in front of every view.")
    sources: int = Field(default=1, ge=1, le=4)
    snr_db: tuple[float, float] = Field(default=(5.0, 30.0), description="Of the first source over each of the others.")
    noise_snr_db: tuple[float, float] | None = Field(
        default=(15.0, 50.0), description="Of independent noise; null: none."
    )
    reverberation: float = Field(default=1.0, ge=0.0, le=4.0, description="Factor of all but the direct sound.")


class ProceduralStream:
    """Examples without end. Pictures and rooms are paired freely, since the sound is in no picture.

    Args:
        panoramas: equirectangular, RGB uint8, each `(H, 2H, 3)`.
        sounds: clean ones.
        heads: to listen with; one is drawn for every example.
        options: of the views.
        seed: decides everything, with an example's number.
        places: how many rooms there are; each is drawn from its own number.
        first_place: number of the first room, so that splits have rooms of their own.
        place_options: how rooms vary.
    """

    def __init__(
        self,
        panoramas: Sequence[NDArray[np.uint8]],
        sounds: Sounds,
        heads: Sequence[Ears],
        options: ViewOptions | None = None,
        seed: int = 0,
        places: int = 2000,
        first_place: int = 0,
        place_options: PlaceOptions | None = None,
    ) -> None:
        self.panoramas, self.sounds, self.heads = panoramas, sounds, heads
        self.options = options or ViewOptions()
        self.seed, self.places, self.first_place = seed, places, first_place
        self._place = lru_cache(maxsize=places)(lambda number: draw_place(number, place_options))

    def example(self, index: int) -> Views:
        """The example of a number."""
        options = self.options
        rng = np.random.default_rng([self.seed, index])
        places = [self._place(self.first_place + int(rng.integers(self.places))) for _ in range(options.sources)]
        rotations = self._rotations(rng)
        yaw = rng.uniform(-np.pi, np.pi)
        if options.front_only:
            yaw = places[0].azimuth + self._frontal(rng, rotations)
        azimuths = wrapped(places[0].azimuth - yaw - rotations)
        # the other sources are heard in the same room as far as level goes, from directions of their own
        turns = [0.0, *rng.uniform(-np.pi, np.pi, options.sources - 1)]
        ears = self.heads[int(rng.integers(len(self.heads)))]
        samples = round(options.seconds * SAMPLE_RATE)
        binaural = np.zeros((options.views, 2, samples), np.float32)
        for number, (place, turn) in enumerate(zip(places, turns, strict=True)):
            sound = self.sounds.piece(rng, 3 * samples + SAMPLE_RATE)
            starts = moments(rng, options.views, samples, len(sound) - SAMPLE_RATE // 2)
            gain = 1.0 if number == 0 else 10.0 ** (-rng.uniform(*options.snr_db) / 20.0)
            for view, start in enumerate(starts):
                response = binaural_response(place, ears, yaw + rotations[view] + turn, options.reverberation)
                binaural[view] += np.float32(gain) * heard(sound, response, int(start), samples)
        return Views(self._pictures(rng, rotations), self._with_noise(binaural, rng), azimuths, rotations)

    def _rotations(self, rng: np.random.Generator) -> NDArray[np.float64]:
        options = self.options
        reach = options.largest_rotation_deg - options.smallest_rotation_deg
        shape = (1.2, options.small_rotations) if options.small_rotations > 1.0 else (1.0, 1.0)
        size = options.smallest_rotation_deg + reach * rng.beta(*shape, options.views - 1)
        return np.concatenate([[0.0], np.radians(size) * rng.choice([-1.0, 1.0], options.views - 1)])

    @staticmethod
    def _frontal(rng: np.random.Generator, rotations: NDArray[np.float64]) -> float:
        """A yaw, relative to the source, from which it is in front of every view; of the first where none is."""
        for _ in range(200):
            yaw = rng.uniform(-np.pi / 2, np.pi / 2)
            if (np.abs(yaw + rotations) < np.pi / 2).all():
                return float(yaw)
        return 0.0

    def _pictures(self, rng: np.random.Generator, rotations: NDArray[np.float64]) -> NDArray[np.uint8]:
        options = self.options
        panorama = self.panoramas[int(rng.integers(len(self.panoramas)))]
        yaw, pitch = rng.uniform(-np.pi, np.pi), float(np.radians(rng.uniform(*options.pitch_deg)))
        crops = [crop(panorama, yaw + turn, pitch, options.width, options.height, FIELD_OF_VIEW) for turn in rotations]
        if options.jitter > 0.0:
            crops = [jittered(picture, rng, options.jitter) for picture in crops]
        return np.stack(crops)

    def _with_noise(self, binaural: NDArray[np.float32], rng: np.random.Generator) -> NDArray[np.float32]:
        if self.options.noise_snr_db is None:
            return binaural
        level = float(np.sqrt(np.mean(np.square(binaural)))) * 10.0 ** (-rng.uniform(*self.options.noise_snr_db) / 20.0)
        noise = noise_like(rng, binaural.size).reshape(binaural.shape)
        return np.asarray(binaural + np.float32(level) * noise, np.float32)


def heard(sound: NDArray[np.float32], response: NDArray[np.float32], start: int, samples: int) -> NDArray[np.float32]:
    """A moment of what two ears hear of a sound, with the reverberation of what came before it.

    Args:
        sound: mono, shape `(n,)`.
        response: shape `(2, m)`.
        start: of the moment in the sound.
        samples: of the moment.

    Returns:
        Shape `(2, samples)`.
    """
    before = min(start, response.shape[1] - 1)
    piece = sound[start - before : start + samples]
    return oaconvolve(piece[None], response, mode="full", axes=1)[:, before : before + samples].astype(np.float32)
