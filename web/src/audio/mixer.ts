/** What the visitor sets: for each source mute, solo and gain; and whether the room is heard. */
import { linear } from "./loading";

export interface Strip {
  readonly muted: boolean;
  readonly solo: boolean;
  readonly gainDb: number;
}

export class Mixer {
  #strips: Strip[];
  #room = true;
  readonly #listeners = new Set<() => void>();

  constructor(count: number) {
    this.#strips = Array.from({ length: count }, () => ({ muted: false, solo: false, gainDb: 0 }));
  }

  strip(index: number): Strip {
    const strip = this.#strips[index];
    if (!strip) throw new RangeError(`there is no source ${index}`);
    return strip;
  }

  set(index: number, change: Partial<Strip>): void {
    this.#strips[index] = { ...this.strip(index), ...change };
    this.#changed();
  }

  /** Whether the room's reverberation is heard, where the scene has one. */
  get room(): boolean {
    return this.#room;
  }

  set room(heard: boolean) {
    this.#room = heard;
    this.#changed();
  }

  #changed(): void {
    for (const listener of this.#listeners) listener();
  }

  onChange(listener: () => void): void {
    this.#listeners.add(listener);
  }

  /** Heard unless muted, or unless another is solo and this one is not. */
  audible(index: number): boolean {
    const strip = this.strip(index);
    return !strip.muted && (strip.solo || !this.#strips.some((other) => other.solo));
  }

  /** Linear, one for each source. */
  gains(): number[] {
    return this.#strips.map((strip, index) => (this.audible(index) ? linear(strip.gainDb) : 0));
  }
}
