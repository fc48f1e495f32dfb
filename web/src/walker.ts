/** Where the visitor is: turns as the picture is dragged (the world follows the pointer), walks on the ground's plane. */
import { groundAxes, radians, wrapAngle, type Pose, type Vector } from "./frames";

const WALKING_SPEED = 1.0;
const HURRYING_SPEED = 2.4;
const TURNING_SPEED = radians(75);
const RESPONSE_SECONDS = 0.09;
const STEEPEST_PITCH = radians(85);
/** One photo holds up to about this far from where it was taken; the last part of the way gets slower and slower. */
const REACH = 2.0;
const SOFT_SHARE = 0.35;

/** What the visitor asks for now, each in [-1, 1]. */
export interface Intent {
  forward: number;
  left: number;
  turn: number;
  look: number;
  hurry: boolean;
}

export class Walker {
  #pose: Pose;
  #velocity: [number, number] = [0, 0];
  readonly #start: Vector;

  constructor(start: Pose) {
    this.#pose = start;
    this.#start = [start.x, start.y, start.z];
  }

  get pose(): Pose {
    return this.#pose;
  }

  setPose(pose: Partial<Pose>): void {
    this.#pose = { ...this.#pose, ...pose };
    this.#velocity = [0, 0];
  }

  turn(yaw: number, pitch: number): void {
    this.#pose = {
      ...this.#pose,
      yaw: wrapAngle(this.#pose.yaw + yaw),
      pitch: clamp(this.#pose.pitch + pitch, -STEEPEST_PITCH, STEEPEST_PITCH),
    };
  }

  /** Go on for some seconds; true where the pose has changed. */
  advance(intent: Intent, seconds: number): boolean {
    const before = this.#pose;
    if (intent.turn || intent.look) {
      this.turn(intent.turn * TURNING_SPEED * seconds, intent.look * TURNING_SPEED * seconds);
    }
    const { forward, left } = groundAxes(this.#pose.yaw);
    const length = Math.max(1, Math.hypot(intent.forward, intent.left));
    const speed = (intent.hurry ? HURRYING_SPEED : WALKING_SPEED) / length;
    const share = 1 - Math.exp(-seconds / RESPONSE_SECONDS);
    for (const axis of [0, 1] as const) {
      const wanted = speed * (intent.forward * forward[axis] + intent.left * left[axis]);
      this.#velocity[axis] += share * (wanted - this.#velocity[axis]);
    }
    if (Math.hypot(...this.#velocity) < 1e-3) this.#velocity = [0, 0];
    else this.#step(this.#velocity[0] * seconds, this.#velocity[1] * seconds);
    return before !== this.#pose;
  }

  #step(dx: number, dy: number): void {
    const x = this.#pose.x - this.#start[0];
    const y = this.#pose.y - this.#start[1];
    const distance = Math.hypot(x, y);
    const room = clamp((REACH - distance) / (SOFT_SHARE * REACH), 0, 1);
    if (distance > 1e-6) {
      const outward = Math.max(0, (dx * x + dy * y) / distance);
      dx -= (1 - room) * outward * (x / distance);
      dy -= (1 - room) * outward * (y / distance);
    }
    this.#pose = { ...this.#pose, x: this.#pose.x + dx, y: this.#pose.y + dy };
  }
}

function clamp(value: number, low: number, high: number): number {
  return Math.min(high, Math.max(low, value));
}
