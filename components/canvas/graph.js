/* From the server's graph to React Flow's nodes and edges, and the few questions that drawing asks of it. */
import { homeOf, inOrder } from "./frames.js";
import { FRAME, HANDLE, HEIGHT, WIDTH, portY } from "./metrics.js";

/* The ports of a cell: its type's, but for the outputs that its own settings make. */
export const portsOf = (view, types) => ({
  inputs: types[view.type]?.inputs ?? [],
  outputs: view.outputs?.length ? view.outputs : (types[view.type]?.outputs ?? []),
});

/* The views as nodes, a container before what stands in it, as React Flow asks. */
export const toNodes = (views, make) => {
  const ids = new Set(views.map((view) => view.id));
  const nodes = views.map(make);
  return inOrder(nodes.map((node) => (node.parentId && !ids.has(node.parentId) ? { ...node, parentId: undefined } : node)));
};

export function toNode(view, types, old) {
  const position = { x: view.x, y: view.y };
  if (old && sameData(old.data, view) && homeOf(old) === view.parent) {
    return old.position.x === view.x && old.position.y === view.y ? old : { ...old, data: view, position };
  }
  const container = types[view.type]?.container ?? false;
  const handles = handlesOf(portsOf(view, types), old?.width ?? (container ? FRAME.width : WIDTH));
  const data = { parentId: view.parent || undefined, data: view, position, handles };
  if (old && old.data.type === view.type) return { ...old, ...data };
  return {
    id: view.id,
    type: container ? "container" : view.type === "note" ? "note" : "cell",
    ...data,
    ...(container ? { zIndex: -1, width: FRAME.width, height: FRAME.height } : { initialWidth: WIDTH, initialHeight: HEIGHT }),
    ariaLabel: `${view.title}, ${types[view.type]?.title ?? view.type}`,
  };
}

const sameData = (a, b) =>
  a.type === b.type &&
  a.parent === b.parent &&
  a.empty === b.empty &&
  a.width === b.width &&
  a.height === b.height &&
  a.title === b.title &&
  a.summary === b.summary &&
  JSON.stringify(a.outputs) === JSON.stringify(b.outputs);

/* Handles by number rather than by measuring: cells that are off screen are never drawn. */
export function handlesOf(ports, width) {
  const at = (kind, position, x) => (port, index) => ({
    id: port.name,
    type: kind,
    position,
    x,
    y: portY(index) - HANDLE / 2,
    width: HANDLE,
    height: HANDLE,
  });
  return [
    ...ports.inputs.map(at("target", "left", -HANDLE / 2)),
    ...ports.outputs.map(at("source", "right", width - HANDLE / 2)),
  ];
}

export function toEdge(view, old) {
  if (old && old.id === view.id) return old;
  return {
    id: view.id,
    source: view.source,
    target: view.target,
    sourceHandle: view.implied ? null : view.source_port,
    targetHandle: view.implied ? null : view.target_port,
    type: "wire",
    data: { implied: view.implied },
    ...(view.implied ? { selectable: false, deletable: false, focusable: false } : {}),
  };
}

export const edgeId = (edge) =>
  `${edge.source}.${edge.sourceHandle ?? "out"}>${edge.target}.${edge.targetHandle ?? "in"}`;

export const edgeReport = (edge) => ({
  source: edge.source,
  source_port: edge.sourceHandle ?? "out",
  target: edge.target,
  target_port: edge.targetHandle ?? "in",
});

/* The nodes a connection from (or to) `id` must not end at: itself, all that would close a circle, and
 * all that stand in another container. */
export function forbiddenFor(id, nodes, edges, side) {
  const next = new Map();
  const [from, to] = side === "source" ? ["target", "source"] : ["source", "target"];
  for (const edge of edges) next.set(edge[from], [...(next.get(edge[from]) ?? []), edge[to]]);
  const home = homeOf(nodes.find((node) => node.id === id));
  const seen = new Set([id]);
  const open = [id];
  while (open.length > 0) {
    for (const neighbour of next.get(open.pop()) ?? []) {
      if (seen.has(neighbour)) continue;
      seen.add(neighbour);
      open.push(neighbour);
    }
  }
  for (const node of nodes) if (homeOf(node) !== home) seen.add(node.id);
  return seen;
}
