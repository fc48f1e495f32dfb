/** Names and distances that hang on the sources. */
import type { Mixer } from "../audio/mixer";
import type { SourceDocument } from "../document";
import type { Pose, Vector } from "../frames";
import type { ScreenPoint, Stage } from "../stage";
import { create, displayName, formatDistance, sourceColour } from "./dom";

const LABEL_HEIGHT = 32;
const FULL_METRES = 30;

const AREA_POINTS = 48;

interface Label {
  readonly index: number;
  readonly points: readonly Vector[];
  readonly element: HTMLElement;
  readonly distance: HTMLElement;
}

/** Places that stand for a source: its own, or some of its surface; none for ambience. */
export function placesOf(source: SourceDocument): readonly Vector[] {
  if (source.kind === "ambient") return [];
  if (source.kind === "area" && source.points?.length) {
    const stride = Math.ceil(source.points.length / AREA_POINTS);
    return source.points.filter((_, index) => index % stride === 0);
  }
  return source.position ? [source.position] : [];
}

/** Metres to the nearest of some places. */
export function distanceTo(pose: Pose, places: readonly Vector[]): number {
  return Math.min(...places.map(([x, y, z]) => Math.hypot(x - pose.x, y - pose.y, z - pose.z)));
}

/** Where a label hangs: amid what is seen of its source, and hidden where nothing is. */
function anchor(stage: Stage, places: readonly Vector[]): ScreenPoint {
  const seen = places.map((place) => stage.project(place)).filter((point) => point.visible);
  if (seen.length === 0) return { x: 0, y: 0, visible: false };
  const mean = (axis: "x" | "y"): number => seen.reduce((sum, point) => sum + point[axis], 0) / seen.length;
  return { x: mean("x"), y: mean("y"), visible: true };
}

export class Labels {
  readonly #labels: Label[];

  constructor(
    readonly root: HTMLElement,
    sources: readonly SourceDocument[],
    readonly mixer: Mixer,
  ) {
    this.#labels = sources.flatMap((source, index) => {
      const points = placesOf(source);
      if (points.length === 0) return [];
      const element = create("div", "label");
      element.style.setProperty("--colour", sourceColour(index));
      const chip = create("div", "chip", displayName(source.label));
      const distance = create("small");
      chip.append(distance);
      element.append(chip);
      root.append(element);
      return [{ index, points, element, distance }];
    });
  }

  show(visible: boolean): void {
    this.root.hidden = !visible;
  }

  update(stage: Stage, pose: Pose): void {
    if (this.root.hidden) return;
    const placed: { x: number; y: number }[] = [];
    const byDistance = this.#labels
      .map((label) => ({ label, metres: distanceTo(pose, label.points) }))
      .sort((a, b) => a.metres - b.metres);
    for (const { label, metres } of byDistance) {
      const { x, y, visible } = anchor(stage, label.points);
      const { element } = label;
      element.style.opacity = visible ? String(Math.max(0.55, Math.min(1, FULL_METRES / metres))) : "0";
      element.classList.toggle("silent", !this.mixer.audible(label.index));
      if (!visible) continue;
      // The nearest keeps its place; one that would cover it moves up.
      let top = y;
      while (placed.some((other) => Math.abs(other.x - x) < 120 && Math.abs(other.y - top) < LABEL_HEIGHT)) {
        top -= LABEL_HEIGHT;
      }
      placed.push({ x, y: top });
      label.distance.textContent = formatDistance(metres);
      element.style.transform = `translate(${x.toFixed(1)}px, ${top.toFixed(1)}px) translateX(-50%)`;
    }
  }
}
