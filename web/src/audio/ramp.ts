/** Numbers that move in a straight line, so that neither a step nor a mute can click. */
export class Ramp {
  readonly target: Float64Array;
  readonly current: Float64Array;
  readonly step: Float64Array;

  constructor(count: number) {
    this.target = new Float64Array(count);
    this.current = new Float64Array(count);
    this.step = new Float64Array(count);
  }

  /** Reach `target` after so many samples; at once where it is 0. */
  start(samples: number): void {
    if (samples === 0) {
      this.current.set(this.target);
      this.step.fill(0);
      return;
    }
    for (let i = 0; i < this.step.length; i++) this.step[i] = (this.target[i]! - this.current[i]!) / samples;
  }

  /** Go on by so many samples, of which the last reaches `target` where `arrived`. */
  advance(samples: number, arrived: boolean): void {
    if (arrived) {
      this.current.set(this.target);
      this.step.fill(0);
      return;
    }
    for (let i = 0; i < this.step.length; i++) this.current[i]! += samples * this.step[i]!;
  }
}
