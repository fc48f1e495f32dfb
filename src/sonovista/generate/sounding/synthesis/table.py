"""The table of procedural sounds: name, model and source, and the words by which people call the thing."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from importlib import resources

import numpy as np
import yaml
from numpy.typing import NDArray

from sonovista.generate.sounding.synthesis import (
    animals,
    birds,
    engines,
    fire,
    insects,
    machines,
    percussion,
    struck,
    voices,
    water,
    weather,
)

Synthesiser = Callable[[np.random.Generator, int, int], NDArray[np.float64]]


@dataclass(frozen=True)
class Synthesis:
    """A procedural sound.

    Attributes:
        make: `(rng, samples, sample_rate) -> (samples,)`, a closed loop at any level.
        model: how it is made, with its source, in a few words.
        words: names of things that sound like it, lower case, singular.
    """

    make: Synthesiser
    model: str
    words: tuple[str, ...]


_MODELS: dict[str, tuple[Synthesiser, str]] = {
    "running_water": (water.running_water, "bubble population (van den Doel 2005)"),
    "waterfall": (water.waterfall, "dense bubbles and shaped noise (van den Doel 2005; Watts et al. 2009)"),
    "fountain": (water.fountain, "splashes and bubbles (van den Doel 2005)"),
    "dripping": (water.dripping, "impact and trapped bubble (Pumphrey and Elmore 1990)"),
    "surf": (water.surf, "breaking waves in bands (Deane and Stokes 2002; Bolin and Abom 2010)"),
    "rain": (weather.rain, "drops (Marshall and Palmer 1948; Pumphrey and Elmore 1990)"),
    "wind": (weather.wind, "turbulent gusts and vortex shedding (Kaimal 1972; Selfridge et al. 2017)"),
    "leaves": (weather.leaves, "wind-moved taps and rubs (Fegeant 1999)"),
    "thunder": (weather.thunder, "N-waves of a crooked channel (Ribner and Roy 1982)"),
    "fire": (fire.fire, "roar, hiss and crackle (Farnell 2010)"),
    "birds": (birds.birds, "syrinx gestures (Gardner et al. 2001)"),
    "owl": (birds.owl, "syrinx gestures (Gardner et al. 2001)"),
    "dove": (birds.dove, "syrinx gestures (Gardner et al. 2001)"),
    "crickets": (insects.crickets, "stridulation pulse trains (Bennet-Clark 1989)"),
    "cicadas": (insects.cicadas, "tymbal clicks (Young and Bennet-Clark 1995)"),
    "bees": (insects.bees, "wingbeat harmonics (Sueur et al. 2005)"),
    "flies": (insects.flies, "wingbeat harmonics (Sueur et al. 2005)"),
    "frogs": (animals.frogs, "pulse trains through the vocal sac (Gerhardt 1994)"),
    "traffic": (machines.traffic, "pass-bys of rolling noise (Sandberg 2003)"),
    "engine": (engines.engine, "firing pulses, exhaust and flow (Baldan et al. 2015)"),
    "motorbike": (engines.motorbike, "firing pulses, exhaust and flow (Baldan et al. 2015)"),
    "train": (machines.train, "rolling noise and rail joints (Thompson 2009)"),
    "aircraft": (machines.aircraft, "jet and fan noise (Smith 1989)"),
    "helicopter": (machines.helicopter, "blade slap over modulated noise (Leverton and Taylor 1966)"),
    "boat": (engines.boat, "slow diesel pulses (Baldan et al. 2015) and lapping"),
    "machine_hum": (machines.machine_hum, "mains harmonics and slip (Beranek and Ver 1992)"),
    "fan": (machines.fan, "flow noise and blade passing (Lowson 1965)"),
    "room_tone": (machines.room_tone, "noise after a noise-criterion curve"),
    "crowd": (voices.crowd, "many glottal voices with formants (Klatt 1980)"),
    "speech": (voices.speech, "glottal voice with formants (Klatt 1980)"),
    "applause": (struck.applause, "hand claps (Peltola et al. 2007)"),
    "bell": (struck.bell, "modal minor-third bell (Rossing 2000)"),
    "bicycle_bell": (struck.bicycle_bell, "modal dome"),
    "wind_chimes": (struck.wind_chimes, "free bars (Fletcher and Rossing 1998)"),
    "clock": (struck.clock, "escapement knocks on modes (Du and Xie 2013)"),
    "footsteps": (struck.footsteps, "heel, ball and grit (Cook 1997)"),
    "hammering": (struck.hammering, "struck modes (van den Doel and Pai 1998)"),
    "drum": (percussion.drum, "membrane and goblet modes, played by hand (Fletcher and Rossing 1998; Prak 1996)"),
    "xylophone": (percussion.xylophone, "undercut bars, played (Fletcher and Rossing 1998)"),
    "typing": (struck.typing, "key clicks in bursts"),
    "strings": (struck.strings, "plucked strings (Fletcher and Rossing 1998)"),
    "flag": (struck.flag, "flaps of cloth in gusts"),
    "dog": (partial(animals.animal, "dog"), "source and formants (Taylor and Reby 2010)"),
    "cow": (partial(animals.animal, "cow"), "source and formants (Taylor and Reby 2010)"),
    "sheep": (partial(animals.animal, "sheep"), "source and formants (Taylor and Reby 2010)"),
    "cat": (partial(animals.animal, "cat"), "source and formants (Taylor and Reby 2010)"),
    "horse": (partial(animals.animal, "horse"), "source and formants (Taylor and Reby 2010)"),
    "duck": (partial(animals.animal, "duck"), "source and formants (Taylor and Reby 2010)"),
    "crow": (partial(animals.animal, "crow"), "source and formants (Taylor and Reby 2010)"),
    "gull": (partial(animals.animal, "gull"), "source and formants (Taylor and Reby 2010)"),
    "rooster": (partial(animals.animal, "rooster"), "source and formants (Taylor and Reby 2010)"),
    "hen": (partial(animals.animal, "hen"), "source and formants (Taylor and Reby 2010)"),
    "pig": (partial(animals.animal, "pig"), "source and formants (Taylor and Reby 2010)"),
}


def _read_words() -> dict[str, tuple[str, ...]]:
    text = resources.files(__package__ or "").joinpath("words.yaml").read_text("utf-8")
    return {name: tuple(word.strip() for word in words.split(",")) for name, words in yaml.safe_load(text).items()}


_WORDS = _read_words()
SYNTHESES: dict[str, Synthesis] = {
    name: Synthesis(make, model, _WORDS.get(name, ())) for name, (make, model) in _MODELS.items()
}
"""Every procedural sound by its name."""

DISTINCT_KINDS = (
    "running_water",
    "waterfall",
    "surf",
    "rain",
    "wind",
    "leaves",
    "fire",
    "birds",
    "crickets",
    "bees",
    "traffic",
    "engine",
    "crowd",
    "bell",
    "clock",
    "machine_hum",
)
"""Kinds that nobody should take for one another: tests and benchmarks tell them apart by their texture."""
