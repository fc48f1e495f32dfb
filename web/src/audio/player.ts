/** The sound as the visitor hears it now: begins with a gesture, follows the pose, can be switched off. */
import { buildGraph, type BinauralGraph } from "./graph";
import type { ListenerPose } from "./listening";
import { linear, SAMPLE_RATE, type SceneSound } from "./loading";
import type { Mixer } from "./mixer";

const FADE_SECONDS = 0.08;

export class Player {
  #context: AudioContext | undefined;
  #graph: BinauralGraph | undefined;
  #volume: GainNode | undefined;
  #meters: AnalyserNode[] = [];
  #on = false;
  #volumeDb = 0;
  #began = 0;
  #pose: ListenerPose;
  readonly #samples = new Float32Array(1024);

  constructor(
    readonly sound: SceneSound,
    readonly mixer: Mixer,
    pose: ListenerPose,
  ) {
    this.#pose = pose;
    mixer.onChange(() => {
      this.#graph?.send({ type: "gains", gains: mixer.gains() });
      this.#graph?.setRoom(mixer.room);
    });
  }

  get on(): boolean {
    return this.#on;
  }

  /** Seconds since the sound began, less those for which it was off. */
  get time(): number {
    return this.#context ? this.#context.currentTime - this.#began : 0;
  }

  get volumeDb(): number {
    return this.#volumeDb;
  }

  /** Call from a gesture: browsers let no page sound without one. */
  async start(): Promise<void> {
    this.#on = true;
    if (!this.#context) {
      this.#context = new AudioContext({ sampleRate: SAMPLE_RATE, latencyHint: "interactive" });
      await this.#build(this.#context);
    }
    await this.#context.resume();
    this.#fade();
  }

  async stop(): Promise<void> {
    this.#on = false;
    this.#fade();
    await new Promise((resolve) => setTimeout(resolve, 1000 * 3 * FADE_SECONDS));
    if (!this.#on) await this.#context?.suspend();
  }

  setVolume(decibels: number): void {
    this.#volumeDb = decibels;
    this.#fade();
  }

  moveTo(pose: ListenerPose): void {
    this.#pose = pose;
    this.#graph?.send({ type: "pose", pose });
  }

  /** Root mean square of each ear over the last moments, in dB of full scale. */
  levels(): [number, number] {
    const level = (ear: number): number => {
      const meter = this.#meters[ear];
      if (!meter || !this.#on) return -Infinity;
      meter.getFloatTimeDomainData(this.#samples);
      let sum = 0;
      for (const value of this.#samples) sum += value * value;
      return 10 * Math.log10(sum / this.#samples.length);
    };
    return [level(0), level(1)];
  }

  async #build(context: AudioContext): Promise<void> {
    this.#graph = await buildGraph(context, this.sound, {
      pose: this.#pose,
      userGains: this.mixer.gains(),
      room: this.mixer.room,
    });
    this.#began = context.currentTime;
    this.#volume = new GainNode(context, { gain: 0 });
    this.#graph.output.connect(this.#volume).connect(context.destination);
    const splitter = new ChannelSplitterNode(context, { numberOfOutputs: 2 });
    this.#volume.connect(splitter);
    this.#meters = [0, 1].map((ear) => {
      const meter = new AnalyserNode(context, { fftSize: 1024 });
      splitter.connect(meter, ear);
      return meter;
    });
    this.#graph.send({ type: "pose", pose: this.#pose });
  }

  #fade(): void {
    if (!this.#context || !this.#volume) return;
    const target = this.#on ? linear(this.#volumeDb) : 0;
    this.#volume.gain.setTargetAtTime(target, this.#context.currentTime, FADE_SECONDS / 2);
  }
}
