/** Puts the picture, the sound and the controls of a scene together. */
import { renderOffline } from "./audio/graph";
import type { ListenerPose, TimedPose } from "./audio/listening";
import { loadSound } from "./audio/loading";
import { Mixer } from "./audio/mixer";
import { Player } from "./audio/player";
import type { SceneDocument } from "./document";
import type { SceneFiles } from "./files";
import { radians, type Pose } from "./frames";
import type { Parameters } from "./parameters";
import { Stage } from "./stage";
import { Bar } from "./ui/bar";
import { Compass, showLevels } from "./ui/compass";
import { byId, displayName } from "./ui/dom";
import { Input, NARROWEST_FOV, WIDEST_FOV } from "./ui/input";
import { Labels } from "./ui/labels";
import type { Overlay } from "./ui/overlay";
import { Panel } from "./ui/panel";
import { Places } from "./ui/places";
import { Walker } from "./walker";

/** `window.sonovista`: what tests and screenshots use. Metres and radians in the world. */
export interface ViewerApi {
  readonly pose: Pose;
  readonly mixer: Mixer;
  readonly stage: Stage;
  setPose(pose: Partial<Pose>): void;
  /** The canvas as a PNG data URL, with every splat sorted for the present pose. */
  capture(): Promise<string>;
  /** The ears at 48 kHz at a pose or along a trajectory, through the graph that plays live. */
  renderAudio(poses: ListenerPose | readonly TimedPose[], seconds: number): Promise<[Float32Array, Float32Array]>;
}

const LONGEST_STEP_SECONDS = 0.1;
const MOST_PIXELS = 2560 * 1440;

function startPose(scene: SceneDocument, parameters: Parameters): { home: Pose; first: Pose } {
  const [x, y, z] = scene.listener.position;
  const home = { x, y, z, yaw: radians(scene.listener.yaw_deg), pitch: radians(scene.listener.pitch_deg) };
  return { home, first: { ...home, ...parameters.pose } };
}

export async function openViewer(files: SceneFiles, parameters: Parameters, overlay: Overlay): Promise<ViewerApi> {
  const scene = files.document;
  overlay.setTitle(scene.title);
  const { home, first } = startPose(scene, parameters);
  const canvas = byId<HTMLCanvasElement>("view");
  const stage = new Stage(canvas, parameters.fov ?? radians(scene.listener.horizontal_fov_deg));
  stage.setPose(first);
  const progress = loadingProgress(scene, overlay);
  const [sound] = await Promise.all([
    loadSound(files, progress.sound),
    scene.gaussians === null
      ? Promise.reject(new Error("This scene has no Gaussians: there is nothing to see."))
      : files.bytes(scene.gaussians, progress.picture).then((bytes) => stage.load(bytes)),
  ]);
  overlay.setProgress(0.98, "Sorting …");
  const mixer = new Mixer(scene.sources.length);
  const player = new Player(sound, mixer, first);
  const session = new Session(scene, stage, player, mixer, new Walker(home), parameters.fov);
  session.walker.setPose(first);
  session.begin();
  await stage.drawWhole();
  overlay.ready(describe(scene), () => {
    void session.startSound();
    canvas.focus({ preventScroll: true });
  });
  return {
    get pose() {
      return session.walker.pose;
    },
    mixer,
    stage,
    setPose: (pose) => session.setPose(pose),
    capture: () => stage.capture(),
    renderAudio: (poses, seconds) => renderOffline(sound, poses, seconds, mixer.gains(), mixer.room),
  };
}

function loadingProgress(scene: SceneDocument, overlay: Overlay): { sound: () => void; picture: (n: number, of: number) => void } {
  let sounds = 0;
  let picture = 0;
  const show = (): void => {
    const heard = scene.sources.length ? sounds / scene.sources.length : 1;
    overlay.setProgress(0.75 * picture + 0.2 * heard, "Opening the scene …");
  };
  return {
    sound: () => {
      sounds++;
      show();
    },
    picture: (loaded, total) => {
      picture = loaded / total;
      show();
    },
  };
}

function describe(scene: SceneDocument): string {
  const names = scene.sources.map((source) => displayName(source.label));
  if (names.length === 0) return "A silent scene.";
  const shown = [...new Set(names)].slice(0, 5);
  return shown.join("  ·  ") + (new Set(names).size > shown.length ? "  · …" : "");
}

