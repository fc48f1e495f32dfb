/** Looped mono sounds at places in the world, encoded into one Ambisonic bus in the listener's head frame. */
import { rotationWorldListener, type ListenerPose } from "./listening";
import { SphericalHarmonics } from "./spherical-harmonics";

export interface EncoderSource {
  /** Metres in the world, x y z after each other; the source is the mean over them; empty for ambience, which fills W. */
  readonly points: Float64Array;
  /** Linear. */
  readonly gain: number;
  /** One loop at the context's rate. */
  readonly samples: Float32Array;
}

export interface Medium {
  /** Per metre: alpha in sigma(d) = exp(-alpha d) / max(d, minimumDistance). */
  readonly absorption: number;
  /** Metres. */
  readonly minimumDistance: number;
  /** Linear, on everything. */
  readonly listenerGain: number;
}

/** Coefficients that move in a straight line, so that neither a step nor a mute can click. */
class Ramp {
  readonly target: Float64Array;
  readonly current: Float64Array;
  readonly step: Float64Array;
  remaining = 0;

  constructor(channels: number) {
    this.target = new Float64Array(channels);
    this.current = new Float64Array(channels);
    this.step = new Float64Array(channels);
  }

  /** Reach `target` after so many samples; at once where it is 0. */
  start(samples: number): void {
    this.remaining = samples;
    if (samples === 0) {
      this.current.set(this.target);
      return;
    }
    for (let c = 0; c < this.step.length; c++) this.step[c] = (this.target[c]! - this.current[c]!) / samples;
  }
}

export class AmbisonicEncoder {
  readonly #harmonics: SphericalHarmonics;
  readonly #ramps: Ramp[];
  readonly #userGains: Float64Array;
  #cursor = 0;

  constructor(
    order: number,
    readonly sources: readonly EncoderSource[],
    readonly medium: Medium,
  ) {
    this.#harmonics = new SphericalHarmonics(order);
    this.#ramps = sources.map(() => new Ramp(this.#harmonics.channels));
    this.#userGains = new Float64Array(sources.length).fill(1);
  }

  get channels(): number {
    return this.#harmonics.channels;
  }

  setUserGains(gains: ArrayLike<number>): void {
    this.#userGains.set(Array.from(gains).slice(0, this.sources.length));
  }

  /** Move the listener: every coefficient reaches its new value after `rampSamples`. */
  moveTo(pose: ListenerPose, rampSamples: number): void {
    const R = rotationWorldListener(pose);
    this.sources.forEach((source, index) => {
      const ramp = this.#ramps[index]!;
      this.#coefficients(source, pose, R, ramp.target);
      const gain = source.gain * this.medium.listenerGain * this.#userGains[index]!;
      for (let c = 0; c < ramp.target.length; c++) ramp.target[c]! *= gain;
      ramp.start(rampSamples);
    });
  }

  #coefficients(source: EncoderSource, pose: ListenerPose, R: Float64Array, target: Float64Array): void {
    target.fill(0);
    const { points } = source;
    if (points.length === 0) {
      target[0] = 1;
      return;
    }
    const share = 3 / points.length;
    for (let i = 0; i < points.length; i += 3) {
      const dx = points[i]! - pose.x;
      const dy = points[i + 1]! - pose.y;
      const dz = points[i + 2]! - pose.z;
      const distance = Math.hypot(dx, dy, dz);
      const sigma = Math.exp(-this.medium.absorption * distance) / Math.max(distance, this.medium.minimumDistance);
      if (distance === 0) {
        this.#harmonics.accumulate(1, 0, 0, share * sigma, target); // without a direction: ahead
        continue;
      }
      const scale = 1 / distance;
      this.#harmonics.accumulate(
        (R[0]! * dx + R[3]! * dy + R[6]! * dz) * scale,
        (R[1]! * dx + R[4]! * dy + R[7]! * dz) * scale,
        (R[2]! * dx + R[5]! * dy + R[8]! * dz) * scale,
        share * sigma,
        target,
      );
    }
  }

  /** Fill the bus: one array for each Ambisonic channel, all of one length. */
  process(bus: readonly Float32Array[]): void {
    const frames = bus[0]?.length ?? 0;
    for (const channel of bus) channel.fill(0);
    this.sources.forEach((source, index) => {
      const ramp = this.#ramps[index]!;
      const ramped = Math.min(frames, ramp.remaining);
      const length = source.samples.length;
      if (length === 0) return;
      const start = this.#cursor % length;
      for (let c = 0; c < bus.length; c++) {
        let gain = ramp.current[c]!;
        const step = ramp.step[c]!;
        const out = bus[c]!;
        if (gain === 0 && (ramped === 0 || step === 0)) continue;
        let at = start;
        for (let i = 0; i < ramped; i++) {
          gain += step;
          out[i]! += gain * source.samples[at]!;
          if (++at === length) at = 0;
        }
        if (ramped === ramp.remaining) gain = ramp.target[c]!;
        for (let i = ramped; i < frames; i++) {
          out[i]! += gain * source.samples[at]!;
          if (++at === length) at = 0;
        }
        ramp.current[c] = gain;
      }
      ramp.remaining -= ramped;
    });
    this.#cursor += frames;
  }
}
