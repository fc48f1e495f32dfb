"""Light, sky, haze, and what a camera does to a picture."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from sonovista.heads.outdoor.texturing import look_up


@dataclass(frozen=True)
class Weather:
    """The sun and the sky of one scene, linear RGB.

    Attributes:
        sun: unit vector towards it.
        sunlight: RGB.
        ambient: RGB.
        zenith: RGB of the sky overhead.
        horizon: RGB of the sky low down, and of haze.
        cover: how much of the sky is cloud, in deviations of noise.
        cloud: RGB of clouds.
        haze: metres after which haze has taken two thirds; infinite where there is none.
        night: whether stars and lamps are what shines.
    """

    sun: NDArray[np.float64]
    sunlight: NDArray[np.float64]
    ambient: NDArray[np.float64]
    zenith: NDArray[np.float64]
    horizon: NDArray[np.float64]
    cover: float
    cloud: NDArray[np.float64]
    haze: float
    night: bool


def draw_weather(rng: np.random.Generator) -> Weather:
    """Clear, overcast, low sun, fog or night."""
    kind = rng.choice(["clear", "overcast", "low", "fog", "night"], p=[0.42, 0.2, 0.17, 0.09, 0.12])
    azimuth = rng.uniform(-np.pi, np.pi)
    high = {"clear": (0.4, 1.3), "overcast": (0.6, 1.4), "low": (0.03, 0.25), "fog": (0.2, 1.0), "night": (0.2, 1.0)}
    elevation = rng.uniform(*high[kind])
    sun = np.array([np.cos(elevation) * np.cos(azimuth), np.cos(elevation) * np.sin(azimuth), np.sin(elevation)])
    warm = np.array([1.0, 0.9, 0.75]) if kind != "low" else np.array([1.0, rng.uniform(0.4, 0.75), 0.25])
    sunlight = warm * rng.uniform(1.6, 2.6)
    blue = np.array([0.16, 0.32, 0.72]) * rng.uniform(0.4, 1.5)
    pale = np.array([0.62, 0.74, 0.88]) * rng.uniform(0.7, 1.3)
    ambient, cloud = 0.4 * (blue + pale), np.full(3, rng.uniform(0.8, 1.3))
    if kind in ("overcast", "fog"):
        grey = np.array([0.75, 0.78, 0.82]) * rng.uniform(0.45, 1.2)
        sunlight, blue, pale, ambient = 0.1 * sunlight, grey * rng.uniform(0.7, 1.0), grey, 0.9 * grey
        cloud = grey * rng.uniform(0.6, 1.1)
    elif kind == "low":
        pale = warm * rng.uniform(0.6, 1.2)
        cloud = np.array([1.0, rng.uniform(0.4, 0.8), 0.5]) * rng.uniform(0.4, 1.1)
    elif kind == "night":
        dark = rng.uniform(0.004, 0.06)
        sunlight, ambient = 0.4 * dark * np.array([0.7, 0.8, 1.0]), 0.6 * dark * np.array([0.6, 0.75, 1.0])
        blue, pale = dark * np.array([0.2, 0.3, 0.7]), dark * rng.uniform(0.5, 3.0) * np.array([0.8, 0.8, 0.9])
        cloud = 2 * pale
    clear_air = 10 ** rng.uniform(2.9, 4.5) if rng.random() < 0.8 else np.inf
    haze = 10 ** rng.uniform(1.1, 2.4) if kind == "fog" else clear_air
    cover = rng.uniform(-2.5, 1.5) if kind != "overcast" else rng.uniform(0.5, 4.0)
    return Weather(sun, sunlight, ambient, blue, pale, float(cover), cloud, float(haze), kind == "night")


def sky_colour(
    weather: Weather, directions: NDArray[np.floating], noise: NDArray[np.float32], rng: np.random.Generator
) -> NDArray[np.float32]:
    """Radiance of the sky along unit vectors, linear RGB, shape `(N, 3)`."""
    z = np.clip(directions[:, 2], 0.0, 1.0)
    fall = (1.0 - z)[:, None] ** 4
    out = weather.zenith * (1 - fall) + weather.horizon * fall
    toward = np.clip(directions @ weather.sun, 0.0, 1.0)[:, None]
    if not weather.night:
        out = out + weather.sunlight * (0.12 * toward**12 + 0.25 * toward**120 + 8.0 * (toward > 0.9998))
    scale = 40.0 / (z + 0.12)
    x, y = directions[:, 0] * scale, directions[:, 1] * scale
    thick = look_up(noise, x, y) + 0.5 * look_up(noise, 2.7 * x + 90.0, 2.7 * y) + weather.cover
    share = np.clip(0.6 * thick, 0.0, 1.0)[:, None] * np.clip(z * 12.0, 0.0, 1.0)[:, None]
    lit = weather.cloud * (1.0 - 0.25 * np.clip(thick - 0.8, 0, 1.5)[:, None]) + weather.sunlight * 0.15 * toward**6
    out = out * (1 - 0.9 * share) + 0.9 * share * lit
    if weather.night:
        stars = rng.random(len(out)) > 0.9985
        out = out + (stars[:, None] & (share < 0.2)) * rng.uniform(0.1, 0.6)
    return out.astype(np.float32)


def through_haze(colour: NDArray[np.float32], distance: NDArray[np.floating], weather: Weather) -> NDArray[np.float32]:
    """What is left of a colour behind haze; both `(N, 3)` and `(N,)`."""
    if not np.isfinite(weather.haze):
        return colour
    left = np.exp(-distance / weather.haze)[:, None]
    return (colour * left + weather.horizon * (1 - left)).astype(np.float32)


def defocus(
    colour: NDArray[np.float32], distance: NDArray[np.floating], focus: float, strength: float
) -> NDArray[np.float32]:
    """Blur by the circle of confusion, `strength * |1 / focus - 1 / distance|` pixels, in four steps of blur."""
    circle = np.minimum(strength * np.abs(1.0 / focus - 1.0 / distance), 14.0).astype(np.float32)
    # What is out of focus spreads over its surroundings: so does its circle.
    circle = np.where(distance > focus, circle, cv2.GaussianBlur(circle, (0, 0), 2.0)).astype(np.float32)
    out, sigmas = colour, (1.0, 2.5, 6.0, 13.0)
    for k, sigma in enumerate(sigmas):
        below = 0.0 if k == 0 else sigmas[k - 1]
        share = np.clip((circle - below) / (sigma - below), 0.0, 1.0)[..., None]
        if float(share.max()) <= 0.0:
            break
        out = out * (1 - share) + cv2.GaussianBlur(colour, (0, 0), sigma) * share
    return np.asarray(out, np.float32)


def develop(colour: NDArray[np.float32], rng: np.random.Generator, night: bool) -> NDArray[np.uint8]:
    """A camera's exposure, white balance, curve, vignette and noise; linear RGB to sRGB."""
    level = float(np.quantile(colour.mean(axis=2), 0.7)) + 1e-6
    target = rng.uniform(0.04, 0.2) if night else rng.uniform(0.18, 0.6)
    exposed = colour * (target / level) * np.exp(rng.normal(0, 0.05, 3)).astype(np.float32)
    mean = exposed.mean(axis=2, keepdims=True)
    exposed = np.clip(mean + (exposed - mean) * np.float32(rng.uniform(0.6, 1.35)), 0.0, None)
    if rng.random() < 0.4:
        h, w = colour.shape[:2]
        r2 = ((np.arange(h)[:, None] / h - 0.5) ** 2 + (np.arange(w)[None, :] / w - 0.5) ** 2) * 2.0
        exposed *= (1.0 - rng.uniform(0.0, 0.6) * r2)[..., None].astype(np.float32)
    soft = np.where(exposed > 0.7, 0.7 + 0.3 * np.tanh((exposed - 0.7) / 0.3), exposed)
    picture = np.clip(soft, 0.0, 1.0) ** np.float32(1 / rng.uniform(1.9, 2.5))
    picture += rng.normal(0, rng.uniform(0.0, 0.02) * (2.0 if night else 1.0), picture.shape).astype(np.float32)
    if rng.random() < 0.03:
        picture = np.repeat(picture.mean(axis=2, keepdims=True), 3, axis=2)
    return (255.0 * np.clip(picture, 0.0, 1.0) + 0.5).astype(np.uint8)
