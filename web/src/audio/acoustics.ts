/** What the audio thread knows of a scene's acoustics. */

export interface Medium {
  /** Per metre: alpha in sigma(d) = exp(-alpha d) / max(d, minimumDistance). */
  readonly absorption: number;
  /** Metres. */
  readonly minimumDistance: number;
  /** Linear, on everything. */
  readonly listenerGain: number;
  readonly air?: AirFilters;
  readonly delay?: Delay;
  readonly occlusion?: Occlusion;
  readonly room?: RoomBox;
}

export interface AirFilters {
  /** `b0, b1, p` at each node; nodes lie evenly over log(1 + distance / near). */
  readonly table: Float32Array;
  /** Metres. */
  readonly near: number;
  /** Metres of the last node. */
  readonly farthest: number;
}

export interface Delay {
  readonly samplesPerMetre: number;
  /** Samples of delay that a sample may bring. */
  readonly fastestChange: number;
  /** Coefficients of `f ** m` for each tap: (degree + 1) rows of `taps`. */
  readonly interpolator: Float32Array;
  readonly taps: number;
}

export interface Occlusion {
  /** Metres: the grid's point of lowest x, y and z. */
  readonly origin: readonly [number, number, number];
  /** Metres. */
  readonly spacing: number;
  /** Points along x, y and z. */
  readonly shape: readonly [number, number, number];
  /** Visibility of each source, 0 to 1: (sources, nx, ny, nz). */
  readonly values: Float32Array;
  readonly hiddenGain: number;
  readonly hiddenCutoffHz: number;
  readonly openCutoffHz: number;
}

export interface RoomBox {
  /** Metres. */
  readonly centre: readonly [number, number, number];
  /** Metres along the box's own axes. */
  readonly size: readonly [number, number, number];
  /** Radians, of its x axis from the world's. */
  readonly yaw: number;
}

/** How much of a source is seen from a place, trilinear between the grid's points: `occlusion.visibility_kernel`. */
export function visibility(map: Occlusion, source: number, x: number, y: number, z: number): number {
  const [nx, ny, nz] = map.shape;
  const fx = Math.min(Math.max((x - map.origin[0]) / map.spacing, 0), nx - 1);
  const fy = Math.min(Math.max((y - map.origin[1]) / map.spacing, 0), ny - 1);
  const fz = Math.min(Math.max((z - map.origin[2]) / map.spacing, 0), nz - 1);
  const [x0, y0, z0] = [Math.floor(fx), Math.floor(fy), Math.floor(fz)];
  const along = (from: number, to: number, share: number): number => from + share * (to - from);
  const value = (i: number, j: number, k: number): number =>
    map.values[((source * nx + Math.min(i, nx - 1)) * ny + Math.min(j, ny - 1)) * nz + Math.min(k, nz - 1)]!;
  const alongX = (j: number, k: number): number => along(value(x0, j, k), value(x0 + 1, j, k), fx - x0);
  const alongY = (k: number): number => along(alongX(y0, k), alongX(y0 + 1, k), fy - y0);
  return along(alongY(z0), alongY(z0 + 1), fz - z0);
}

/** How much of a source at a place its room hears, as a share of its amplitude at 1 m: `room_sends.RoomSends`. */
export function roomShare(room: RoomBox, x: number, y: number, z: number): number {
  const [dx, dy, dz] = [x - room.centre[0], y - room.centre[1], z - room.centre[2]];
  const cosine = Math.cos(room.yaw);
  const sine = Math.sin(room.yaw);
  const outside = (distance: number, size: number): number => Math.max(Math.abs(distance) - size / 2, 0);
  return (
    1 /
    (1 +
      Math.hypot(
        outside(dx * cosine + dy * sine, room.size[0]),
        outside(dy * cosine - dx * sine, room.size[1]),
        outside(dz, room.size[2]),
      ))
  );
}
