/** What the page's address asks for: a start pose (metres; angles in degrees), a field of view, a bare picture. */
import { radians, type Pose } from "./frames";

export interface Parameters {
  readonly pose: Partial<Pose>;
  /** Horizontal, radians. */
  readonly fov: number | undefined;
  readonly ui: boolean;
}

export function readParameters(search: string): Parameters {
  const values = new URLSearchParams(search);
  const number = (name: string): number | undefined => {
    const text = values.get(name);
    const value = text === null || text.trim() === "" ? NaN : Number(text);
    return Number.isFinite(value) ? value : undefined;
  };
  const pose: { -readonly [K in keyof Pose]?: number } = {};
  for (const axis of ["x", "y", "z"] as const) {
    const value = number(axis);
    if (value !== undefined) pose[axis] = value;
  }
  for (const angle of ["yaw", "pitch"] as const) {
    const value = number(angle);
    if (value !== undefined) pose[angle] = radians(value);
  }
  const fov = number("fov");
  return {
    pose,
    fov: fov !== undefined && fov > 0 && fov < 180 ? radians(fov) : undefined,
    ui: values.get("ui") !== "0",
  };
}
