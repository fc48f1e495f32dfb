/** Sources that move along the paths in their document, in straight lines between waypoints and around again. */
import type { SourceDocument } from "../document";

export interface SourcePath {
  /** Seconds, rising from 0. */
  readonly times: Float64Array;
  /** Metres from the source's place, x y z after each other. */
  readonly offsets: Float64Array;
}

export function pathOf(source: SourceDocument): SourcePath | undefined {
  const { path, position } = source;
  if (!path || !position) return undefined;
  return {
    times: Float64Array.from(path, (waypoint) => waypoint.time_s),
    offsets: Float64Array.from(path.flatMap((waypoint) => waypoint.position.map((value, axis) => value - position[axis]!))),
  };
}

/** Writes how far a source has moved at a time in seconds. */
export function follow({ times, offsets }: SourcePath, time: number, shift: Float64Array): void {
  const period = times[times.length - 1]!;
  const now = time - Math.floor(time / period) * period;
  let k = 1;
  while (k < times.length - 1 && times[k]! <= now) k++;
  const share = (now - times[k - 1]!) / (times[k]! - times[k - 1]!);
  for (let axis = 0; axis < 3; axis++) {
    const from = offsets[3 * (k - 1) + axis]!;
    shift[axis] = from + share * (offsets[3 * k + axis]! - from);
  }
}
