/**
 * Worklet (one Ambisonic bus) -> a stereo filter for each channel -> two ears. The same graph plays live and offline.
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

export interface BinauralGraph {
  /** Two channels: left and right ear. */
  readonly output: AudioNode;
  send(message: EncoderMessage): void;
}

export interface GraphOptions {
  readonly pose: ListenerPose;
  readonly userGains: readonly number[];
  readonly rampSamples: number;
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
    ...options,
  };
  const encoder = new AudioWorkletNode(context, "sonovista-encoder", {
    numberOfInputs: 0,
    numberOfOutputs: 1,
    outputChannelCount: [channels],
    processorOptions,
  });
  const splitter = new ChannelSplitterNode(context, { numberOfOutputs: channels });
  const ears = new GainNode(context, {
    gain: 1 / LIMITER_RANGE,
    channelCount: 2,
    channelCountMode: "explicit",
    channelInterpretation: "discrete",
  });
  encoder.connect(splitter);
  sound.filters.forEach((buffer, channel) => {
    const convolver = new ConvolverNode(context, { buffer, disableNormalization: true });
    splitter.connect(convolver, channel);
    convolver.connect(ears);
  });
  const output = new WaveShaperNode(context, { curve: limiterCurve() });
  ears.connect(output);
  return { output, send: (message) => encoder.port.postMessage(message) };
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
): Promise<[Float32Array, Float32Array]> {
  const length = Math.round(seconds * SAMPLE_RATE);
  if (!(length > 0)) throw new RangeError(`seconds must be positive, found ${seconds}`);
  const context = new OfflineAudioContext(2, length, SAMPLE_RATE);
  const moving = Array.isArray(poses) ? (poses as readonly TimedPose[]) : undefined;
  const pose = moving ? moving[0] : (poses as ListenerPose);
  if (!pose) throw new RangeError("a trajectory needs one pose at least");
  const graph = await buildGraph(context, sound, {
    pose,
    userGains,
    rampSamples: 0,
    ...(moving ? { trajectory: moving } : {}),
  });
  graph.output.connect(context.destination);
  const buffer = await context.startRendering();
  return [buffer.getChannelData(0), buffer.getChannelData(1)];
}
