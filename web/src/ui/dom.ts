/** The parts of the page by their ids, and small pictures for its buttons. */
export function byId<T extends HTMLElement = HTMLElement>(id: string): T {
  const element = document.getElementById(id);
  if (!element) throw new Error(`the page has no element ${id}`);
  return element as T;
}

export function create<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  className = "",
  text = "",
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  if (className) element.className = className;
  if (text) element.textContent = text;
  return element;
}

const ICONS = {
  soundOn: ["M4 9v6h4l5 4V5L8 9z", "M16.5 8.5a5 5 0 0 1 0 7", "M19 6a8.5 8.5 0 0 1 0 12"],
  soundOff: ["M4 9v6h4l5 4V5L8 9z", "M17 9.5l5 5", "M22 9.5l-5 5"],
  label: ["M12 21s-6.5-6-6.5-11a6.5 6.5 0 0 1 13 0c0 5-6.5 11-6.5 11z", "M12 12.2a2.2 2.2 0 1 0 0-4.4 2.2 2.2 0 0 0 0 4.4z"],
  home: ["M4 12a8 8 0 1 0 2.6-5.9", "M4 4v4.5h4.5"],
  fullscreen: ["M4 9V4h5", "M20 9V4h-5", "M4 15v5h5", "M20 15v5h-5"],
  help: ["M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18z", "M9.6 9.5a2.5 2.5 0 1 1 3.6 2.2c-.8.5-1.2 1-1.2 2", "M12 16.8v.1"],
  panel: ["M5 20v-6", "M5 10V4", "M12 20v-9", "M12 7V4", "M19 20v-4", "M19 12V4", "M2.8 14h4.4", "M9.8 7.5h4.4", "M16.8 16h4.4"],
} as const;

export function icon(name: keyof typeof ICONS): SVGElement {
  const space = "http://www.w3.org/2000/svg";
  const svg = document.createElementNS(space, "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("aria-hidden", "true");
  for (const line of ICONS[name]) {
    const path = document.createElementNS(space, "path");
    path.setAttribute("d", line);
    svg.append(path);
  }
  return svg;
}

/** Colours that tell sources apart: hues by the golden angle, of one lightness. */
export const sourceColour = (index: number): string => `oklch(0.82 0.13 ${(75 + index * 137.5) % 360})`;

/** How much of a slider lies left of its thumb, for its style. */
export function showFilled(slider: HTMLInputElement): void {
  const share = (slider.valueAsNumber - Number(slider.min)) / (Number(slider.max) - Number(slider.min));
  slider.style.setProperty("--filled", `${100 * share}%`);
}

/** A label as a heading shows it. */
export const displayName = (label: string): string => label.charAt(0).toLocaleUpperCase() + label.slice(1);

export function formatDistance(metres: number): string {
  return metres < 10 ? `${metres.toFixed(1)} m` : `${Math.round(metres)} m`;
}

export function formatDecibels(decibels: number): string {
  return `${decibels > 0 ? "+" : decibels < 0 ? "−" : ""}${Math.abs(decibels)} dB`;
}
