/**
 * Real spherical harmonics in ACN order, SN3D, without the Condon-Shortley phase: the recurrences of
 * `sonovista.ambisonics.spherical_harmonics` in Cartesian form.
 */
export const channelCount = (order: number): number => (order + 1) ** 2;

export class SphericalHarmonics {
  readonly channels: number;
  readonly #diagonal: Float64Array;
  readonly #first: Float64Array;
  readonly #second: Float64Array;

  constructor(readonly order: number) {
    if (!Number.isInteger(order) || order < 0 || order > 7) throw new RangeError(`order must be 0 to 7, found ${order}`);
    const side = order + 1;
    this.channels = channelCount(order);
    this.#diagonal = new Float64Array(side).fill(1);
    this.#first = new Float64Array(side * side);
    this.#second = new Float64Array(side * side);
    for (let m = 2; m <= order; m++) {
      this.#diagonal[m] = this.#diagonal[m - 1]! * Math.sqrt((2 * m - 1) / (2 * m));
    }
    for (let m = 0; m <= order; m++) {
      for (let n = m + 1; n <= order; n++) {
        const root = Math.sqrt(n * n - m * m);
        this.#first[n * side + m] = (2 * n - 1) / root;
        this.#second[n * side + m] = n > m + 1 ? Math.sqrt((n - 1) ** 2 - m * m) / root : 0;
      }
    }
  }

  /** Adds `weight` times the harmonics of the unit vector (x, y, z) to `target`, of length `channels`. */
  accumulate(x: number, y: number, z: number, weight: number, target: Float64Array): void {
    const side = this.order + 1;
    let cosine = weight;
    let sine = 0;
    for (let m = 0; m <= this.order; m++) {
      if (m > 0) {
        const next = x * cosine - y * sine;
        sine = x * sine + y * cosine;
        cosine = next;
      }
      let previous = 0;
      let current = this.#diagonal[m]!;
      for (let n = m; n <= this.order; n++) {
        if (n > m) {
          const index = n * side + m;
          const following = this.#first[index]! * z * current - this.#second[index]! * previous;
          previous = current;
          current = following;
        }
        const centre = n * n + n;
        target[centre + m]! += current * cosine;
        if (m > 0) target[centre - m]! += current * sine;
      }
    }
  }
}
