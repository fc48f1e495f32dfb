/** One looped sound on its way to the listener. */
import type { Medium } from "./acoustics";
import { DelayedLoop } from "./fractional-delay";
import { clearPath, PATH_COEFFICIENTS, PathFilter } from "./path-filters";
import { Ramp } from "./ramp";
import type { SourcePath } from "./source-motion";

export interface EncoderSource {
  /** Metres in the world, x y z after each other; the source is the mean over them; empty for ambience. */
  readonly points: Float64Array;
  /** Of one that moves. */
  readonly path?: SourcePath;
  /** Linear. */
  readonly gain: number;
  /** Loops at the context's rate: one, or for ambience what each ear hears. */
  readonly loops: readonly Float32Array[];
}

/** Where numbers lie in a ramp, after the Ambisonic coefficients. */
export interface Layout {
  /** What the room hears. */
  readonly send: number;
  /** Coefficients of the filters on the way. */
  readonly path: number;
  /** Samples. */
  readonly delay: number;
}

export function layoutOf(channels: number): Layout {
  return { send: channels, path: channels + 1, delay: channels + 1 + PATH_COEFFICIENTS };
}

/** One source's loops, and all of it that changes. */
export class Voice {
  readonly ambient: boolean;
  readonly ramp: Ramp;
  readonly shift = new Float64Array(3);
  /** Of its points. */
  readonly x: number;
  readonly y: number;
  readonly z: number;
  userGain = 1;
  /** Whether its delay is still to catch up with its distance. */
  late = false;
  readonly #layout: Layout;
  readonly #filter: PathFilter | undefined;
  readonly #delayed: DelayedLoop | undefined;

  constructor(
    readonly source: EncoderSource,
    readonly index: number,
    layout: Layout,
    medium: Medium,
  ) {
    const { points, loops } = source;
    this.ambient = points.length === 0;
    this.ramp = new Ramp(layout.delay + 1);
    this.#layout = layout;
    clearPath(this.ramp.target, layout.path);
    const centre = (axis: number): number =>
      (points.reduce((sum, value, at) => (at % 3 === axis ? sum + value : sum), 0) * 3) / points.length;
    [this.x, this.y, this.z] = [centre(0), centre(1), centre(2)];
    if (this.ambient) return;
    if (medium.air || medium.occlusion) this.#filter = new PathFilter();
    if (medium.delay && loops[0]?.length) this.#delayed = new DelayedLoop(loops[0], medium.delay);
  }

  /** Whether anything of it can be heard in the quantum to come. */
  audible(): boolean {
    const { current, step } = this.ramp;
    for (let c = 0; c < this.#layout.path; c++) if (current[c] !== 0 || step[c] !== 0) return true;
    return false;
  }

  /** A loop as it is. */
  read(loop: number, cursor: number, out: Float32Array): void {
    const samples = this.source.loops[loop];
    if (!samples?.length) {
      out.fill(0);
      return;
    }
    let at = cursor % samples.length;
    for (let i = 0; i < out.length; i++) {
      out[i] = samples[at]!;
      if (++at === samples.length) at = 0;
    }
  }

  /** The loop as it arrives: late, and dulled on its way. */
  readPath(cursor: number, ramped: number, out: Float32Array): void {
    const at = this.#layout.delay;
    if (this.#delayed) {
      this.#delayed.read(cursor, this.ramp.current[at]!, this.ramp.step[at]!, out, 0, ramped);
      this.#delayed.read(cursor + ramped, this.ramp.target[at]!, 0, out, ramped, out.length);
    } else {
      this.read(0, cursor, out);
    }
    this.#filter?.process(out, this.ramp, this.#layout.path, ramped);
  }
}
