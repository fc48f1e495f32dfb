/** Runs the encoder on the audio thread, one render quantum at a time. */
import type { Medium } from "./acoustics";
import { SceneEncoder } from "./encoder";
import { poseAt, type ListenerPose, type TimedPose } from "./listening";
import type { EncoderSource } from "./voice";

declare const sampleRate: number;
declare const currentTime: number;
declare abstract class AudioWorkletProcessor {
  readonly port: MessagePort;
}
declare function registerProcessor(name: string, processor: new (options: AudioWorkletNodeOptions) => unknown): void;

export interface EncoderOptions {
  readonly order: number;
  readonly sources: readonly EncoderSource[];
  readonly medium: Medium;
  readonly pose: ListenerPose;
  readonly userGains: readonly number[];
  /** Samples over which a new pose or gain is reached: a little more than a picture frame, where poses come from one. */
  readonly rampSamples: number;
  /** Poses that are known beforehand: each quantum then ramps to the pose at its end. */
  readonly trajectory?: readonly TimedPose[];
}

export type EncoderMessage =
  | { readonly type: "pose"; readonly pose: ListenerPose }
  | { readonly type: "gains"; readonly gains: readonly number[] };

/** Outputs: the Ambisonic bus; the ambience at both ears; what the room hears. */
class EncoderProcessor extends AudioWorkletProcessor {
  readonly #encoder: SceneEncoder;
  readonly #options: EncoderOptions;
  #pose: ListenerPose;
  #stale = false;

  constructor(options: AudioWorkletNodeOptions) {
    super();
    this.#options = options.processorOptions as EncoderOptions;
    const { order, sources, medium, pose, userGains, trajectory } = this.#options;
    this.#encoder = new SceneEncoder(order, sources, medium, sampleRate);
    this.#encoder.setUserGains(userGains);
    this.#pose = trajectory ? poseAt(trajectory, 0) : pose;
    this.#encoder.moveTo(this.#pose, 0);
    this.port.onmessage = (event: MessageEvent<EncoderMessage>) => this.#receive(event.data);
  }

  #receive(message: EncoderMessage): void {
    if (message.type === "pose") this.#pose = message.pose;
    else this.#encoder.setUserGains(message.gains);
    this.#stale = true;
  }

  process(_inputs: Float32Array[][], outputs: Float32Array[][]): boolean {
    const [field, ambience, send] = [outputs[0], outputs[1], outputs[2]?.[0]];
    if (!field || !ambience || !send) return true;
    const { trajectory, rampSamples } = this.#options;
    if (trajectory) {
      this.#encoder.moveTo(poseAt(trajectory, currentTime + send.length / sampleRate), send.length);
    } else if (this.#stale || this.#encoder.restless) {
      this.#encoder.moveTo(this.#pose, rampSamples);
      this.#stale = false;
    }
    this.#encoder.process({ field, ambience, send });
    return true;
  }
}

registerProcessor("sonovista-encoder", EncoderProcessor);
