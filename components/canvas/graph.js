/* From the server's graph to React Flow's nodes and edges, and the few questions that drawing asks of it. */
import { GAP, HANDLE, HEIGHT, RESERVED, WIDTH, portY } from "./metrics.js";

/* The ports of a cell: its type's, but for the outputs that its own settings make. */
export const portsOf = (view, types) => ({
  inputs: types[view.type]?.inputs ?? [],
  outputs: view.outputs?.length ? view.outputs : (types[view.type]?.outputs ?? []),
});

export function toNode(view, types, old) {
  const position = { x: view.x, y: view.y };
  if (old && sameData(old.data, view)) {
    return old.position.x === view.x && old.position.y === view.y ? old : { ...old, data: view, position };
  }
  const handles = handlesOf(portsOf(view, types));
  if (old && old.data.type === view.type) return { ...old, data: view, position, handles };
  return {
    id: view.id,
    type: view.type === "note" ? "note" : "cell",
    position,
    data: view,
    initialWidth: WIDTH,
    initialHeight: HEIGHT,
    handles,
    ariaLabel: `${view.title}, ${types[view.type]?.title ?? view.type}`,
  };
}

const sameData = (a, b) =>
  a.type === b.type &&
  a.title === b.title &&
  a.summary === b.summary &&
  JSON.stringify(a.outputs) === JSON.stringify(b.outputs);

/* Handles by number rather than by measuring: cells that are off screen are never drawn. */
function handlesOf(ports) {
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
    ...ports.outputs.map(at("source", "right", WIDTH - HANDLE / 2)),
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

/* The nodes a connection from (or to) `id` must not end at: itself, and all that would close a circle. */
export function forbiddenFor(id, edges, side) {
  const next = new Map();
  const [from, to] = side === "source" ? ["target", "source"] : ["source", "target"];
  for (const edge of edges) next.set(edge[from], [...(next.get(edge[from]) ?? []), edge[to]]);
  const seen = new Set([id]);
  const open = [id];
  while (open.length > 0) {
    for (const neighbour of next.get(open.pop()) ?? []) {
      if (seen.has(neighbour)) continue;
      seen.add(neighbour);
      open.push(neighbour);
    }
  }
  return seen;
}

/* Where a new cell finds room: right of `after`, or around `centre`, below whatever stands there. */
export function freePlace(nodes, centre, after) {
  const place = after
    ? { x: after.position.x + WIDTH + GAP, y: after.position.y }
    : { x: centre.x - WIDTH / 2, y: centre.y - HEIGHT / 2 };
  const free = { x: Math.round(place.x / 4) * 4, y: Math.round(place.y / 4) * 4 };
  const hit = () => nodes.find((node) => overlaps(node, free));
  for (let node = hit(); node; node = hit()) free.y = node.position.y + (node.measured?.height ?? HEIGHT) + 24;
  return free;
}

const overlaps = (node, place) =>
  Math.abs(node.position.x - place.x) < WIDTH &&
  place.y < node.position.y + (node.measured?.height ?? HEIGHT) &&
  node.position.y < place.y + HEIGHT;

/* Lay the graph out from left to right; loaded only when somebody asks for it. */
export async function tidy(nodes, edges) {
  const { default: Elk } = await import("elkjs/lib/elk.bundled.js");
  const boxes = nodes.map((node) => ({
    id: node.id,
    width: node.measured?.width ?? WIDTH,
    height: node.type === "note" ? (node.measured?.height ?? HEIGHT) : Math.max(node.measured?.height ?? 0, RESERVED),
  }));
  const laid = await new Elk().layout({
    id: "root",
    layoutOptions: {
      "elk.algorithm": "layered",
      "elk.direction": "RIGHT",
      "elk.layered.spacing.nodeNodeBetweenLayers": String(GAP),
      "elk.spacing.nodeNode": "40",
      "elk.layered.considerModelOrder.strategy": "NODES_AND_EDGES",
      "elk.layered.nodePlacement.strategy": "NETWORK_SIMPLEX",
    },
    children: boxes,
    edges: edges.map((edge) => ({ id: edge.id, sources: [edge.source], targets: [edge.target] })),
  });
  return Object.fromEntries(
    laid.children.map((box) => [box.id, { x: Math.round(box.x), y: Math.round(box.y) }]),
  );
}
