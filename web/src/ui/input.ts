/** Mouse, touch and keys. */
import { radians } from "../frames";
import type { Intent } from "../walker";

export interface InputTarget {
  turn(yaw: number, pitch: number): void;
  zoom(factor: number): void;
  /** Radians of view for one CSS pixel at the centre. */
  anglePerPixel(): number;
  wake(): void;
}

const KEYS: Readonly<Record<string, readonly ["forward" | "left" | "turn" | "look", 1 | -1]>> = {
  KeyW: ["forward", 1],
  KeyS: ["forward", -1],
  KeyA: ["left", 1],
  KeyD: ["left", -1],
  ArrowUp: ["forward", 1],
  ArrowDown: ["forward", -1],
  ArrowLeft: ["turn", 1],
  ArrowRight: ["turn", -1],
  KeyQ: ["turn", 1],
  KeyE: ["turn", -1],
  PageUp: ["look", 1],
  PageDown: ["look", -1],
};
const WALK_PIXELS = 60;

export class Input {
  readonly #held = new Set<string>();
  readonly #pointers = new Map<number, { x: number; y: number }>();
  #walk = { forward: 0, left: 0 };
  #spread = 0;
  #shift = false;

  constructor(
    readonly canvas: HTMLCanvasElement,
    readonly target: InputTarget,
  ) {
    canvas.addEventListener("pointerdown", (event) => this.#down(event));
    canvas.addEventListener("pointermove", (event) => this.#move(event));
    for (const name of ["pointerup", "pointercancel", "lostpointercapture"] as const) {
      canvas.addEventListener(name, (event) => this.#up(event));
    }
    canvas.addEventListener("wheel", (event) => this.#wheel(event), { passive: false });
    window.addEventListener("keydown", (event) => this.#key(event, true));
    window.addEventListener("keyup", (event) => this.#key(event, false));
    window.addEventListener("blur", () => this.#release());
  }

  intent(): Intent {
    const intent: Intent = { forward: this.#walk.forward, left: this.#walk.left, turn: 0, look: 0, hurry: this.#shift };
    for (const code of this.#held) {
      const action = KEYS[code];
      if (action) intent[action[0]] += action[1];
    }
    for (const axis of ["forward", "left", "turn", "look"] as const) {
      intent[axis] = Math.min(1, Math.max(-1, intent[axis]));
    }
    return intent;
  }

  #release(): void {
    this.#held.clear();
    this.#pointers.clear();
    this.#walk = { forward: 0, left: 0 };
  }

  #key(event: KeyboardEvent, down: boolean): void {
    this.#shift = event.shiftKey;
    if (!(event.code in KEYS)) return;
    if (!down) {
      this.#held.delete(event.code);
      return;
    }
    const onControl = event.target instanceof Element && event.target.closest("input, select, textarea, [role=slider]");
    if (onControl || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    this.#held.add(event.code);
    this.target.wake();
  }

  #down(event: PointerEvent): void {
    if (event.button !== 0) return;
    this.canvas.setPointerCapture(event.pointerId);
    this.canvas.focus({ preventScroll: true });
    this.#pointers.set(event.pointerId, { x: event.clientX, y: event.clientY });
    this.#spread = 0;
    this.canvas.classList.add("dragging");
  }

  #up(event: PointerEvent): void {
    this.#pointers.delete(event.pointerId);
    if (this.#pointers.size < 2) this.#walk = { forward: 0, left: 0 };
    if (this.#pointers.size === 0) this.canvas.classList.remove("dragging");
    this.#spread = 0;
  }

  /** One finger turns the view; two walk the way they are pushed, and zoom as they spread. */
  #move(event: PointerEvent): void {
    const last = this.#pointers.get(event.pointerId);
    if (!last) return;
    const dx = event.clientX - last.x;
    const dy = event.clientY - last.y;
    this.#pointers.set(event.pointerId, { x: event.clientX, y: event.clientY });
    if (this.#pointers.size === 1) {
      const angle = this.target.anglePerPixel();
      this.target.turn(dx * angle, dy * angle);
    } else if (this.#pointers.size === 2) {
      this.#walk.forward -= dy / (2 * WALK_PIXELS);
      this.#walk.left -= dx / (2 * WALK_PIXELS);
      const [a, b] = [...this.#pointers.values()];
      const spread = a && b ? Math.hypot(a.x - b.x, a.y - b.y) : 0;
      if (this.#spread > 0 && spread > 0) this.target.zoom(this.#spread / spread);
      this.#spread = spread;
    }
    this.target.wake();
  }

  #wheel(event: WheelEvent): void {
    event.preventDefault();
    this.target.zoom(Math.exp(Math.max(-60, Math.min(60, event.deltaY)) * 0.0015));
  }
}

export const NARROWEST_FOV = radians(25);
export const WIDEST_FOV = radians(110);
