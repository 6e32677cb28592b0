// The labs of a page: a slider moves, and the picture for its position is shown. All pictures were drawn in Python.
"use strict";

const WORDS = ["", "", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"];

async function unpacked(text) {
  const bytes = Uint8Array.from(atob(text), letter => letter.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate-raw"));
  return new Response(stream).json();
}

// How far off a prediction was, in the words of the notebook's picture.
function verdict(said, took) {
  if (Math.abs(said - took) <= 0.1 * took) return "right";
  const ratio = Math.max(said, took) / Math.min(said, took), whole = Math.round(ratio);
  const times = whole < WORDS.length && Math.abs(ratio - whole) < 0.1 ? WORDS[whole]
    : whole < WORDS.length ? ratio.toFixed(1) : whole.toLocaleString("en");
  const distance = !Number.isFinite(ratio) ? "far"
    : ratio < 1.75 ? `${Math.round(Math.abs(said - took) / took * 100)}%` : `${times} times`;
  return `${distance} too ${said < took ? "short" : "long"}`;
}

function setUp(figure) {
  const controls = [...figure.querySelectorAll(".control")], picture = figure.querySelector(".picture");
  const field = figure.querySelector(".prediction");
  const numbers = () => controls.map(each => (each.type === "checkbox" ? Number(each.checked) : Number(each.value)));
  const picked = places => data.pictures[places.reduce((sum, each, n) => sum * data.sizes[n] + each, 0)];
  const start = numbers();
  let loading, data, shown, before;
  const load = () => loading ??= unpacked(figure.querySelector("script").textContent).then(found => {
    data = found;
    shown = picked(start);
  });
  const text = parts => parts.map(part => data.parts[part]).join("");

  // Move a marker that Python drew at 0 s to its time; beyond the end of the axis, show only its label.
  function mark(name, time, words) {
    const { left, right } = data.plot, beyond = time > shown.axis;
    const x = left + (right - left) * Math.min(1, time / shown.axis);
    const group = document.createElementNS("http://www.w3.org/2000/svg", "g");
    group.innerHTML = text(shown.markers[name]);
    group.setAttribute("transform", `translate(${x - left})`);
    group.querySelectorAll("path").forEach(line => beyond && line.remove());
    const label = group.querySelector("text");
    label.textContent = `${name} ${words}${beyond ? " →" : ""}`;
    if (x > (left + right) / 2) {
      label.setAttribute("x", left - 5);
      label.setAttribute("text-anchor", "end");
    }
    picture.firstElementChild.append(group);
  }

  function draw() {
    picture.innerHTML = text(shown.svg);
    if (before) mark("before:", before.time, before.said);
    if (!field) return;
    const said = Number(field.value), given = `${Number(said.toFixed(3))} s`;
    figure.querySelector(".verdict").textContent = said > 0 ? `you said ${given}: ${verdict(said, shown.time)}` : "";
    if (said > 0) mark("you said", said, given);
  }

  async function move() {
    for (const control of controls.filter(each => each.type === "range")) {
      const value = JSON.parse(control.dataset.values)[control.value];
      control.nextElementSibling.textContent = value;
      control.setAttribute("aria-valuetext", value);
    }
    if (!data) await load();
    const next = picked(numbers());
    if (next !== shown) [before, shown] = [shown, next];
    draw();
  }

  controls.forEach(control => control.addEventListener("input", move));
  field?.addEventListener("input", () => load().then(draw));
  (window.requestIdleCallback ?? setTimeout)(load);
}

document.querySelectorAll("figure.lab").forEach(setUp);

// Let the keyboard scroll everything that is too wide.
const letScroll = () => document.querySelectorAll("pre, .picture, table").forEach(each => {
  each.tabIndex = each.scrollWidth > each.clientWidth ? 0 : -1;
});
addEventListener("resize", letScroll);
letScroll();
