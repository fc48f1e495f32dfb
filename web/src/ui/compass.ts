/** A small map of the sounds around the listener, who looks up on it; and a meter for each ear. */
import type { Mixer } from "../audio/mixer";
import type { SourceDocument } from "../document";
import { groundAxes, type Pose } from "../frames";
import { sourceColour } from "./dom";
import type { Places } from "./places";

const FARTHEST = 60;
const QUIETEST_DB = -66;

export class Compass {
  readonly #context: CanvasRenderingContext2D;

  constructor(
    canvas: HTMLCanvasElement,
    readonly sources: readonly SourceDocument[],
    readonly places: Places,
    readonly mixer: Mixer,
  ) {
    const context = canvas.getContext("2d");
    if (!context) throw new Error("this browser draws no 2D canvas");
    this.#context = context;
  }

  draw(pose: Pose, horizontalFov: number): void {
    const c = this.#context;
    const size = c.canvas.width;
    const radius = size / 2 - 8;
    c.setTransform(1, 0, 0, 1, 0, 0);
    c.clearRect(0, 0, size, size);
    c.translate(size / 2, size / 2);
    this.#drawDial(radius, pose.yaw, horizontalFov);
    const { forward, left } = groundAxes(pose.yaw);
    this.sources.forEach((_, index) => {
      const centre = this.places.centre(index);
      if (!centre) return;
      const dx = centre[0] - pose.x;
      const dy = centre[1] - pose.y;
      const ahead = dx * forward[0] + dy * forward[1];
      const toLeft = dx * left[0] + dy * left[1];
      const distance = Math.hypot(ahead, toLeft);
      // Logarithmic: what is near is spread, what is far still on the map.
      const share = Math.min(1, Math.log1p(distance) / Math.log1p(FARTHEST));
      const scale = distance > 0 ? (share * radius * 0.88) / distance : 0;
      c.globalAlpha = this.mixer.audible(index) ? 1 : 0.3;
      c.fillStyle = sourceColour(index);
      c.beginPath();
      c.arc(-toLeft * scale, -ahead * scale, 8, 0, 2 * Math.PI);
      c.fill();
      c.globalAlpha = 1;
    });
  }

  #drawDial(radius: number, yaw: number, horizontalFov: number): void {
    const c = this.#context;
    const ahead = -Math.PI / 2;
    const cone = c.createRadialGradient(0, 0, 0, 0, 0, radius);
    cone.addColorStop(0, "rgb(255 255 255 / 34%)");
    cone.addColorStop(1, "rgb(255 255 255 / 4%)");
    c.fillStyle = cone;
    c.beginPath();
    c.moveTo(0, 0);
    c.arc(0, 0, radius, ahead - horizontalFov / 2, ahead + horizontalFov / 2);
    c.fill();
    c.strokeStyle = "rgb(255 255 255 / 16%)";
    c.lineWidth = 2;
    for (const share of [0.5, 1]) {
      c.beginPath();
      c.arc(0, 0, radius * share, 0, 2 * Math.PI);
      c.stroke();
    }
    // The way the photo was taken.
    c.fillStyle = "#fff";
    c.save();
    c.rotate(yaw);
    c.beginPath();
    c.moveTo(0, -radius - 7);
    c.lineTo(7, -radius + 7);
    c.lineTo(-7, -radius + 7);
    c.fill();
    c.restore();
    c.beginPath();
    c.arc(0, 0, 5, 0, 2 * Math.PI);
    c.fill();
  }
}

export function showLevels(meter: HTMLElement, levels: readonly [number, number]): void {
  meter.querySelectorAll("i").forEach((bar, ear) => {
    const share = Math.min(1, Math.max(0, 1 - (levels[ear] ?? -Infinity) / QUIETEST_DB));
    bar.style.setProperty("--level", `${(100 * share).toFixed(1)}%`);
  });
}
