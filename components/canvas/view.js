/* Where one looks: fitted once when a graph opens, moved to a node that is pointed at, coarser from afar. */
import { useCallback, useEffect, useRef } from "react";
import { getViewportForBounds, useReactFlow } from "@xyflow/react";
import { HEIGHT, WIDTH } from "./metrics.js";

const NARROW = window.matchMedia("(max-width: 720px)");
export const SMALLEST = 0.05;
const FAR = 0.45;
const FARTHER = 0.2;
const LEGIBLE = 0.3;
const START = 0.75;
const MARGIN = 24;
const ORIGIN = { x: 0, y: 0, zoom: 1 };

export function useView(graph, nodes, focus, setNodes) {
  const flow = useReactFlow();
  const box = useRef(null);
  const fitted = useRef(null);
  const fit = () => fitAll(flow);

  useEffect(() => {
    const drawn = nodes.length === graph.nodes.length && nodes[0]?.data === graph.nodes[0];
    if (!graph.id || !drawn || fitted.current === graph.id) return;
    fitted.current = graph.id; // an empty one too: its first cell stays where it is dropped
    flow.setViewport(nodes.length > 0 ? firstView(flow, nodes, box.current.querySelector(".wb-flow")) : ORIGIN);
  }, [graph, nodes]);

  useEffect(() => {
    if (!focus?.n) return;
    const chosen = new Set(focus.ids);
    setNodes((all) => all.map((node) => ({ ...node, selected: chosen.has(node.id) })));
    const node = focus.centre && flow.getNode(focus.ids[0]);
    if (!node) return;
    const { width = WIDTH, height = HEIGHT } = node.measured ?? {};
    flow.setCenter(node.position.x + width / 2, node.position.y + height / 2, { zoom: Math.max(flow.getZoom(), 0.8), duration: 160 });
  }, [focus?.n]);

  useEffect(() => {
    const stage = box.current.querySelector(".wb-flow");
    let height = stage.clientHeight;
    const observer = new ResizeObserver(() => {
      makeRoom(flow, stage.clientWidth, stage.clientHeight - height);
      height = stage.clientHeight;
    });
    observer.observe(stage);
    return () => observer.disconnect();
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
  const { clientWidth, clientHeight } = document.querySelector(".wb-flow");
  if (nodes.length === 0) return;
  flow.setViewport(getViewportForBounds(boundsOf(nodes), clientWidth, clientHeight, SMALLEST, 1, 0.1), { duration: 160 });
}

/* A drawer that opens below leaves the middle in the middle; a panel that opens beside the canvas does not
 * cover the cell that it is about. */
function makeRoom(flow, width, taller) {
  const { x, y, zoom } = flow.getViewport();
  const chosen = flow.getNodes().filter((node) => node.selected);
  const right = chosen.length === 1 ? (chosen[0].position.x + WIDTH + 24) * zoom + x : 0;
  const left = Math.max(0, right - width);
  const tops = flow.getNodes().map((node) => node.position.y * zoom + y - MARGIN);
  const room = Math.min(Infinity, ...tops.filter((top) => top >= 0));
  const down = Math.max(taller / 2, -room); // the highest cell in view stays in view
  if (left || down) flow.setViewport({ x: x - left, y: y + down, zoom }, { duration: 120 });
}

/* On a phone the inspector is a sheet over the lower part: the cell it is about moves above it. */
function lift(flow, node, { clientWidth, clientHeight }) {
  const { zoom } = flow.getViewport();
  const x = clientWidth / 2 - (node.position.x + WIDTH / 2) * zoom;
  flow.setViewport({ x, y: clientHeight * 0.08 - node.position.y * zoom, zoom }, { duration: 160 });
}

/* The whole graph where it can be read whole; otherwise the place where it begins. */
function firstView(flow, nodes, box) {
  const { clientWidth: width, clientHeight: height } = box;
  const whole = getViewportForBounds(boundsOf(nodes), width, height, SMALLEST, 1, 0.06);
  if (whole.zoom >= LEGIBLE) return whole;
  const first = nodes.reduce((a, b) => (b.position.x < a.position.x ? b : a));
  return { x: 48 - first.position.x * START, y: height / 3 - first.position.y * START, zoom: START };
}

/* React Flow's getNodesBounds reads the places that it knows of itself, which may be those from before. */
function boundsOf(nodes) {
  const left = Math.min(...nodes.map((node) => node.position.x));
  const top = Math.min(...nodes.map((node) => node.position.y));
  const right = Math.max(...nodes.map((node) => node.position.x + (node.measured?.width ?? WIDTH)));
  const bottom = Math.max(...nodes.map((node) => node.position.y + (node.measured?.height ?? HEIGHT)));
  return { x: left, y: top, width: right - left, height: bottom - top };
}
