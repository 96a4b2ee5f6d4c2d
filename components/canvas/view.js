/* Where one looks: fitted once when a graph opens, moved to a node that is pointed at, coarser from afar. */
import { useCallback, useEffect, useRef } from "react";
import { getViewportForBounds, useReactFlow } from "@xyflow/react";
import { absolute, homeOf, sizeOf } from "./frames.js";
import { WIDTH } from "./metrics.js";

const NARROW = window.matchMedia("(max-width: 720px)");
export const SMALLEST = 0.05;
const FAR = 0.45;
const FARTHER = 0.2;
const LEGIBLE = 0.65;
const START = 0.8;
const MARGIN = 24;
const ORIGIN = { x: 0, y: 0, zoom: 1 };
const DEEDS = ["pointerdown", "wheel", "keydown"];

export function useView(graph, nodes, focus, setNodes) {
  const flow = useReactFlow();
  const box = useRef(null);
  const fitted = useRef(null);
  const early = useRef(null);
  const opening = useRef(false); // fitted, and nobody has done anything since
  const fit = () => fitAll(flow);

  useEffect(() => {
    if (!graph.id || fitted.current === graph.id) return;
    const views = new Set(graph.nodes);
    if (nodes.length !== views.size || !nodes.every((node) => views.has(node.data))) return;
    fitted.current = graph.id; // an empty one too: its first cell stays where it is dropped
    opening.current = nodes.length > 0;
    flow.setViewport(opening.current ? firstView(nodes, box.current.querySelector(".wb-flow")) : ORIGIN);
    const about = early.current;
    early.current = null;
    if (!about || !nodes.some((node) => node.id === about)) return;
    setNodes((all) => all.map((node) => ({ ...node, selected: node.id === about })));
    requestAnimationFrame(() => bringIntoView(flow, about, box.current?.querySelector(".wb-flow")));
  }, [graph, nodes]);

  useEffect(() => {
    if (!focus?.n) return;
    const chosen = new Set(focus.ids);
    early.current = focus.ids.length === 1 && !flow.getNode(focus.ids[0]) ? focus.ids[0] : null; // not drawn yet
    setNodes((all) => all.map((node) => ({ ...node, selected: chosen.has(node.id) })));
    const node = focus.centre && flow.getNode(focus.ids[0]);
    if (!node) return;
    const { width, height } = sizeOf(node);
    const { x, y } = absolute(flow, node.id);
    const zoom = Math.max(flow.getZoom(), 0.8);
    flow.setCenter(x + width / 2, y + Math.min(height, 320) / 2, { zoom, duration: 160 });
  }, [focus?.n]);

  useEffect(() => {
    const stage = box.current.querySelector(".wb-flow");
    let height = stage.clientHeight;
    const observer = new ResizeObserver(() => {
      if (opening.current) fitAgain(flow, stage);
      else makeRoom(flow, stage, stage.clientHeight - height);
      height = stage.clientHeight;
    });
    observer.observe(stage);
    const done = () => (opening.current = false);
    for (const name of DEEDS) window.addEventListener(name, done, { capture: true, passive: true });
    return () => {
      observer.disconnect();
      for (const name of DEEDS) window.removeEventListener(name, done, { capture: true });
    };
  }, []);

  const chosen = nodes.filter((node) => node.selected);
  const only = chosen.length === 1 ? chosen[0] : null;
  useEffect(() => {
    if (only && NARROW.matches) lift(flow, only, box.current.querySelector(".wb-flow"));
  }, [only?.id]);

  const move = useCallback((_, { zoom }) => {
    box.current?.toggleAttribute("data-far", zoom < FAR);
    box.current?.toggleAttribute("data-farther", zoom < FARTHER);
  }, []);
  const settled = useCallback(() => box.current?.toggleAttribute("data-turn"), []);
  return { box, fit, move, settled };
}

/* React Flow's own fitView waits for all cells to be measured, and those off screen never are. `places` are
 * where cells are about to stand. */
export function fitAll(flow, places = {}) {
  const nodes = flow.getNodes().map((node) => ({ ...node, position: places[node.id] ?? node.position }));
  const { width, height } = roomIn(document.querySelector(".wb-flow"));
  if (nodes.length === 0) return;
  flow.setViewport(getViewportForBounds(boundsOf(nodes), width, height, SMALLEST, 1, 0.1), { duration: 160 });
}

/* What can be seen of the stage: on a phone the inspector is a sheet over its lower part. */
function roomIn(stage) {
  const { clientWidth: width, clientHeight: height } = stage;
  const sheet = NARROW.matches && document.querySelector('.wb-panel[data-side="right"]');
  const hidden = sheet?.offsetHeight ? stage.getBoundingClientRect().bottom - sheet.getBoundingClientRect().top : 0;
  return { width, height: Math.max(height / 4, height - hidden) };
}

