/** Where a scene's files come from: the server, or the page itself when it was exported. */
import type { AcousticsDocument, ArrayDocument, EmbeddedScene, HrirDocument, SceneDocument } from "./document";

export type Progress = (loaded: number, total: number) => void;

export interface SceneFiles {
  readonly document: SceneDocument;
  hrir(order: number): Promise<HrirDocument>;
  acoustics(): Promise<AcousticsDocument>;
  bytes(path: string, onProgress?: Progress): Promise<Uint8Array<ArrayBuffer>>;
}

export async function openSceneFiles(): Promise<SceneFiles> {
  const embedded = document.getElementById("sonovista-scene");
  if (embedded) return embeddedFiles(embedded);
  const scene = (await (await get("api/scene")).json()) as SceneDocument;
  return {
    document: scene,
    hrir: async (order) => (await (await get(`api/hrir/${order}`)).json()) as HrirDocument,
    acoustics: async () => (await (await get("api/acoustics")).json()) as AcousticsDocument,
    bytes: async (path, onProgress) => {
      const encoded = path.split("/").map(encodeURIComponent).join("/");
      return readAll(await get(`scene/${encoded}`), onProgress);
    },
  };
}

async function get(url: string): Promise<Response> {
  const response = await fetch(url);
  if (response.ok) return response;
  const reason = await response.text().catch(() => "");
  throw new Error(`${url}: ${reason || response.statusText || response.status}`);
}

async function readAll(response: Response, onProgress?: Progress): Promise<Uint8Array<ArrayBuffer>> {
  const total = Number(response.headers.get("content-length") ?? 0);
  if (!response.body || !total || !onProgress) return new Uint8Array(await response.arrayBuffer());
  const bytes = new Uint8Array(total);
  const reader = response.body.getReader();
  let loaded = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    if (loaded + value.length > total) throw new Error(`${response.url}: longer than the server said`);
    bytes.set(value, loaded);
    loaded += value.length;
    onProgress(loaded, total);
  }
  if (loaded !== total) throw new Error(`${response.url}: ended after ${loaded} of ${total} bytes`);
  return bytes;
}

/** Large files lie in elements of their own, so that no script has to parse them. */
function embeddedFiles(element: HTMLElement): SceneFiles {
  const embedded = JSON.parse(element.textContent ?? "") as EmbeddedScene;
  return {
    document: embedded.scene,
    hrir: (order) =>
      order === embedded.hrir.order
        ? Promise.resolve(embedded.hrir)
        : Promise.reject(new Error(`this page carries filters of order ${embedded.hrir.order} only`)),
    acoustics: () => Promise.resolve(embedded.acoustics),
    bytes: async (path, onProgress) => {
      const name = embedded.files[path];
      const holder = name === undefined ? null : document.getElementById(name);
      if (!holder) throw new Error(`${path} is not part of this page`);
      const bytes = decodeBase64(holder.textContent ?? "");
      onProgress?.(bytes.length, bytes.length);
      return bytes;
    },
  };
}

export function decodeBase64(text: string): Uint8Array<ArrayBuffer> {
  const clean = text.trim();
  const padding = clean.endsWith("==") ? 2 : clean.endsWith("=") ? 1 : 0;
  const bytes = new Uint8Array((clean.length / 4) * 3 - padding);
  const piece = 1 << 20; // a multiple of 4: each piece decodes on its own
  for (let from = 0, at = 0; from < clean.length; from += piece) {
    const binary = atob(clean.slice(from, from + piece));
    for (let i = 0; i < binary.length; i++) bytes[at++] = binary.charCodeAt(i);
  }
  return bytes;
}

/** An array's values: as they are where they are float32, from 0 to 1 where they are unsigned. */
export function decodeArray({ shape, dtype, data }: ArrayDocument): Float32Array<ArrayBuffer> {
  const { buffer } = decodeBase64(data);
  const values =
    dtype === "float32" ? new Float32Array(buffer) : Float32Array.from(new Uint16Array(buffer), (value) => value / 65535);
  const count = shape.reduce((product, extent) => product * extent, 1);
  if (values.length !== count) throw new Error(`expected ${count} values of the scene's acoustics, found ${values.length}`);
  return values;
}
