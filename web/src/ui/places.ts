/** Where sources are: places that stand for each, which move along with it. */
import { follow, pathOf, type SourcePath } from "../audio/source-motion";
import type { SourceDocument } from "../document";
import type { Pose, Vector } from "../frames";

const AREA_POINTS = 48;

/** Its own, or some of its surface; none for ambience. */
function placesOf(source: SourceDocument): readonly Vector[] {
  if (source.kind === "ambient") return [];
  if (source.kind === "area" && source.points?.length) {
    const stride = Math.ceil(source.points.length / AREA_POINTS);
    return source.points.filter((_, index) => index % stride === 0);
  }
  return source.position ? [source.position] : [];
}

export class Places {
  readonly #still: readonly (readonly Vector[])[];
  readonly #centres: readonly (Vector | null)[];
  readonly #paths: readonly (SourcePath | undefined)[];
  readonly #shifts: readonly Float64Array[];
  /** Whether any source moves. */
  readonly move: boolean;

  constructor(sources: readonly SourceDocument[]) {
    this.#still = sources.map(placesOf);
    this.#centres = sources.map((source) => (source.kind === "ambient" ? null : source.position));
    this.#paths = sources.map(pathOf);
    this.#shifts = sources.map(() => new Float64Array(3));
    this.move = this.#paths.some((path) => path !== undefined);
    this.goTo(0);
  }

  /** Seconds since the sound began. */
  goTo(time: number): void {
    this.#paths.forEach((path, index) => path && follow(path, time, this.#shifts[index]!));
  }

  /** Metres; none for ambience. */
  of(index: number): readonly Vector[] {
    const still = this.#still[index] ?? [];
    return this.#paths[index] ? still.map((place) => this.#shifted(index, place)) : still;
  }

  centre(index: number): Vector | null {
    const centre = this.#centres[index] ?? null;
    return centre && this.#shifted(index, centre);
  }

  #shifted(index: number, [x, y, z]: Vector): Vector {
    const shift = this.#shifts[index]!;
    return [x + shift[0]!, y + shift[1]!, z + shift[2]!];
  }
}

/** Metres to the nearest of some places. */
export function distanceTo(pose: Pose, places: readonly Vector[]): number {
  return Math.min(...places.map(([x, y, z]) => Math.hypot(x - pose.x, y - pose.y, z - pose.z)));
}
