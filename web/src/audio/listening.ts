/** Listening poses for the sound: kept free of three.js, since the audio worklet uses them too. */

export interface ListenerPose {
  readonly x: number;
  readonly y: number;
  readonly z: number;
  readonly yaw: number;
  readonly pitch: number;
}

/** A pose at a time in seconds; between two, every number goes in a straight line: yaw from 0 to 2 pi is a full turn. */
export interface TimedPose extends ListenerPose {
  readonly time: number;
}

/** `R_world_listener`, row by row: takes head vectors (x forward, y left, z up) to the world. */
export function rotationWorldListener(pose: ListenerPose): Float64Array {
  const cy = Math.cos(pose.yaw);
  const sy = Math.sin(pose.yaw);
  const cp = Math.cos(pose.pitch);
  const sp = Math.sin(pose.pitch);
  return Float64Array.of(cy * cp, -sy, -cy * sp, sy * cp, cy, -sy * sp, sp, 0, cp);
}

export function poseAt(trajectory: readonly TimedPose[], time: number): ListenerPose {
  const first = trajectory[0];
  if (!first) throw new RangeError("a trajectory needs one pose at least");
  let before: TimedPose = first;
  for (const pose of trajectory) {
    if (pose.time > time) {
      const share = Math.min(1, Math.max(0, (time - before.time) / (pose.time - before.time || 1)));
      return interpolate(before, pose, share);
    }
    before = pose;
  }
  return before;
}

function interpolate(a: ListenerPose, b: ListenerPose, share: number): ListenerPose {
  const mix = (from: number, to: number): number => from + share * (to - from);
  return {
    x: mix(a.x, b.x),
    y: mix(a.y, b.y),
    z: mix(a.z, b.z),
    yaw: mix(a.yaw, b.yaw),
    pitch: mix(a.pitch, b.pitch),
  };
}
