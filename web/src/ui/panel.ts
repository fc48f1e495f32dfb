/** The list of sources: mute, solo and gain for each. */
import type { Mixer } from "../audio/mixer";
import type { SceneDocument, SourceDocument } from "../document";
import type { Pose, Vector } from "../frames";
import { create, displayName, formatDecibels, formatDistance, icon, showFilled, sourceColour } from "./dom";
import { distanceTo, placesOf } from "./labels";

const LEAST_GAIN_DB = -30;
const GREATEST_GAIN_DB = 12;
const AROUND = "all around";

export class Panel {
  readonly #where: { places: readonly Vector[]; element: HTMLElement }[] = [];

  constructor(
    readonly root: HTMLElement,
    scene: SceneDocument,
    mixer: Mixer,
  ) {
    root.append(create("h2", "", displayName(scene.title || "sounds")));
    if (scene.sources.length === 0) {
      root.append(create("p", "empty", "Nothing sounds in this scene."));
      return;
    }
    const list = create("ul");
    scene.sources.forEach((source, index) => list.append(this.#row(source, index, mixer)));
    root.append(list);
  }

  #row(source: SourceDocument, index: number, mixer: Mixer): HTMLElement {
    const item = create("li");
    item.style.setProperty("--colour", sourceColour(index));
    const mute = create("button", "round mute");
    const solo = create("button", "round solo", "S");
    for (const button of [mute, solo]) button.type = "button";
    mute.setAttribute("aria-label", `Mute ${source.label}`);
    mute.title = "Mute";
    solo.setAttribute("aria-label", `Solo ${source.label}`);
    solo.title = "Solo";
    const name = create("span", "name", displayName(source.label));
    name.title = source.label;
    const where = create("span", "where", AROUND);
    this.#where.push({ places: placesOf(source), element: where });
    const top = create("div", "row");
    top.append(create("span", `dot ${source.kind}`), name, where, mute, solo);

    const slider = create("input");
    slider.type = "range";
    slider.min = String(LEAST_GAIN_DB);
    slider.max = String(GREATEST_GAIN_DB);
    slider.step = "1";
    slider.value = "0";
    slider.setAttribute("aria-label", `Gain of ${source.label} in decibels`);
    const value = create("span", "value");
    const bottom = create("div", "row");
    bottom.append(slider, value);
    item.append(top, bottom);

    mute.addEventListener("click", () => mixer.set(index, { muted: !mixer.strip(index).muted }));
    solo.addEventListener("click", () => mixer.set(index, { solo: !mixer.strip(index).solo }));
    slider.addEventListener("input", () => mixer.set(index, { gainDb: slider.valueAsNumber }));
    slider.addEventListener("dblclick", () => mixer.set(index, { gainDb: 0 }));
    const refresh = (): void => {
      const strip = mixer.strip(index);
      mute.setAttribute("aria-pressed", String(strip.muted));
      mute.replaceChildren(icon(strip.muted ? "soundOff" : "soundOn"));
      solo.setAttribute("aria-pressed", String(strip.solo));
      slider.value = String(strip.gainDb);
      showFilled(slider);
      value.textContent = formatDecibels(strip.gainDb);
      slider.setAttribute("aria-valuetext", value.textContent);
      item.classList.toggle("silent", !mixer.audible(index));
    };
    mixer.onChange(refresh);
    refresh();
    return item;
  }

  update(pose: Pose): void {
    for (const { places, element } of this.#where) {
      if (places.length > 0) element.textContent = formatDistance(distanceTo(pose, places));
    }
  }
}