class Session {
  readonly #bar: Bar;
  readonly #labels: Labels;
  readonly #panel: Panel;
  readonly #places: Places;
  readonly #compass: Compass;
  readonly #input: Input;
  readonly #homePose: Pose;
  readonly #homeFov: number;
  #lastTime = 0;
  #moved = true;

  constructor(
    scene: SceneDocument,
    readonly stage: Stage,
    readonly player: Player,
    mixer: Mixer,
    readonly walker: Walker,
    readonly pinnedFov: number | undefined,
  ) {
    this.#homePose = walker.pose;
    this.#homeFov = stage.horizontalFov;
    this.#places = new Places(scene.sources);
    this.#labels = new Labels(byId("labels"), scene.sources, this.#places, mixer);
    this.#panel = new Panel(byId("panel"), scene, player.sound, this.#places, mixer);
    this.#compass = new Compass(byId<HTMLCanvasElement>("compass"), scene.sources, this.#places, mixer);
    mixer.onChange(() => (this.#moved = true));
    const actions = {
      toggleSound: () => void (player.on ? this.stopSound() : this.startSound()),
      setVolume: (decibels: number) => player.setVolume(decibels),
      goHome: () => this.goHome(),
      showLabels: (visible: boolean) => {
        this.#labels.show(visible);
        this.#moved = true;
      },
    };
    this.#bar = new Bar(actions, this.#panel.room);
    this.#input = new Input(stage.canvas, {
      turn: (yaw, pitch) => this.#turn(yaw, pitch),
      zoom: (factor) => this.#zoom(factor),
      anglePerPixel: () => (2 * Math.tan(stage.drawnHorizontalFov / 2)) / Math.max(1, stage.canvas.clientWidth),
      wake: () => (this.#moved = true),
    });
  }

  begin(): void {
    const resize = (): void => {
      const { clientWidth: width, clientHeight: height } = this.stage.canvas;
      // Splats cost by the pixel: a very dense screen gets fewer of them rather than a slow walk.
      const affordable = Math.sqrt(MOST_PIXELS / Math.max(1, width * height));
      this.stage.resize(width, height, Math.max(0.5, Math.min(window.devicePixelRatio, 2, affordable)));
      this.#moved = true;
    };
    new ResizeObserver(resize).observe(this.stage.canvas);
    resize();
    this.#show();
    requestAnimationFrame((time) => this.#frame(time));
  }

  async startSound(): Promise<void> {
    try {
      await this.player.start();
    } finally {
      this.#bar.showSound(this.player.on);
    }
  }

  async stopSound(): Promise<void> {
    const stopping = this.player.stop();
    this.#bar.showSound(false);
    await stopping;
  }

  setPose(pose: Partial<Pose>): void {
    this.walker.setPose(pose);
    this.#show();
  }

  goHome(): void {
    this.stage.setHorizontalFov(this.#homeFov);
    this.setPose(this.#homePose);
  }

  #turn(yaw: number, pitch: number): void {
    this.walker.turn(yaw, pitch);
    this.#moved = true;
  }

  #zoom(factor: number): void {
    const fov = Math.min(WIDEST_FOV, Math.max(NARROWEST_FOV, this.stage.horizontalFov * factor));
    this.stage.setHorizontalFov(fov);
    this.#moved = true;
  }

  #frame(time: number): void {
    const seconds = Math.min(LONGEST_STEP_SECONDS, (time - this.#lastTime) / 1000);
    this.#lastTime = time;
    if (this.walker.advance(this.#input.intent(), seconds)) this.#moved = true;
    if (this.#places.move && this.player.on) this.#moveSources();
    if (this.#moved) this.#show();
    this.stage.drawIfNeeded();
    showLevels(byId("meter"), this.player.levels());
    requestAnimationFrame((next) => this.#frame(next));
  }

  #show(): void {
    this.#moved = false;
    const { pose } = this.walker;
    this.stage.setPose(pose);
    this.player.moveTo(pose);
    this.#showSources();
  }

  #moveSources(): void {
    this.#places.goTo(this.player.time);
    if (!this.#moved) this.#showSources();
  }

  #showSources(): void {
    const { pose } = this.walker;
    this.#labels.update(this.stage, pose);
    this.#panel.update(pose);
    this.#compass.draw(pose, this.stage.drawnHorizontalFov);
  }
}
