/** Reading loops between their samples: the Farrow interpolator of `sonovista.render.fractional_delay`. */
import type { Delay } from "./acoustics";

export class DelayedLoop {
  readonly #samples: Float32Array;
  readonly #length: number;
  readonly #taps: number;
  /** `interpolator[m * taps + k]` as plain numbers. */
  readonly #polynomials: Float64Array;
  readonly #degree: number;

  constructor(loop: Float32Array, { interpolator, taps }: Delay) {
    this.#length = loop.length;
    this.#taps = taps;
    this.#polynomials = Float64Array.from(interpolator);
    this.#degree = interpolator.length / taps - 1;
    // With margins of the loop's other end, so that no tap has to wrap.
    this.#samples = Float32Array.from({ length: loop.length + 2 * taps }, (_, index) => {
      const at = (index - taps) % loop.length;
      return loop[at < 0 ? at + loop.length : at]!;
    });
  }

  /**
   * Writes samples `from` to `to` of `out`, the first of them heard at time `now` in samples, later by a delay that has
   * been `delay` one sample before and grows by `slope` each sample.
   */
  read(now: number, delay: number, slope: number, out: Float32Array, from: number, to: number): void {
    if (delay === 0 && slope === 0) {
      // Without delay, and so without interpolation.
      let at = now % this.#length;
      for (let i = from; i < to; i++) {
        out[i] = this.#samples[this.#taps + at]!;
        if (++at === this.#length) at = 0;
      }
      return;
    }
    for (let i = from; i < to; i++) {
      const place = now + (i - from) - (delay + (i - from + 1) * slope);
      const inside = place - Math.floor(place / this.#length) * this.#length;
      const whole = Math.min(Math.floor(inside), this.#length - 1);
      out[i] = this.#interpolate(whole, inside - whole - 0.5);
    }
  }

  /** The sound at `whole + 0.5 + f`: even powers of f see the taps' symmetric part, odd ones their antisymmetric part. */
  #interpolate(whole: number, f: number): number {
    const taps = this.#taps;
    const half = taps / 2;
    const first = taps + whole - (half - 1);
    const last = first + taps - 1;
    let result = 0;
    for (let m = this.#degree; m >= 0; m--) {
      const row = m * taps;
      const sign = m % 2 === 0 ? 1 : -1;
      let sum = 0;
      for (let k = 0; k < half; k++) {
        sum += this.#polynomials[row + k]! * (this.#samples[first + k]! + sign * this.#samples[last - k]!);
      }
      result = result * f + sum;
    }
    return result;
  }
}
