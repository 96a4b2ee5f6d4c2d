/* Containers as drawn: who stands in whom, how large a frame is, and which one lies under the pointer. */
import { FRAME, HEIGHT, WIDTH } from "./metrics.js";

/* The id of the container in which a node stands, "" outside of all. */
export const homeOf = (node) => node?.parentId ?? "";

export const isContainer = (node) => node.type === "container";

/* Containers before what stands in them. A circle, which the check names, is cut open. */
export function inOrder(nodes) {
  const byId = new Map(nodes.map((node) => [node.id, node]));
  if (!nodes.some(homeOf)) return nodes;
  const done = new Map();
  const put = (node, open) => {
    if (done.has(node.id)) return;
    const home = byId.get(homeOf(node));
    const circle = home && (open.has(home.id) || home.id === node.id);
    if (home && !circle) put(home, new Set([...open, node.id]));
    done.set(node.id, circle ? { ...node, parentId: undefined } : node);
  };
  for (const node of nodes) put(node, new Set());
  return [...done.values()];
}

export const sizeOf = (node) => ({
  width: node.width ?? node.measured?.width ?? WIDTH,
  height: node.height ?? node.measured?.height ?? HEIGHT,
});

/* The least that a frame is: as large as it is being pulled, else as somebody pulled it before. */
const leastOf = (node) =>
  node.resizing
    ? sizeOf(node)
    : { width: Math.max(FRAME.width, node.data.width), height: Math.max(FRAME.height, node.data.height) };

/* Every frame as large as its body needs; the innermost first, because frames stand in frames. While
 * something is dragged frames keep their size, so that a frame does not run after a cell that leaves it.
 * `ported` is the width for which the places of a frame's ports were reckoned (`resized`). */
export function framed(nodes, resized = (node) => node) {
  if (!nodes.some(isContainer) || nodes.some((node) => node.dragging)) return nodes;
  const sizes = new Map();
  const byId = new Map(nodes.map((node) => [node.id, node]));
  for (const node of [...nodes].reverse()) {
    const { width, height } = sizes.get(node.id) ?? (isContainer(node) ? leastOf(node) : sizeOf(node));
    sizes.set(node.id, { width, height });
    const around = node.parentId && byId.get(node.parentId);
    if (!around) continue;
    const home = sizes.get(node.parentId) ?? leastOf(around);
    sizes.set(node.parentId, {
      width: Math.max(home.width, node.position.x + width + FRAME.right),
      height: Math.max(home.height, node.position.y + height + FRAME.foot),
    });
  }
  let changed = false;
  const fitted = nodes.map((node) => {
    const size = sizes.get(node.id);
    if (!isContainer(node)) return node;
    if (node.width === size.width && node.height === size.height && node.ported === size.width) return node;
    changed = true;
    return resized({ ...node, ...size, ported: size.width });
  });
  return changed ? fitted : nodes;
}

/* A place in a frame: never under its head or over its edge. */
export const within = (place) => ({
  x: Math.max(FRAME.left, Math.round(place.x)),
  y: Math.max(FRAME.head + 8, Math.round(place.y)),
});

/* The innermost frame at a point of the canvas, none of those in `moving` and nothing that stands in them. */
export function frameAt(flow, point, moving = new Set()) {
  let found = null;
  for (const node of flow.getNodes()) {
    if (!isContainer(node) || inside(flow, node, moving)) continue;
    const { x, y } = flow.getInternalNode(node.id).internals.positionAbsolute;
    const { width, height } = sizeOf(node);
    if (point.x >= x && point.x <= x + width && point.y >= y && point.y <= y + height) found = node;
  }
  return found;
}

/* The outermost of the frames around a frame, or that itself. */
export function outermost(flow, frame) {
  let at = frame;
  while (at?.parentId) at = flow.getNode(at.parentId);
  return at;
}

function inside(flow, node, ids) {
  for (let at = node; at; at = at.parentId && flow.getNode(at.parentId)) if (ids.has(at.id)) return true;
  return false;
}

export const absolute = (flow, id) => flow.getInternalNode(id)?.internals.positionAbsolute ?? { x: 0, y: 0 };
