/** Names and distances that hang on the sources. */
import type { Mixer } from "../audio/mixer";
import type { SourceDocument } from "../document";
import type { Pose, Vector } from "../frames";
import type { ScreenPoint, Stage } from "../stage";
import { create, displayName, formatDistance, sourceColour } from "./dom";
import { distanceTo, type Places } from "./places";

const LABEL_HEIGHT = 32;
const FULL_METRES = 30;

interface Label {
  readonly index: number;
  readonly element: HTMLElement;
  readonly distance: HTMLElement;
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
    readonly places: Places,
    readonly mixer: Mixer,
  ) {
    this.#labels = sources.flatMap((source, index) => {
      if (places.of(index).length === 0) return [];
      const element = create("div", "label");
      element.style.setProperty("--colour", sourceColour(index));
      const chip = create("div", "chip", displayName(source.label));
      const distance = create("small");
      chip.append(distance);
      element.append(chip);
      root.append(element);
      return [{ index, element, distance }];
    });
  }

  show(visible: boolean): void {
    this.root.hidden = !visible;
  }

  update(stage: Stage, pose: Pose): void {
    if (this.root.hidden) return;
    const placed: { x: number; y: number }[] = [];
    const byDistance = this.#labels
      .map((label) => ({ label, points: this.places.of(label.index) }))
      .map(({ label, points }) => ({ label, points, metres: distanceTo(pose, points) }))
      .sort((a, b) => a.metres - b.metres);
    for (const { label, points, metres } of byDistance) {
      const { x, y, visible } = anchor(stage, points);
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
