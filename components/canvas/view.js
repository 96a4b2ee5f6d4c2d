/* Where one looks: fitted once per graph, moved to a node that somebody points at, coarser from afar. */
import { useCallback, useEffect, useRef } from "react";
import { getViewportForBounds, useReactFlow } from "@xyflow/react";
import { HEIGHT, WIDTH } from "./metrics.js";

export const SMALLEST = 0.05;
const FAR = 0.45;
const FARTHER = 0.2;
const LEGIBLE = 0.5;
const START = 0.75;

export function useView(graph, nodes, focus, setNodes) {
  const flow = useReactFlow();
  const box = useRef(null);
  const fitted = useRef(null);
  const fit = () => fitAll(flow);

  useEffect(() => {
    if (fitted.current === graph.id || (nodes.length === 0 && graph.nodes.length > 0)) return;
    fitted.current = graph.id;
    if (nodes.length === 0) return;
    flow.setViewport(firstView(flow, nodes, box.current.querySelector(".wb-flow")));
  }, [graph.id, nodes]);

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

  const move = useCallback((_, { zoom }) => {
    box.current?.toggleAttribute("data-far", zoom < FAR);
    box.current?.toggleAttribute("data-farther", zoom < FARTHER);
  }, []);
  const settled = useCallback(() => box.current?.toggleAttribute("data-turn"), []);
  return { box, fit, move, settled };
}

/* React Flow's own fitView waits for all cells to be measured, and those off screen never are. */
export function fitAll(flow) {
  const nodes = flow.getNodes();
  const { clientWidth, clientHeight } = document.querySelector(".wb-flow");
  if (nodes.length === 0) return;
  flow.setViewport(getViewportForBounds(flow.getNodesBounds(nodes), clientWidth, clientHeight, SMALLEST, 1, 0.1), { duration: 160 });
}

/* A drawer that opens below leaves the middle in the middle; a panel that opens beside the canvas does not
 * cover the cell that it is about. */
function makeRoom(flow, width, taller) {
  const { x, y, zoom } = flow.getViewport();
  const chosen = flow.getNodes().filter((node) => node.selected);
  const right = chosen.length === 1 ? (chosen[0].position.x + WIDTH + 24) * zoom + x : 0;
  const left = Math.max(0, right - width);
  if (left || taller) flow.setViewport({ x: x - left, y: y + taller / 2, zoom }, { duration: 120 });
}

/* The whole graph where it can be read whole; otherwise the place where it begins. */
function firstView(flow, nodes, box) {
  const { clientWidth: width, clientHeight: height } = box;
  const whole = getViewportForBounds(flow.getNodesBounds(nodes), width, height, SMALLEST, 1, 0.1);
  if (whole.zoom >= LEGIBLE) return whole;
  const first = nodes.reduce((a, b) => (b.position.x < a.position.x ? b : a));
  return { x: 48 - first.position.x * START, y: height / 3 - first.position.y * START, zoom: START };
}
