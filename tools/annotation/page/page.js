// Boxes are in tenths of the photo's width and height, as the files have them.
const TENTHS = 10;
const SMALLEST = 0.1; // tenths; less is a click, which chooses the mark below it
const $ = (id) => document.getElementById(id);

const state = {
  photos: [],
  words: { classes: [], things: [] },
  name: null,
  mode: "regions",
  class: null,
  chosen: -1, // stroke or thing
  drag: null,
  annotation: null,
  undo: [],
  saving: Promise.resolve(),
};

const colourOf = (number, of) => `hsl(${Math.round((360 * number) / of)} 70% 40%)`;
const address = (name) => `/api/photos/${name.split("/").map(encodeURIComponent).join("/")}`;

function say(text, wrong = false) {
  $("state").textContent = text;
  $("state").classList.toggle("wrong", wrong);
}

async function answer(url, options) {
  const response = await fetch(url, options);
  if (!response.ok) throw new Error(await response.text());
  return response.json();
}

// Saves follow one another, so that the last one drawn is the last one written.
function save() {
  const { name, annotation } = state;
  const body = JSON.stringify(annotation);
  state.saving = state.saving.then(async () => {
    try {
      await answer(address(name), { method: "PUT", body, headers: { "content-type": "application/json" } });
      const row = state.photos.find((photo) => photo.name === name);
      const saved = JSON.parse(body);
      [row.strokes, row.things] = [saved.strokes.length, saved.things.length];
      say(`${name}: saved`);
      listPhotos();
    } catch (error) {
      say(`${name}: not saved: ${error.message}`, true);
    }
  });
}

function change(edit) {
  state.undo.push(JSON.stringify(state.annotation));
  edit(state.annotation);
  show();
  save();
}

async function open(name) {
  await state.saving;
  state.annotation = await answer(address(name));
  Object.assign(state, { name, chosen: -1, drag: null, undo: [] });
  $("photo").src = `${address(name)}/picture`;
  $("photo").alt = name;
  await $("photo").decode();
  say(name);
  listPhotos();
  show();
}

function listPhotos() {
  const wanted = $("filter").value.toLowerCase();
  const rows = state.photos.filter(({ name }) => name.toLowerCase().includes(wanted));
  $("photos").replaceChildren(
    ...rows.map((photo) => {
      const row = document.createElement("li");
      row.textContent = photo.name;
      const count = document.createElement("span");
      count.textContent = `${photo.strokes} / ${photo.things}`;
      count.title = "strokes / sounding things";
      row.append(count);
      row.setAttribute("aria-current", String(photo.name === state.name));
      row.onclick = () => open(photo.name);
      return row;
    }),
  );
}

function item(text, number, remove) {
  const row = document.createElement("li");
  row.textContent = text;
  row.setAttribute("aria-current", String(number === state.chosen));
  row.onclick = () => {
    state.chosen = number;
    show();
  };
  const button = document.createElement("button");
  button.textContent = "Remove";
  button.onclick = (event) => {
    event.stopPropagation();
    remove(number);
  };
  row.append(button);
  return row;
}

function remove(number) {
  if (number < 0) return;
  state.chosen = -1;
  change((annotation) => annotation[state.mode === "regions" ? "strokes" : "things"].splice(number, 1));
}

// Boxes of the present mode: [left, top, right, bottom, words, colour, number of the stroke or thing].
function boxes() {
  const { annotation, words } = state;
  if (annotation === null) return [];
  if (state.mode === "regions")
    return annotation.strokes.map(([kind, ...box], number) => {
      const colour = colourOf(words.classes.indexOf(kind), words.classes.length);
      return [...box, kind, colour, number];
    });
  return annotation.things.flatMap(({ name, where }, number) =>
    where.map((box) => [...box, name, colourOf(number, annotation.things.length), number]),
  );
}

function draw() {
  const canvas = $("marks");
  const [width, height] = [$("photo").clientWidth, $("photo").clientHeight];
  [canvas.width, canvas.height] = [width, height];
  const context = canvas.getContext("2d");
  context.font = "bold 13px system-ui";
  const drawn = state.drag === null ? boxes() : [...boxes(), [...state.drag, "", "#fff", -2]];
  for (const [left, top, right, bottom, text, colour, number] of drawn) {
    const at = [(left * width) / TENTHS, (top * height) / TENTHS];
    context.strokeStyle = context.fillStyle = colour;
    context.lineWidth = number === state.chosen ? 4 : 2;
    context.strokeRect(...at, ((right - left) * width) / TENTHS, ((bottom - top) * height) / TENTHS);
    context.lineWidth = 3;
    context.strokeStyle = "#fff";
    context.strokeText(text, at[0] + 4, at[1] + 15);
    context.fillText(text, at[0] + 4, at[1] + 15);
  }
}

