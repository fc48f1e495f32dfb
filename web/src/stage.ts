/** Three.js and Spark: draws the Gaussians at a pose, and only when something has changed. */
import { SparkRenderer, SplatFileType, SplatMesh } from "@sparkjsdev/spark";
import { Color, PerspectiveCamera, Scene, SRGBColorSpace, Vector3, WebGLRenderer } from "three";

import { cameraQuaternion, QUATERNION_THREE_PLY, radians, threeFromWorld, verticalFov, type Pose, type Vector } from "./frames";

const BACKGROUND = 0x000000;
const NEAREST = 0.02;
const FARTHEST = 20_000;
const HIGHEST_VERTICAL_FOV = radians(100);

/** Where a point of the world lies on the canvas: CSS pixels from its upper left; behind the viewer is not visible. */
export interface ScreenPoint {
  readonly x: number;
  readonly y: number;
  readonly visible: boolean;
}

export function hasWebGl2(): boolean {
  return document.createElement("canvas").getContext("webgl2") !== null;
}

export class Stage {
  readonly #renderer: WebGLRenderer;
  readonly #spark: SparkRenderer;
  readonly #scene = new Scene();
  readonly #camera = new PerspectiveCamera(60, 1, NEAREST, FARTHEST);
  readonly #vector = new Vector3();
  #needsFrame = true;

  constructor(
    readonly canvas: HTMLCanvasElement,
    public horizontalFov: number,
  ) {
    this.#renderer = new WebGLRenderer({ canvas, antialias: false, alpha: false, powerPreference: "high-performance" });
    // Splats are summed as the sRGB values of the file: no tone mapping, no linear light.
    this.#renderer.outputColorSpace = SRGBColorSpace;
    this.#scene.background = new Color(BACKGROUND);
    this.#spark = new SparkRenderer({
      renderer: this.#renderer,
      onDirty: () => (this.#needsFrame = true),
      // The screen-space kernel that sonovista.render.splats calls "spark", spelled out: 0.3 square pixels with the
      // opacity compensated, sorted by distance, which does not change while the head turns.
      preBlurAmount: 0,
      blurAmount: 0.3,
      focalAdjustment: 1,
      maxStdDev: Math.sqrt(8),
      minAlpha: 0.5 / 255,
      maxPixelRadius: 512,
      clipXY: 1.4,
      sortRadial: true,
      // Positions as float32: half floats would shift what is far by parts of a pixel.
      accumExtSplats: true,
      enableLod: false,
    });
    this.#scene.add(this.#spark);
  }

  /** Show the Gaussians of a PLY file, or of an SPZ file, whose axes are those of three.js. */
  async load(bytes: Uint8Array): Promise<number> {
    const packed = bytes[0] === 0x1f && bytes[1] === 0x8b;
    const fileType = packed ? SplatFileType.SPZ : SplatFileType.PLY;
    const mesh = new SplatMesh({ fileBytes: bytes, fileType, extSplats: true, lod: false });
    if (!packed) mesh.quaternion.copy(QUATERNION_THREE_PLY);
    await mesh.initialized;
    this.#scene.add(mesh);
    this.#needsFrame = true;
    return mesh.splats?.getNumSplats() ?? 0;
  }

  get pixelRatio(): number {
    return this.#renderer.getPixelRatio();
  }

  resize(width: number, height: number, pixelRatio: number): void {
    this.#renderer.setPixelRatio(pixelRatio);
    this.#renderer.setSize(width, height, false);
    this.#camera.aspect = width / Math.max(1, height);
    this.#updateLens();
  }

  setHorizontalFov(radiansAcross: number): void {
    this.horizontalFov = radiansAcross;
    this.#updateLens();
  }

  #updateLens(): void {
    const vertical = Math.min(verticalFov(this.horizontalFov, this.#camera.aspect), HIGHEST_VERTICAL_FOV);
    this.#camera.fov = (vertical * 180) / Math.PI;
    this.#camera.updateProjectionMatrix();
    this.#needsFrame = true;
  }

  /** Horizontal field of view that is really drawn, in radians; less than asked for in very tall windows. */
  get drawnHorizontalFov(): number {
    return 2 * Math.atan(Math.tan(radians(this.#camera.fov) / 2) * this.#camera.aspect);
  }

  setPose(pose: Pose): void {
    threeFromWorld([pose.x, pose.y, pose.z], this.#camera.position);
    cameraQuaternion(pose, this.#camera.quaternion);
    this.#camera.updateMatrixWorld();
    this.#needsFrame = true;
  }

  /** Draw, if anything has changed since the last time. */
  drawIfNeeded(): boolean {
    if (!this.#needsFrame) return false;
    this.#needsFrame = false;
    this.#renderer.render(this.#scene, this.#camera);
    return true;
  }

  /** Draw a frame whose splats are sorted for this very pose, however long that takes. */
  async drawWhole(): Promise<void> {
    await this.#sorted();
    await this.#spark.update({ scene: this.#scene, camera: this.#camera });
    await this.#sorted();
    this.#spark.autoUpdate = false;
    this.#renderer.render(this.#scene, this.#camera);
    this.#spark.autoUpdate = true;
  }

  /** The canvas as a PNG data URL, whole and sorted. */
  async capture(): Promise<string> {
    await this.drawWhole();
    // In the same task as the drawing: afterwards the browser may clear the buffer.
    return this.canvas.toDataURL("image/png");
  }

  async #sorted(): Promise<void> {
    while (this.#spark.sorting || this.#spark.sortDirty) await new Promise((resolve) => setTimeout(resolve, 5));
  }

  project(point: Vector): ScreenPoint {
    const projected = threeFromWorld(point, this.#vector).applyMatrix4(this.#camera.matrixWorldInverse);
    const ahead = projected.z < -NEAREST;
    projected.applyMatrix4(this.#camera.projectionMatrix);
    return {
      x: (0.5 + 0.5 * projected.x) * this.canvas.clientWidth,
      y: (0.5 - 0.5 * projected.y) * this.canvas.clientHeight,
      visible: ahead && Math.abs(projected.x) < 1.1 && Math.abs(projected.y) < 1.1,
    };
  }
}
