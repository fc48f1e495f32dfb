/** What is rendered, and the list of sources: mute, solo and gain for each. */
import type { SceneSound } from "../audio/loading";
import type { Mixer } from "../audio/mixer";
import type { SceneDocument, SourceDocument } from "../document";
import type { Pose } from "../frames";
import { create, displayName, formatDecibels, formatDistance, icon, showFilled, sourceColour } from "./dom";
import { distanceTo, type Places } from "./places";

const LEAST_GAIN_DB = -30;
const GREATEST_GAIN_DB = 12;
const AROUND = "all around";

/** What changes the sound on its way, in a few words; none in the plain open. */
function describeAcoustics({ medium, reverberationTime }: SceneSound): string {
  const parts = [
    medium.air && "air",
    medium.occlusion && "occlusion",
    medium.delay && "delay",
    reverberationTime !== undefined && `room ${reverberationTime.toFixed(1)} s`,
  ];
  return parts.filter(Boolean).join(", ");
}

export class Panel {
  readonly #where: { index: number; element: HTMLElement }[] = [];
  /** Switches the room's reverberation; none in the open. */
  readonly room: HTMLButtonElement | undefined;

  constructor(
    readonly root: HTMLElement,
    scene: SceneDocument,
    sound: SceneSound,
    readonly places: Places,
    mixer: Mixer,
  ) {
    root.append(create("h2", "", displayName(scene.title || "sounds")));
    const acoustics = describeAcoustics(sound);
    if (acoustics) {
      const row = create("div", "row acoustics");
      row.append(create("span", "", displayName(acoustics)));
      if (sound.tail) row.append((this.room = this.#roomSwitch(mixer)));
      root.append(row);
    }
    if (scene.sources.length === 0) {
      root.append(create("p", "empty", "Nothing sounds in this scene."));
      return;
    }
    const list = create("ul");
    scene.sources.forEach((source, index) => list.append(this.#row(source, index, mixer)));
    root.append(list);
  }

  #roomSwitch(mixer: Mixer): HTMLButtonElement {
    const button = create("button", "switch", "Room");
    button.type = "button";
    button.setAttribute("aria-label", "Reverberation of the room");
    button.title = "Reverberation of the room (V)";
    button.addEventListener("click", () => (mixer.room = !mixer.room));
    const refresh = (): void => button.setAttribute("aria-pressed", String(mixer.room));
    mixer.onChange(refresh);
    refresh();
    return button;
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
    this.#where.push({ index, element: where });
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
    for (const { index, element } of this.#where) {
      const places = this.places.of(index);
      if (places.length > 0) element.textContent = formatDistance(distanceTo(pose, places));
    }
  }
}