function show() {
  const { annotation, words } = state;
  const regions = state.mode === "regions";
  $("regions").hidden = !regions;
  $("things-panel").hidden = regions;
  $("tab-regions").setAttribute("aria-selected", String(regions));
  $("tab-things").setAttribute("aria-selected", String(!regions));
  $("classes").replaceChildren(
    ...words.classes.map((name, number) => {
      const button = document.createElement("button");
      button.textContent = name;
      button.style.setProperty("--colour", colourOf(number, words.classes.length));
      button.setAttribute("aria-pressed", String(name === state.class));
      button.onclick = () => {
        state.class = name;
        show();
      };
      return button;
    }),
  );
  if (annotation === null) return;
  $("indoor").checked = annotation.indoor;
  $("strokes").replaceChildren(
    ...annotation.strokes.map(([kind, ...box], number) => item(`${kind}  ${box.join(" ")}`, number, remove)),
  );
  $("things").replaceChildren(
    ...annotation.things.map((thing, number) => {
      const places = thing.kind === "ambient" ? "" : `, ${thing.where.length} boxes`;
      return item(`${thing.name} (${thing.kind}${thing.certain ? "" : ", maybe"}${places})`, number, remove);
    }),
  );
  draw();
}

function place(event) {
  const { left, top, width, height } = $("marks").getBoundingClientRect();
  const clamped = (value) => Math.min(TENTHS, Math.max(0, value));
  return [clamped(((event.clientX - left) * TENTHS) / width), clamped(((event.clientY - top) * TENTHS) / height)];
}

const hundredths = (value) => Math.round(value * 100) / 100;

function sorted([x0, y0, x1, y1]) {
  return [Math.min(x0, x1), Math.min(y0, y1), Math.max(x0, x1), Math.max(y0, y1)].map(hundredths);
}

function finish(box) {
  if (box[2] - box[0] < SMALLEST || box[3] - box[1] < SMALLEST) {
    const inside = boxes().filter(([l, t, r, b]) => l <= box[0] && box[0] <= r && t <= box[1] && box[1] <= b);
    state.chosen = inside.length > 0 ? inside.at(-1)[6] : -1;
    show();
  } else if (state.mode === "regions") {
    if (state.class === null) say("Choose what it is first.", true);
    else change((annotation) => annotation.strokes.push([state.class, ...box]));
  } else {
    const thing = state.annotation.things[state.chosen];
    if (thing === undefined) say("Add or choose what sounds first.", true);
    else if (thing.kind === "ambient") say("Ambience is everywhere: it has no box.", true);
    else change((annotation) => annotation.things[state.chosen].where.push(box));
  }
}

function listen() {
  const canvas = $("marks");
  canvas.onpointerdown = (event) => {
    if (state.annotation === null) return;
    canvas.setPointerCapture(event.pointerId);
    state.drag = [...place(event), ...place(event)];
  };
  canvas.onpointermove = (event) => {
    if (state.drag === null) return;
    state.drag.splice(2, 2, ...place(event));
    draw();
  };
  canvas.onpointerup = () => {
    if (state.drag === null) return;
    const box = sorted(state.drag);
    state.drag = null;
    finish(box);
    draw();
  };
  const turn = (mode) => {
    Object.assign(state, { mode, chosen: -1 });
    show();
  };
  $("tab-regions").onclick = () => turn("regions");
  $("tab-things").onclick = () => turn("things");
  $("filter").oninput = listPhotos;
  $("indoor").onchange = () => state.annotation && change((annotation) => (annotation.indoor = $("indoor").checked));
  $("thing-name").onchange = () => {
    const known = state.words.things.find(({ name, label }) => [name, label].includes($("thing-name").value));
    if (known !== undefined) $("thing-kind").value = known.kind;
  };
  $("add").onsubmit = (event) => {
    event.preventDefault();
    if (state.annotation === null) return;
    const known = state.words.things.find(({ name, label }) => [name, label].includes($("thing-name").value.trim()));
    if (known === undefined) return say(`${$("thing-name").value}: not in the ontology`, true);
    state.chosen = state.annotation.things.length;
    const [kind, certain] = [$("thing-kind").value, $("thing-certain").checked];
    change((annotation) => annotation.things.push({ name: known.name, kind, certain, where: [] }));
    $("thing-name").value = "";
  };
  window.onresize = draw;
  window.onkeydown = (event) => {
    if (event.target.matches("input, select") && event.key !== "Escape") return;
    const at = state.photos.findIndex(({ name }) => name === state.name);
    if (event.key === "Delete" || event.key === "Backspace") remove(state.chosen);
    else if (event.key === "z" && (event.ctrlKey || event.metaKey) && state.undo.length > 0) {
      state.annotation = JSON.parse(state.undo.pop());
      state.chosen = -1;
      show();
      save();
    } else if (event.key === "n" && at + 1 < state.photos.length) open(state.photos[at + 1].name);
    else if (event.key === "p" && at > 0) open(state.photos[at - 1].name);
    else if (event.key === "r") turn("regions");
    else if (event.key === "s") turn("things");
    else return;
    event.preventDefault();
  };
}

[state.words, state.photos] = await Promise.all([answer("/api/words"), answer("/api/photos")]);
$("ontology").replaceChildren(
  ...state.words.things.map(({ name, label }) => new Option(label === name ? "" : label, name)),
);
listen();
listPhotos();
show();
