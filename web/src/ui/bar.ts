/** The tool bar, the keys that stand for its buttons, and the panels that it opens. */
import { byId, icon, showFilled } from "./dom";

export interface BarActions {
  toggleSound(): void;
  setVolume(decibels: number): void;
  goHome(): void;
  showLabels(visible: boolean): void;
}

export class Bar {
  readonly #sound = byId<HTMLButtonElement>("sound");

  /** @param room of the panel, where the scene has a room. */
  constructor(actions: BarActions, room: HTMLButtonElement | undefined) {
    const labels = byId<HTMLButtonElement>("show-labels");
    const panelButton = byId<HTMLButtonElement>("show-panel");
    const helpButton = byId<HTMLButtonElement>("show-help");
    const fullscreen = byId<HTMLButtonElement>("fullscreen");
    const home = byId<HTMLButtonElement>("home");
    const volume = byId<HTMLInputElement>("volume");
    const panel = byId("panel");
    const help = byId("help");
    labels.append(icon("label"));
    panelButton.append(icon("panel"));
    helpButton.append(icon("help"));
    fullscreen.append(icon("fullscreen"));
    home.append(icon("home"));
    fullscreen.hidden = !document.fullscreenEnabled;

    this.#sound.addEventListener("click", () => actions.toggleSound());
    home.addEventListener("click", () => actions.goHome());
    labels.addEventListener("click", () => {
      const visible = labels.getAttribute("aria-pressed") !== "true";
      labels.setAttribute("aria-pressed", String(visible));
      actions.showLabels(visible);
    });
    const openPanel = (open: boolean): void => {
      panel.classList.toggle("closed", !open);
      panelButton.setAttribute("aria-expanded", String(open));
    };
    panelButton.addEventListener("click", () => openPanel(panel.classList.contains("closed")));
    openPanel(window.innerWidth > 720);
    helpButton.addEventListener("click", () => {
      help.hidden = !help.hidden;
      helpButton.setAttribute("aria-expanded", String(!help.hidden));
    });
    fullscreen.addEventListener("click", () => {
      void (document.fullscreenElement ? document.exitFullscreen() : document.documentElement.requestFullscreen());
    });
    volume.addEventListener("input", () => {
      showFilled(volume);
      actions.setVolume(volume.valueAsNumber);
    });
    showFilled(volume);
    this.showSound(false);
    byId("help-room").hidden = !room;
    this.#bindKeys({
      KeyL: labels,
      KeyR: home,
      KeyF: fullscreen,
      KeyH: helpButton,
      KeyM: panelButton,
      Space: this.#sound,
      ...(room ? { KeyV: room } : {}),
    });
  }

  #bindKeys(buttons: Readonly<Record<string, HTMLButtonElement>>): void {
    window.addEventListener("keydown", (event) => {
      const button = buttons[event.code];
      const onControl = event.target instanceof Element && event.target.closest("button, input");
      if (!button || event.repeat || event.ctrlKey || event.metaKey || event.altKey) return;
      if (onControl && event.code === "Space") return;
      if (document.body.classList.contains("before")) return;
      event.preventDefault();
      button.click();
    });
  }

  showSound(on: boolean): void {
    this.#sound.replaceChildren(icon(on ? "soundOn" : "soundOff"));
    this.#sound.setAttribute("aria-pressed", String(on));
    this.#sound.setAttribute("aria-label", on ? "Turn the sound off" : "Turn the sound on");
    this.#sound.title = on ? "Sound off (Space)" : "Sound on (Space)";
  }
}