/* Panels that belong to the page open after its first view was made: it is made anew beside them. */
function fitAgain(flow, stage) {
  const nodes = flow.getNodes();
  const chosen = nodes.filter((node) => node.selected);
  if (NARROW.matches && chosen.length === 1) return lift(flow, chosen[0], stage);
  flow.setViewport(firstView(nodes, stage));
  if (chosen.length === 1) bringIntoView(flow, chosen[0].id, stage);
}

/* A drawer that opens below leaves the middle in the middle; a panel that opens beside the canvas does not
 * cover the cell that it is about. */
function makeRoom(flow, stage, taller) {
  const { x, y, zoom } = flow.getViewport();
  const width = stage.clientWidth;
  const chosen = flow.getNodes().filter((node) => node.selected);
  if (NARROW.matches && chosen.length === 1) return lift(flow, chosen[0], stage); // its sheet is still there
  const right = chosen.length === 1 ? (absolute(flow, chosen[0].id).x + WIDTH + 24) * zoom + x : 0;
  const left = Math.max(0, right - width);
  const tops = flow.getNodes().map((node) => absolute(flow, node.id).y * zoom + y - MARGIN);
  const room = Math.min(Infinity, ...tops.filter((top) => top >= 0));
  const down = Math.max(taller / 2, -room); // the highest cell in view stays in view
  if (left || down) flow.setViewport({ x: x - left, y: y + down, zoom }, { duration: 120 });
}

/* A run opens at the cell that failed or waits: the first view moves only as far as that cell is outside of it. */
function bringIntoView(flow, id, stage) {
  const node = flow.getNode(id);
  if (!node || !stage || NARROW.matches) return;
  const { x, y, zoom } = flow.getViewport();
  const at = absolute(flow, id);
  const { width, height } = sizeOf(node);
  const [left, top] = [at.x * zoom + x, at.y * zoom + y];
  const right = shift(left, width * zoom, stage.clientWidth);
  const down = shift(top, height * zoom, stage.clientHeight);
  if (right || down) flow.setViewport({ x: x + right, y: y + down, zoom });
}

/* How far what begins at `from` moves so that it stands within 0 and `room`; its beginning, if it is too long. */
function shift(from, length, room) {
  if (from >= 0 && from + length <= room) return 0;
  return from < 0 || length + 2 * MARGIN > room ? MARGIN - from : room - MARGIN - length - from;
}

/* On a phone the inspector is a sheet over the lower part: the cell it is about moves above it. */
function lift(flow, node, { clientWidth, clientHeight }) {
  const { zoom } = flow.getViewport();
  const at = absolute(flow, node.id);
  const x = clientWidth / 2 - (at.x + WIDTH / 2) * zoom;
  flow.setViewport({ x, y: clientHeight * 0.08 - at.y * zoom, zoom }, { duration: 160 });
}

/* The whole graph where it can be read whole; otherwise the place where it begins, from top to bottom if
 * that can be read, at the height of the first cell if not. */
function firstView(nodes, stage) {
  const { width, height } = roomIn(stage);
  const bounds = boundsOf(nodes);
  const whole = getViewportForBounds(bounds, width, height, SMALLEST, 1, 0.06);
  if (whole.zoom >= LEGIBLE) return whole;
  const zoom = Math.min(START, Math.max(LEGIBLE, (height * 0.9) / bounds.height));
  const first = nodes.filter((node) => !homeOf(node)).reduce((a, b) => (b.position.x < a.position.x ? b : a));
  const fits = bounds.height * zoom <= height;
  const y = fits ? (height - bounds.height * zoom) / 2 - bounds.y * zoom : height / 3 - first.position.y * zoom;
  return { x: 48 - first.position.x * zoom, y, zoom };
}

/* React Flow's getNodesBounds reads the places that it knows of itself, which may be those from before.
 * Bodies stand within their containers, so that the outermost nodes are enough. */
function boundsOf(nodes) {
  const boxes = nodes.filter((node) => !homeOf(node)).map((node) => ({ ...node.position, ...sizeOf(node) }));
  const left = Math.min(...boxes.map((box) => box.x));
  const top = Math.min(...boxes.map((box) => box.y));
  const right = Math.max(...boxes.map((box) => box.x + box.width));
  const bottom = Math.max(...boxes.map((box) => box.y + box.height));
  return { x: left, y: top, width: right - left, height: bottom - top };
}
