/**
 * Worklet (one Ambisonic bus) -> a stereo filter for each channel -> two ears. The worklet also gives the ambience at
 * both ears, and what the room hears, which reaches them by the room's tail. The same graph plays live and offline.
 *
 * The filters are native convolvers: the browser runs them in vectorised code, with no delay of their own, where
 * 32 convolutions in the worklet's JavaScript would cost several times as much.
 */
import workletSource from "virtual:encoder-worklet";

import type { ListenerPose, TimedPose } from "./listening";
import { SAMPLE_RATE, type SceneSound } from "./loading";
import type { EncoderMessage, EncoderOptions } from "./worklet";

const LIMITER_KNEE = 0.8;
const LIMITER_RANGE = 8;

const SWITCH_SECONDS = 0.02;
/** A little more than a frame at 60 Hz: poses that come with the frames then join to one motion. */
const RAMP_SAMPLES = 1024;

export interface BinauralGraph {
  /** Two channels: left and right ear. */
  readonly output: AudioNode;
  /** Whether the room answers. */
  setRoom(heard: boolean): void;
  send(message: EncoderMessage): void;
}

export interface GraphOptions {
  readonly pose: ListenerPose;
  readonly userGains: readonly number[];
  readonly room: boolean;
  /** Poses that are known beforehand; without them the listener stays until told otherwise. */
  readonly trajectory?: readonly TimedPose[];
}

export async function buildGraph(
  context: BaseAudioContext,
  sound: SceneSound,
  options: GraphOptions,
): Promise<BinauralGraph> {
  await addEncoder(context.audioWorklet);
  const channels = sound.filters.length;
  const processorOptions: EncoderOptions = {
    order: sound.order,
    sources: sound.sources,
    medium: sound.medium,
    pose: options.pose,
    userGains: options.userGains,
    rampSamples: RAMP_SAMPLES,
    ...(options.trajectory ? { trajectory: options.trajectory } : {}),
  };
  const encoder = new AudioWorkletNode(context, "sonovista-encoder", {
    numberOfInputs: 0,
    numberOfOutputs: 3,
    outputChannelCount: [channels, 2, 1],
    processorOptions,
  });
  const splitter = new ChannelSplitterNode(context, { numberOfOutputs: channels });
  const ears = new GainNode(context, {
    gain: 1 / LIMITER_RANGE,
    channelCount: 2,
    channelCountMode: "explicit",
    channelInterpretation: "discrete",
  });
  encoder.connect(splitter, 0);
  sound.filters.forEach((buffer, channel) => {
    const convolver = new ConvolverNode(context, { buffer, disableNormalization: true });
    splitter.connect(convolver, channel);
    convolver.connect(ears);
  });
  encoder.connect(ears, 1);
  const send = new GainNode(context, { gain: options.room ? 1 : 0 });
  if (sound.tail) {
    const tail = new ConvolverNode(context, { buffer: sound.tail, disableNormalization: true });
    encoder.connect(send, 2);
    send.connect(tail).connect(ears);
  }
  const output = new WaveShaperNode(context, { curve: limiterCurve() });
  ears.connect(output);
  return {
    output,
    send: (message) => encoder.port.postMessage(message),
    setRoom: (heard) => send.gain.setTargetAtTime(heard ? 1 : 0, context.currentTime, SWITCH_SECONDS),
  };
}

async function addEncoder(worklet: AudioWorklet): Promise<void> {
  if (window.location.protocol === "file:") {
    // A file's origin is opaque, and browsers load no worklet from its blobs.
    await worklet.addModule(`data:text/javascript;charset=utf-8,${encodeURIComponent(workletSource)}`);
    return;
  }
  const url = URL.createObjectURL(new Blob([workletSource], { type: "text/javascript" }));
  try {
    await worklet.addModule(url);
  } finally {
    URL.revokeObjectURL(url);
  }
}

/**
 * The soft limiter of `sonovista.render.limiter`: `x` to 0.8, then bent so that nothing exceeds 1. As a wave shaper's
 * curve it covers +-8 in steps of 1/1024, between which the browser interpolates.
 */
function limiterCurve(): Float32Array<ArrayBuffer> {
  const half = LIMITER_RANGE * 1024;
  return Float32Array.from({ length: 2 * half + 1 }, (_, index) => {
    const x = (index - half) / 1024;
    const size = Math.abs(x);
    if (size <= LIMITER_KNEE) return x;
    return Math.sign(x) * (LIMITER_KNEE + (1 - LIMITER_KNEE) * Math.tanh((size - LIMITER_KNEE) / (1 - LIMITER_KNEE)));
  });
}

/** The sound at a pose, or along a trajectory, without waiting for real time: left and right ear at 48 kHz. */
export async function renderOffline(
  sound: SceneSound,
  poses: ListenerPose | readonly TimedPose[],
  seconds: number,
  userGains: readonly number[],
  room: boolean,
): Promise<[Float32Array, Float32Array]> {
  const length = Math.round(seconds * SAMPLE_RATE);
  if (!(length > 0)) throw new RangeError(`seconds must be positive, found ${seconds}`);
  const context = new OfflineAudioContext(2, length, SAMPLE_RATE);
  const trajectory = Array.isArray(poses) ? (poses as readonly TimedPose[]) : undefined;
  const pose = trajectory ? trajectory[0] : (poses as ListenerPose);
  if (!pose) throw new RangeError("a trajectory needs one pose at least");
  const graph = await buildGraph(context, sound, { pose, userGains, room, ...(trajectory ? { trajectory } : {}) });
  graph.output.connect(context.destination);
  const buffer = await context.startRendering();
  return [buffer.getChannelData(0), buffer.getChannelData(1)];
}
