/** Names and distances that hang on the sources. */
import type { Mixer } from "../audio/mixer";
import type { SourceDocument } from "../document";
import type { Pose, Vector } from "../frames";
import type { Stage } from "../stage";
import { create, formatDistance, sourceColour } from "./dom";

const LABEL_HEIGHT = 32;
const FULL_METRES = 30;

interface Label {
  readonly index: number;
  readonly position: Vector;
  readonly element: HTMLElement;
  readonly distance: HTMLElement;
}

export function distanceTo(pose: Pose, [x, y, z]: Vector): number {
  return Math.hypot(x - pose.x, y - pose.y, z - pose.z);
}

export class Labels {
  readonly #labels: Label[];

  constructor(
    readonly root: HTMLElement,
    sources: readonly SourceDocument[],
    readonly mixer: Mixer,
  ) {
    this.#labels = sources.flatMap((source, index) => {
      if (source.kind === "ambient" || !source.position) return [];
      const element = create("div", "label");
      element.style.setProperty("--colour", sourceColour(index));
      const chip = create("div", "chip", source.label);
      const distance = create("small");
      chip.append(distance);
      element.append(chip);
      root.append(element);
      return [{ index, position: source.position, element, distance }];
    });
  }

  show(visible: boolean): void {
    this.root.hidden = !visible;
  }

  update(stage: Stage, pose: Pose): void {
    if (this.root.hidden) return;
    const placed: { x: number; y: number }[] = [];
    const byDistance = this.#labels
      .map((label) => ({ label, metres: distanceTo(pose, label.position) }))
      .sort((a, b) => a.metres - b.metres);
    for (const { label, metres } of byDistance) {
      const { x, y, visible } = stage.project(label.position);
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
