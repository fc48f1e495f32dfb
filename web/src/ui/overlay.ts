/** What covers the scene until the visitor steps in: title, progress, what went wrong. */
import { byId, displayName } from "./dom";

export class Overlay {
  readonly #root = byId("overlay");
  readonly #subtitle = byId("subtitle");
  readonly #progress = byId("progress");
  readonly #start = byId<HTMLButtonElement>("start");

  setTitle(title: string): void {
    byId("title").textContent = displayName(title || "a place to hear");
    document.title = title ? `${title} · Sonovista` : "Sonovista";
  }

  /** `share` in [0, 1]; after a failure its message stays. */
  setProgress(share: number, text: string): void {
    if (this.#root.classList.contains("failed")) return;
    const percent = Math.round(100 * share);
    this.#progress.setAttribute("aria-valuenow", String(percent));
    const bar = this.#progress.firstElementChild;
    if (bar instanceof HTMLElement) bar.style.width = `${percent}%`;
    this.#subtitle.textContent = text;
  }

  ready(text: string, onStart: () => void): void {
    this.setProgress(1, text);
    this.#progress.classList.add("done");
    this.#start.disabled = false;
    this.#start.focus({ preventScroll: true });
    this.#start.addEventListener(
      "click",
      () => {
        this.#root.classList.add("gone");
        this.#root.inert = true;
        document.body.classList.remove("before");
        onStart();
      },
      { once: true },
    );
  }

  fail(message: string): void {
    this.#root.classList.remove("gone");
    this.#root.classList.add("failed");
    this.#root.setAttribute("role", "alert");
    this.#subtitle.textContent = message;
  }
}
