import "./style.css";

import { openSceneFiles } from "./files";
import { Overlay } from "./ui/overlay";
import { readParameters } from "./parameters";
import { hasWebGl2 } from "./stage";
import { openViewer, type ViewerApi } from "./viewer";

declare global {
  interface Window {
    sonovista?: Partial<ViewerApi> & { readonly ready: Promise<void> };
  }
}

async function open(overlay: Overlay): Promise<ViewerApi> {
  const parameters = readParameters(window.location.search);
  document.body.classList.toggle("bare", !parameters.ui);
  if (!hasWebGl2()) {
    throw new Error("This browser has no WebGL 2, which the picture needs. Try a current browser, or allow hardware acceleration.");
  }
  return openViewer(await openSceneFiles(), parameters, overlay);
}

document.body.classList.add("before");
const overlay = new Overlay();
const opening = open(overlay);
const ready = opening.then((api) => {
  // With its getters, which Object.assign would freeze.
  Object.defineProperties(window.sonovista ?? {}, Object.getOwnPropertyDescriptors(api));
});
window.sonovista = { ready };
ready.catch((error: unknown) => {
  document.body.classList.remove("bare");
  overlay.fail(error instanceof Error ? error.message : String(error));
  console.error(error);
});
