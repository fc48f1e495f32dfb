/**
 * A scene's looped sounds, encoded into one Ambisonic bus in the listener's head frame; beside it the ambience at both
 * ears, and what the room hears. The equations are those of `sonovista.render.encoder`.
 */
import { roomShare, visibility, type Medium } from "./acoustics";
import { rotationWorldListener, type ListenerPose } from "./listening";
import { airCoefficients, obstacleCoefficients } from "./path-filters";
import type { Ramp } from "./ramp";
import { follow } from "./source-motion";
import { SphericalHarmonics } from "./spherical-harmonics";
import { layoutOf, Voice, type EncoderSource, type Layout } from "./voice";

/** Where a render quantum goes; every array of one length. */
export interface EncoderOutputs {
  /** One for each Ambisonic channel. */
  readonly field: readonly Float32Array[];
  /** Left and right ear. */
  readonly ambience: readonly Float32Array[];
  /** All sources by their amplitudes at 1 m, as the room hears them. */
  readonly send: Float32Array;
}

/** Where a moving source was when its sound left depends on how long that took. */
const SETTLING = 4;

export class SceneEncoder {
  readonly #harmonics: SphericalHarmonics;
  readonly #voices: Voice[];
  readonly #medium: Medium;
  readonly #sampleRate: number;
  readonly #layout: Layout;
  #signal = new Float32Array(128);
  #remaining = 0;
  #cursor = 0;

  constructor(order: number, sources: readonly EncoderSource[], medium: Medium, sampleRate: number) {
    this.#harmonics = new SphericalHarmonics(order);
    this.#medium = medium;
    this.#sampleRate = sampleRate;
    this.#layout = layoutOf(this.#harmonics.channels);
    this.#voices = sources.map((source, index) => new Voice(source, index, this.#layout, medium));
  }

  /** Whether there is more to approach when the ramp has ended, though the listener stays. */
  get restless(): boolean {
    return this.#remaining === 0 && this.#voices.some((voice) => voice.source.path !== undefined || voice.late);
  }

  setUserGains(gains: ArrayLike<number>): void {
    this.#voices.forEach((voice, index) => (voice.userGain = gains[index] ?? 1));
  }

  /** Move the listener: everything reaches its new value after `rampSamples`, at once where that is 0. */
  moveTo(pose: ListenerPose, rampSamples: number): void {
    const R = rotationWorldListener(pose);
    const time = (this.#cursor + rampSamples) / this.#sampleRate;
    for (const voice of this.#voices) {
      const settling = rampSamples === 0 && voice.source.path && this.#medium.delay ? SETTLING : 1;
      for (let round = 0; round < settling; round++) {
        this.#approach(voice, pose, R, time, rampSamples);
        voice.ramp.start(rampSamples);
      }
    }
    this.#remaining = rampSamples;
  }

  #approach(voice: Voice, pose: ListenerPose, R: Float64Array, time: number, rampSamples: number): void {
    const { source, ramp, shift } = voice;
    const gain = source.gain * this.#medium.listenerGain * voice.userGain;
    ramp.target.fill(0, 0, this.#layout.path);
    if (voice.ambient) {
      ramp.target[0] = gain;
      return;
    }
    if (source.path) follow(source.path, time - ramp.current[this.#layout.delay]! / this.#sampleRate, shift);
    this.#coefficients(voice, pose, R, gain);
    const [x, y, z] = [voice.x + shift[0]!, voice.y + shift[1]!, voice.z + shift[2]!];
    const distance = Math.hypot(x - pose.x, y - pose.y, z - pose.z);
    const { air, occlusion, delay, room } = this.#medium;
    if (room) ramp.target[this.#layout.send] = gain * roomShare(room, x, y, z);
    if (air) airCoefficients(air, distance, ramp.target, this.#layout.path);
    if (occlusion) {
      const visible = visibility(occlusion, voice.index, pose.x, pose.y, pose.z);
      obstacleCoefficients(occlusion, visible, this.#sampleRate, ramp.target, this.#layout.path);
    }
    if (!delay) return;
    // After a leap the sound catches up no faster than this.
    const wanted = distance * delay.samplesPerMetre;
    const before = ramp.current[this.#layout.delay]!;
    const largest = rampSamples === 0 ? Infinity : delay.fastestChange * rampSamples;
    const reached = Math.min(Math.max(wanted, before - largest), before + largest);
    ramp.target[this.#layout.delay] = reached;
    voice.late = reached !== wanted;
  }

  #coefficients({ source, ramp, shift }: Voice, pose: ListenerPose, R: Float64Array, gain: number): void {
    const { points } = source;
    const { absorption, minimumDistance } = this.#medium;
    const share = (3 * gain) / points.length;
    const [x, y, z] = [pose.x - shift[0]!, pose.y - shift[1]!, pose.z - shift[2]!];
    for (let i = 0; i < points.length; i += 3) {
      const dx = points[i]! - x;
      const dy = points[i + 1]! - y;
      const dz = points[i + 2]! - z;
      const distance = Math.hypot(dx, dy, dz);
      const sigma = Math.exp(-absorption * distance) / Math.max(distance, minimumDistance);
      if (distance === 0) {
        this.#harmonics.accumulate(1, 0, 0, share * sigma, ramp.target); // without a direction: ahead
        continue;
      }
      const scale = 1 / distance;
      this.#harmonics.accumulate(
        (R[0]! * dx + R[3]! * dy + R[6]! * dz) * scale,
        (R[1]! * dx + R[4]! * dy + R[7]! * dz) * scale,
        (R[2]! * dx + R[5]! * dy + R[8]! * dz) * scale,
        share * sigma,
        ramp.target,
      );
    }
  }

  process({ field, ambience, send }: EncoderOutputs): void {
    for (const channel of field) channel.fill(0);
    for (const ear of ambience) ear.fill(0);
    send.fill(0);
    const frames = send.length;
    if (this.#signal.length !== frames) this.#signal = new Float32Array(frames);
    const ramped = Math.min(frames, this.#remaining);
    const arrived = ramped === this.#remaining;
    for (const voice of this.#voices) {
      const { ramp } = voice;
      if (voice.ambient) {
        ambience.forEach((ear, index) => {
          voice.read(index, this.#cursor, this.#signal);
          mix(this.#signal, ramp, 0, ramped, ear);
        });
      } else if (voice.audible()) {
        voice.readPath(this.#cursor, ramped, this.#signal);
        for (let c = 0; c < field.length; c++) mix(this.#signal, ramp, c, ramped, field[c]!);
        if (this.#medium.room) mix(this.#signal, ramp, this.#layout.send, ramped, send);
      }
      ramp.advance(ramped, arrived);
    }
    this.#remaining -= ramped;
    this.#cursor += frames;
  }
}

/** Adds a signal to a channel with the ramp's `at`-th number, which moves for the first `ramped` samples. */
function mix(signal: Float32Array, { current, step, target }: Ramp, at: number, ramped: number, out: Float32Array): void {
  let gain = current[at]!;
  const change = step[at]!;
  if (gain === 0 && change === 0) return;
  for (let i = 0; i < ramped; i++) {
    gain += change;
    out[i]! += gain * signal[i]!;
  }
  if (ramped === signal.length) return;
  gain = target[at]!;
  for (let i = ramped; i < signal.length; i++) out[i]! += gain * signal[i]!;
}
