/** What comes from everywhere, as two ears hear it: `sonovista.render.ambience`. */
/**
 * A loop through two filters of a diffuse field, around its end: one loop for each ear, made once, so that an ambience
 * costs no convolution while it plays.
 *
 * @param ahead samples of the filtered sound that are skipped, since the filters' time zero lies that late.
 */
export async function diffuseLoops(
  loop: Float32Array<ArrayBuffer>,
  filters: AudioBuffer,
  ahead: number,
): Promise<Float32Array[]> {
  const { length } = loop;
  if (length === 0) return [loop, loop];
  const before = filters.length - 1; // samples after which the filters hear nothing but the loop
  const unrolled = new Float32Array(before + length);
  for (let end = before; end > 0; end -= length) {
    const part = loop.subarray(Math.max(0, length - end));
    unrolled.set(part, end - part.length);
  }
  unrolled.set(loop, before);
  const context = new OfflineAudioContext(2, unrolled.length, filters.sampleRate);
  const buffer = context.createBuffer(1, unrolled.length, filters.sampleRate);
  buffer.copyToChannel(unrolled, 0);
  const source = new AudioBufferSourceNode(context, { buffer });
  source.connect(new ConvolverNode(context, { buffer: filters, disableNormalization: true })).connect(context.destination);
  source.start();
  const ears = await context.startRendering();
  return [0, 1].map((ear) => turned(ears.getChannelData(ear).subarray(before), ahead));
}

/** A loop that begins so many samples later. */
function turned(loop: Float32Array, samples: number): Float32Array {
  const start = samples % loop.length;
  const result = new Float32Array(loop.length);
  result.set(loop.subarray(start));
  result.set(loop.subarray(0, start), loop.length - start);
  return result;
}
