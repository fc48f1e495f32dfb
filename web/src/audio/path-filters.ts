/** What air and obstacles take from a source's sound: two filters of first order, as in `render.path_filters`. */
import type { AirFilters, Occlusion } from "./acoustics";
import type { Ramp } from "./ramp";

/** Numbers of a ramp from its `at`-th on: `b0, b1, p` of the air, `a` of the obstacle's low-pass, and its gain. */
export const PATH_COEFFICIENTS = 5;

/** Filters that change nothing. */
export function clearPath(target: Float64Array, at: number): void {
  target[at] = target[at + 3] = target[at + 4] = 1;
  target[at + 1] = target[at + 2] = 0;
}

export function airCoefficients(air: AirFilters, distance: number, target: Float64Array, at: number): void {
  const nodes = air.table.length / 3;
  const place = ((nodes - 1) * Math.log1p(Math.min(distance, air.farthest) / air.near)) / Math.log1p(air.farthest / air.near);
  const low = Math.min(Math.floor(place), nodes - 2);
  for (let k = 0; k < 3; k++) {
    const from = air.table[3 * low + k]!;
    target[at + k] = from + (place - low) * (air.table[3 * low + 3 + k]! - from);
  }
}

export function obstacleCoefficients(
  { hiddenGain, hiddenCutoffHz, openCutoffHz }: Occlusion,
  visible: number,
  sampleRate: number,
  target: Float64Array,
  at: number,
): void {
  const cutoff = hiddenCutoffHz * (openCutoffHz / hiddenCutoffHz) ** visible;
  target[at + 3] = visible < 1 ? 1 - Math.exp((-2 * Math.PI * cutoff) / sampleRate) : 1;
  target[at + 4] = hiddenGain ** (1 - visible);
}

export class PathFilter {
  #input = 0;
  #afterAir = 0;
  #afterObstacle = 0;

  /** Filters a signal in place; coefficients move with their ramp for the first `ramped` samples, and then rest. */
  process(signal: Float32Array, ramp: Ramp, at: number, ramped: number): void {
    const { current, step, target } = ramp;
    let [b0, b1, p, a, gain] = [current[at]!, current[at + 1]!, current[at + 2]!, current[at + 3]!, current[at + 4]!];
    const [db0, db1, dp, da, dgain] = [step[at]!, step[at + 1]!, step[at + 2]!, step[at + 3]!, step[at + 4]!];
    let x1 = this.#input;
    let u = this.#afterAir;
    let v = this.#afterObstacle;
    for (let i = 0; i < signal.length; i++) {
      if (i < ramped) {
        b0 += db0;
        b1 += db1;
        p += dp;
        a += da;
        gain += dgain;
      } else if (i === ramped) {
        [b0, b1, p, a, gain] = [target[at]!, target[at + 1]!, target[at + 2]!, target[at + 3]!, target[at + 4]!];
      }
      const x = signal[i]!;
      u = b0 * x + b1 * x1 + p * u;
      v += a * (u - v);
      x1 = x;
      signal[i] = gain * v;
    }
    this.#input = x1;
    this.#afterAir = u;
    this.#afterObstacle = v;
  }
}
