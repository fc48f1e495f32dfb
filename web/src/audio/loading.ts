/** Sounds and filters, decoded. */
import type { SceneDocument, SourceDocument } from "../document";
import { decodeBase64, type SceneFiles } from "../files";
import type { EncoderSource, Medium } from "./encoder";

export const SAMPLE_RATE = 48_000;
export const AMBISONIC_ORDER = 3;

export interface SceneSound {
  readonly order: number;
  readonly sources: readonly EncoderSource[];
  readonly medium: Medium;
  /** One stereo filter (left, right ear) for each Ambisonic channel. */
  readonly filters: readonly AudioBuffer[];
}

export const linear = (decibels: number): number => 10 ** (decibels / 20);

export async function loadSound(files: SceneFiles, onSound: () => void): Promise<SceneSound> {
  const scene = files.document;
  const loops = new Map<string, Promise<Float32Array>>();
  const loop = (path: string): Promise<Float32Array> => {
    const known = loops.get(path);
    if (known) return known;
    const decoding = decodeLoop(files, path);
    loops.set(path, decoding);
    return decoding;
  };
  const sources = await Promise.all(
    scene.sources.map(async (source): Promise<EncoderSource> => {
      const samples = await loop(source.sound);
      onSound();
      return { points: pointsOf(source), gain: linear(source.gain_db), samples };
    }),
  );
  return { order: AMBISONIC_ORDER, sources, medium: mediumOf(scene), filters: await loadFilters(files) };
}

function mediumOf(scene: SceneDocument): Medium {
  return {
    absorption: scene.acoustics.absorption_per_metre,
    minimumDistance: scene.acoustics.minimum_distance,
    listenerGain: linear(scene.listener.gain_db),
  };
}

function pointsOf(source: SourceDocument): Float64Array {
  if (source.kind === "ambient") return new Float64Array(0);
  if (source.kind === "area" && source.points?.length) return Float64Array.from(source.points.flat());
  if (!source.position) throw new Error(`${source.label} has no place`);
  return Float64Array.from(source.position);
}

async function decodeLoop(files: SceneFiles, path: string): Promise<Float32Array> {
  const bytes = await files.bytes(path);
  // The context only sets the rate to which the file is converted, where it has another.
  const decoder = new OfflineAudioContext(1, 1, SAMPLE_RATE);
  const buffer = await decoder.decodeAudioData(bytes.buffer).catch(() => {
    throw new Error(`${path}: this browser cannot decode the sound`);
  });
  const mono = new Float32Array(buffer.length);
  for (let channel = 0; channel < buffer.numberOfChannels; channel++) {
    const samples = buffer.getChannelData(channel);
    for (let i = 0; i < mono.length; i++) mono[i]! += samples[i]! / buffer.numberOfChannels;
  }
  return mono;
}

async function loadFilters(files: SceneFiles): Promise<AudioBuffer[]> {
  const hrir = await files.hrir(AMBISONIC_ORDER);
  const [ears, channels, taps] = hrir.shape;
  const values = new Float32Array(decodeBase64(hrir.data).buffer);
  if (ears !== 2 || values.length !== 2 * channels * taps || hrir.sample_rate !== SAMPLE_RATE) {
    throw new Error(`the head's filters are not what their description says (${hrir.shape} at ${hrir.sample_rate} Hz)`);
  }
  return Array.from({ length: channels }, (_, channel) => {
    const filter = new AudioBuffer({ length: taps, numberOfChannels: 2, sampleRate: SAMPLE_RATE });
    for (let ear = 0; ear < 2; ear++) {
      const start = (ear * channels + channel) * taps;
      filter.copyToChannel(values.slice(start, start + taps), ear);
    }
    return filter;
  });
}
