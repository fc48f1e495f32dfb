/** Sounds and filters, decoded. */
import type { AcousticsDocument, ArrayDocument, SceneDocument, SourceDocument } from "../document";
import { decodeArray, decodeBase64, type SceneFiles } from "../files";
import { radians } from "../frames";
import type { Delay, Medium, Occlusion } from "./acoustics";
import { diffuseLoops } from "./ambience";
import { pathOf } from "./source-motion";
import type { EncoderSource } from "./voice";

export const SAMPLE_RATE = 48_000;
export const AMBISONIC_ORDER = 3;

export interface SceneSound {
  readonly order: number;
  readonly sources: readonly EncoderSource[];
  readonly medium: Medium;
  /** One stereo filter (left, right ear) for each Ambisonic channel. */
  readonly filters: readonly AudioBuffer[];
  /** From what the sources emit to the ears by way of the room; none in the open. */
  readonly tail?: AudioBuffer;
  /** Seconds for 60 dB at middle frequencies, of the room. */
  readonly reverberationTime?: number;
}

export const linear = (decibels: number): number => 10 ** (decibels / 20);

export async function loadSound(files: SceneFiles, onSound: () => void): Promise<SceneSound> {
  const scene = files.document;
  const asked = files.acoustics();
  const loops = new Map<string, Promise<Float32Array<ArrayBuffer>>>();
  const loop = (path: string): Promise<Float32Array<ArrayBuffer>> => {
    const known = loops.get(path);
    if (known) return known;
    const decoding = decodeLoop(files, path);
    loops.set(path, decoding);
    return decoding;
  };
  const load = async (source: SourceDocument): Promise<EncoderSource> => {
    const samples = await loop(source.sound);
    const { ambience } = await asked;
    const diffuse = source.kind === "ambient" && ambience;
    const path = pathOf(source);
    onSound();
    return {
      points: pointsOf(source),
      gain: linear(source.gain_db),
      loops: diffuse ? await diffuseLoops(samples, stereo(ambience.filters), ambience.ahead) : [samples],
      ...(path ? { path } : {}),
    };
  };
  const [sources, filters, acoustics] = await Promise.all([
    Promise.all(scene.sources.map(load)),
    loadFilters(files),
    asked,
  ]);
  return {
    order: AMBISONIC_ORDER,
    sources,
    medium: mediumOf(scene, acoustics),
    filters,
    ...(acoustics.room ? { tail: stereo(acoustics.room.tail), reverberationTime: acoustics.room.reverberation_time_s } : {}),
  };
}

function mediumOf(scene: SceneDocument, { air, delay, occlusion, room }: AcousticsDocument): Medium {
  return {
    // Air that absorbs by frequency stands in place of the broadband law.
    absorption: air ? 0 : scene.acoustics.absorption_per_metre,
    minimumDistance: scene.acoustics.minimum_distance,
    listenerGain: linear(scene.listener.gain_db),
    ...(air ? { air: { table: decodeArray(air.table), near: air.near, farthest: air.farthest } } : {}),
    ...(delay ? { delay: delayOf(delay) } : {}),
    ...(occlusion ? { occlusion: occlusionOf(occlusion) } : {}),
    ...(room ? { room: { centre: room.centre, size: room.size, yaw: radians(room.yaw_deg) } } : {}),
  };
}

function delayOf(delay: NonNullable<AcousticsDocument["delay"]>): Delay {
  return {
    samplesPerMetre: delay.samples_per_metre,
    fastestChange: delay.fastest_change,
    interpolator: decodeArray(delay.interpolator),
    taps: delay.interpolator.shape[1] ?? 0,
  };
}

function occlusionOf(occlusion: NonNullable<AcousticsDocument["occlusion"]>): Occlusion {
  const [, nx = 0, ny = 0, nz = 0] = occlusion.values.shape;
  return {
    origin: occlusion.origin,
    spacing: occlusion.spacing,
    shape: [nx, ny, nz],
    values: decodeArray(occlusion.values),
    hiddenGain: occlusion.hidden_gain,
    hiddenCutoffHz: occlusion.hidden_cutoff_hz,
    openCutoffHz: occlusion.open_cutoff_hz,
  };
}

/** Two filters, for the left and the right ear. */
function stereo(filters: ArrayDocument): AudioBuffer {
  const length = filters.shape[1] ?? 0;
  const values = decodeArray(filters);
  const buffer = new AudioBuffer({ length, numberOfChannels: 2, sampleRate: SAMPLE_RATE });
  for (let ear = 0; ear < 2; ear++) buffer.copyToChannel(values.subarray(ear * length, (ear + 1) * length), ear);
  return buffer;
}

function pointsOf(source: SourceDocument): Float64Array {
  if (source.kind === "ambient") return new Float64Array(0);
  if (source.kind === "area" && source.points?.length) return Float64Array.from(source.points.flat());
  if (!source.position) throw new Error(`${source.label} has no place`);
  return Float64Array.from(source.position);
}

async function decodeLoop(files: SceneFiles, path: string): Promise<Float32Array<ArrayBuffer>> {
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
