/** What the viewer reads of `scene.json` (`sonovista.scene.document`). */
import type { Vector } from "./frames";

export interface SourceDocument {
  readonly id: string;
  readonly label: string;
  readonly kind: "point" | "area" | "ambient";
  readonly position: Vector | null;
  readonly points: readonly Vector[] | null;
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

/** What an exported page carries in itself: the files of the scene by their names, in base64. */
export interface EmbeddedScene {
  readonly scene: SceneDocument;
  readonly hrir: HrirDocument;
  readonly files: Readonly<Record<string, string>>;
}
