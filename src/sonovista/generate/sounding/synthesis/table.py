"""The table of procedural sounds: name, model, source, and the words by which people call the thing."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from sonovista.generate.sounding.synthesis import birds, fire, insects, machines, struck, voices, water, weather

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


def _words(text: str) -> tuple[str, ...]:
    return tuple(word.strip() for word in text.split(",") if word.strip())


def _animal(kind: str, words: str) -> Synthesis:
    return Synthesis(partial(voices.animal, kind), "source and formants (Taylor and Reby 2010)", _words(words))


SYNTHESES: dict[str, Synthesis] = {
    "running_water": Synthesis(
        water.running_water,
        "bubble population (van den Doel 2005)",
        _words("stream, brook, river, creek, running water, flowing water, water, canal, rill, gutter, tap, faucet, lake, pond"),
    ),
    "waterfall": Synthesis(
        water.waterfall,
        "dense bubbles and shaped noise (van den Doel 2005; Watts et al. 2009)",
        _words("waterfall, cascade, cataract, falls, rapids, weir, dam, white water, torrent"),
    ),
    "fountain": Synthesis(water.fountain, "splashes and bubbles (van den Doel 2005)", _words("fountain, sprinkler, water jet, shower, pool")),
    "dripping": Synthesis(water.dripping, "impact and trapped bubble (Pumphrey and Elmore 1990)", _words("drip, drop, dripping, dripping water, leak, gutter drip, stalactite")),
    "surf": Synthesis(
        water.surf,
        "breaking waves in bands (Deane and Stokes 2002; Bolin and Abom 2010)",
        _words("surf, wave, sea, ocean, beach, shore, coast, tide, breaker, sea wave, ocean wave, seaside, lapping water"),
    ),
    "rain": Synthesis(weather.rain, "drops (Marshall and Palmer 1948; Pumphrey and Elmore 1990)", _words("rain, rainfall, drizzle, downpour, shower of rain, storm rain, rain on leaf, rain on roof, hail, sleet")),
    "wind": Synthesis(
        weather.wind,
        "turbulent gusts and vortex shedding (Kaimal 1972; Selfridge et al. 2017)",
        _words("wind, breeze, gust, air, mountain wind, gale, draught, blizzard, snow, desert, cliff, valley"),
    ),
    "leaves": Synthesis(
        weather.leaves,
        "wind-moved taps and rubs (Fegeant 1999)",
        _words("leaf, leaves, foliage, tree, rustling, rustle, bush, hedge, grass, reed, crop, forest, wood, shrub, corn field, wheat, bamboo, palm"),
    ),
    "thunder": Synthesis(weather.thunder, "N-waves of a crooked channel (Ribner and Roy 1982)", _words("thunder, thunderstorm, lightning, storm, explosion, rumble, avalanche, volcano")),
    "fire": Synthesis(fire.fire, "roar, hiss and crackle (Farnell 2010)", _words("fire, campfire, bonfire, fireplace, flame, hearth, stove, torch, candle, barbecue, grill, burning")),
    "birds": Synthesis(
        birds.birds,
        "syrinx gestures (Gardner et al. 2001)",
        _words("bird, birds, songbird, bird song, birdsong, sparrow, robin, finch, thrush, blackbird, nightingale, warbler, tit, swallow, chirp, chirping, tweet, parrot, canary, lark, aviary"),
    ),
    "owl": Synthesis(birds.owl, "syrinx gestures (Gardner et al. 2001)", _words("owl, hoot, eagle owl, night bird")),
    "dove": Synthesis(birds.dove, "syrinx gestures (Gardner et al. 2001)", _words("dove, pigeon, coo, turtle dove, cuckoo")),
    "crickets": Synthesis(insects.crickets, "stridulation pulse trains (Bennet-Clark 1989)", _words("cricket, crickets, grasshopper, insect, katydid, meadow, night insect, bug")),
    "cicadas": Synthesis(insects.cicadas, "tymbal clicks (Young and Bennet-Clark 1995)", _words("cicada, cicadas, locust")),
    "bees": Synthesis(insects.bees, "wingbeat harmonics (Sueur et al. 2005)", _words("bee, bees, bumblebee, wasp, hornet, hive, beehive, flower, buzzing, swarm, apiary")),
    "flies": Synthesis(insects.flies, "wingbeat harmonics (Sueur et al. 2005)", _words("fly, flies, mosquito, gnat, midge, dragonfly")),
    "frogs": Synthesis(voices.frogs, "pulse trains through the vocal sac (Gerhardt 1994)", _words("frog, frogs, toad, croak, tree frog, bullfrog, marsh, swamp")),
    "traffic": Synthesis(
        machines.traffic,
        "pass-bys of rolling noise (Sandberg 2003)",
        _words("traffic, car, cars, road, highway, street, motorway, city, vehicle, taxi, passing car, city ambience, urban, intersection, parking"),
    ),
    "engine": Synthesis(
        machines.engine,
        "firing pulses and exhaust (Baldan et al. 2015)",
        _words("engine, motor, idling car, truck, lorry, bus, tractor, generator, idling engine, van, diesel, excavator, bulldozer"),
    ),
    "motorbike": Synthesis(machines.motorbike, "firing pulses and exhaust (Baldan et al. 2015)", _words("motorbike, motorcycle, scooter, moped, lawn mower, lawnmower, chainsaw, leaf blower, go kart, quad bike")),
    "train": Synthesis(machines.train, "rolling noise and rail joints (Thompson 2009)", _words("train, tram, railway, subway, metro, locomotive, rail, streetcar, underground")),
    "aircraft": Synthesis(machines.aircraft, "turbulent jet noise (shaped noise)", _words("aircraft, airplane, aeroplane, plane, jet, airliner, rocket, balloon")),
    "helicopter": Synthesis(machines.helicopter, "blade slap over modulated noise", _words("helicopter, chopper, drone, rotor, windmill, wind turbine")),
    "boat": Synthesis(machines.boat, "slow diesel pulses (Baldan et al. 2015) and lapping", _words("boat, ship, ferry, motorboat, barge, vessel, yacht, fishing boat")),
    "machine_hum": Synthesis(
        machines.machine_hum,
        "mains harmonics and slip (Beranek and Ver 1992)",
        _words("machine hum, hum, fridge, refrigerator, transformer, machine, pump, freezer, vending machine, electric hum, appliance, neon, power line, washing machine, dishwasher, microwave, oven, heater, radiator, boiler"),
    ),
    "fan": Synthesis(machines.fan, "flow noise and blade passing (Lowson 1965)", _words("fan, ventilator, air conditioner, air conditioning, hvac, ventilation, computer, laptop, vacuum cleaner, hair dryer, projector, exhaust fan, server, extractor hood")),
    "room_tone": Synthesis(machines.room_tone, "noise after a noise-criterion curve", _words("room tone, room, indoor, indoors, silence, quiet, interior, hall, museum, church interior, cellar, library")),
    "crowd": Synthesis(
        voices.crowd,
        "many glottal voices with formants (Klatt 1980)",
        _words("crowd, people, babble, audience, chatter, market, restaurant, cafe, tourist, pedestrian, crowd of people, plaza, bar, mall, shop, party, children, playground, station, airport"),
    ),
    "speech": Synthesis(voices.speech, "glottal voice with formants (Klatt 1980)", _words("speech, talk, conversation, person, man, woman, voice, talking, television, tv, radio, human, girl, boy, child, speaker, phone")),
    "applause": Synthesis(voices.applause, "hand claps (Peltola et al. 2007)", _words("applause, clapping, clap, stadium")),
    "bell": Synthesis(struck.bell, "modal minor-third bell (Rossing 2000)", _words("bell, church bell, church, tower bell, bell tower, cathedral, chapel, gong, temple bell, steeple, school bell, cow bell, pagoda, temple")),
    "bicycle_bell": Synthesis(struck.bicycle_bell, "modal dome", _words("bicycle bell, bicycle, bike, bike bell, cyclist, doorbell, tricycle, telephone, alarm clock")),
    "wind_chimes": Synthesis(struck.wind_chimes, "free bars (Fletcher and Rossing 1998)", _words("wind chime, wind chimes, chime, glockenspiel, chandelier, glass, music box, xylophone")),
    "clock": Synthesis(struck.clock, "escapement knocks on modes (Du and Xie 2013)", _words("clock, watch, tick, ticking, wall clock, grandfather clock, tick tock, clock tower, pendulum, metronome, timer")),
    "footsteps": Synthesis(struck.footsteps, "heel, ball and grit (Cook 1997)", _words("footstep, footsteps, step, walking, walker, hiker, footfall, jogger, runner, walking person")),
    "hammering": Synthesis(struck.hammering, "struck modes (van den Doel and Pai 1998)", _words("hammer, hammering, construction, construction site, carpenter, workshop, woodpecker, blacksmith, building site, tool")),
    "typing": Synthesis(struck.typing, "key clicks in bursts", _words("typing, keyboard, typewriter, mouse click, office")),
    "strings": Synthesis(struck.strings, "plucked strings (Fletcher and Rossing 1998)", _words("strings, music, guitar, piano, harp, instrument, street musician, violin, banjo, busker, stereo, lute, musician, band, cello")),
    "flag": Synthesis(struck.flag, "flaps of cloth in gusts", _words("flag, sail, tent, banner, cloth, curtain, umbrella, laundry, kite")),
    "dog": _animal("dog", "dog, bark, barking, puppy, hound, fox, wolf, barking dog"),
    "cow": _animal("cow", "cow, cattle, bull, moo, ox, calf, buffalo, bison, deer, elk"),
    "sheep": _animal("sheep", "sheep, goat, lamb, bleat, flock, ram, llama"),
    "cat": _animal("cat", "cat, kitten, meow, cat meow"),
    "horse": _animal("horse", "horse, pony, donkey, neigh, mule, zebra"),
    "duck": _animal("duck", "duck, goose, quack, geese, waterfowl, swan, mallard"),
    "crow": _animal("crow", "crow, raven, rook, jackdaw, magpie, caw, vulture"),
    "gull": _animal("gull", "gull, seagull, sea bird, seabird, tern, pelican, eagle, hawk"),
    "rooster": _animal("rooster", "rooster, cock, cockerel"),
    "hen": _animal("hen", "hen, chicken, poultry, cluck, turkey, peacock"),
    "pig": _animal("pig", "pig, hog, boar, oink, piglet"),
}  # fmt: skip
"""Every procedural sound by its name."""
