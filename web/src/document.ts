/** What the viewer reads of `scene.json` (`sonovista.scene.document`). */
import type { Vector } from "./frames";

export interface SourceDocument {
  readonly id: string;
  readonly label: string;
  readonly kind: "point" | "area" | "ambient";
  readonly position: Vector | null;
  readonly points: readonly Vector[] | null;
  /** Where `position` goes, in straight lines, from time 0 on and around again. */
  readonly path: readonly { readonly time_s: number; readonly position: Vector }[] | null;
  readonly gain_db: number;
  readonly sound: string;
}

export interface SceneDocument {
  readonly title: string;
  readonly sources: readonly SourceDocument[];
  readonly listener: {
    readonly position: Vector;
    readonly yaw_deg: number;
    readonly pitch_deg: number;
    readonly horizontal_fov_deg: number;
    readonly gain_db: number;
  };
  readonly acoustics: { readonly absorption_per_metre: number; readonly minimum_distance: number };
  readonly gaussians: string | null;
}

/** `/api/hrir/{order}`: filters of shape (2, channels, taps), float32, little-endian, in base64. */
export interface HrirDocument {
  readonly order: number;
  readonly shape: readonly [number, number, number];
  readonly sample_rate: number;
  readonly data: string;
}

/** Little-endian, in C order, in base64. */
export interface ArrayDocument {
  readonly shape: readonly number[];
  readonly dtype: "float32" | "uint16";
  readonly data: string;
}

/** `/api/acoustics` (`sonovista.viewer.acoustics_document`): null for what the scene has none of. */
export interface AcousticsDocument {
  readonly sample_rate: number;
  /** Filters (2, taps) from a sound to the ears in a diffuse field, of which the first `ahead` samples are skipped. */
  readonly ambience: { readonly filters: ArrayDocument; readonly ahead: number } | null;
  /** Filters `b0, b1, p` (nodes, 3) of first order, evenly over log(1 + distance / near). */
  readonly air: { readonly table: ArrayDocument; readonly near: number; readonly farthest: number } | null;
  readonly delay: {
    readonly samples_per_metre: number;
    /** Samples of delay that a sample may bring. */
    readonly fastest_change: number;
    /** Polynomials of each tap, (degree + 1, taps). */
    readonly interpolator: ArrayDocument;
  } | null;
  readonly occlusion: {
    readonly origin: Vector;
    readonly spacing: number;
    /** Visibility (sources, nx, ny, nz), 65535 in full view. */
    readonly values: ArrayDocument;
    readonly hidden_gain: number;
    readonly hidden_cutoff_hz: number;
    readonly open_cutoff_hz: number;
  } | null;
  readonly room: {
    readonly centre: Vector;
    readonly size: Vector;
    readonly yaw_deg: number;
    readonly reverberation_time_s: number;
    /** Filters (2, samples) from what the sources emit to the ears. */
    readonly tail: ArrayDocument;
  } | null;
}

/** What an exported page carries in itself: the files of the scene by their names, in base64. */
export interface EmbeddedScene {
  readonly scene: SceneDocument;
  readonly hrir: HrirDocument;
  readonly acoustics: AcousticsDocument;
  readonly files: Readonly<Record<string, string>>;
}
