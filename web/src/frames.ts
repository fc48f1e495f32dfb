/**
 * The only place where one frame becomes another.
 *
 * World (scene.json, sound): x forward, y left, z up, metres; yaw left positive, pitch up positive, radians.
 * three.js: x right, y up, z backward. INRIA's PLY: x right, y down, z forward.
 */
import { Euler, Quaternion, Vector3 } from "three";

/** Metres in the world. */
export type Vector = readonly [x: number, y: number, z: number];

/** Where the listener stands and looks: metres and radians in the world. */
export interface Pose {
  readonly x: number;
  readonly y: number;
  readonly z: number;
  readonly yaw: number;
  readonly pitch: number;
}

/** Takes the PLY's axes to three.js's: half a turn about x. */
export const QUATERNION_THREE_PLY = new Quaternion(1, 0, 0, 0);

export function threeFromWorld([x, y, z]: Vector, target = new Vector3()): Vector3 {
  return target.set(-y, z, -x);
}

/** Orientation of a three.js camera (which looks along its -z) at a pose. */
export function cameraQuaternion(pose: Pose, target = new Quaternion()): Quaternion {
  return target.setFromEuler(new Euler(pose.pitch, pose.yaw, 0, "YXZ"));
}

/** Horizontal unit vectors of a listener's own forward and left, in the world. */
export function groundAxes(yaw: number): { forward: Vector; left: Vector } {
  const c = Math.cos(yaw);
  const s = Math.sin(yaw);
  return { forward: [c, s, 0], left: [-s, c, 0] };
}

export const radians = (degrees: number): number => (degrees * Math.PI) / 180;
export const degrees = (angle: number): number => (angle * 180) / Math.PI;

/** An angle in (-pi, pi]. */
export function wrapAngle(angle: number): number {
  const turns = Math.ceil((angle - Math.PI) / (2 * Math.PI));
  return angle - turns * 2 * Math.PI;
}

/** Vertical field of view in radians of a picture with square pixels. */
export function verticalFov(horizontalFov: number, aspect: number): number {
  return 2 * Math.atan(Math.tan(horizontalFov / 2) / aspect);
}
