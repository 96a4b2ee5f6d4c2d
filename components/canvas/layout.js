/* Where cells find room: a new one beside the others, or all of them from left to right. */
import { homeOf, isContainer, sizeOf, within } from "./frames.js";
import { FRAME, GAP, HEIGHT, RESERVED, WIDTH } from "./metrics.js";

/* Where a new cell of the container `home` finds room: right of `after`, or around `centre`, below whatever
 * stands there. Places are the container's own. */
export function freePlace(nodes, home, centre, after) {
  const place = after
    ? { x: after.position.x + sizeOf(after).width + GAP, y: after.position.y }
    : { x: centre.x - WIDTH / 2, y: centre.y - HEIGHT / 2 };
  const free = { x: Math.round(place.x / 4) * 4, y: Math.round(place.y / 4) * 4 };
  const siblings = nodes.filter((node) => homeOf(node) === home);
  const hit = () => siblings.find((node) => overlaps(node, free));
  for (let node = hit(); node; node = hit()) free.y = node.position.y + sizeOf(node).height + 24;
  return home ? within(free) : free;
}

const overlaps = (node, place) => {
  const { width, height } = sizeOf(node);
  return (
    place.x < node.position.x + width &&
    node.position.x < place.x + WIDTH &&
    place.y < node.position.y + height &&
    node.position.y < place.y + HEIGHT
  );
};

/* Lay the graph out from left to right, body by body from the innermost; ELK is loaded only when asked for. */
export async function tidy(nodes, edges) {
  const { default: Elk } = await import("elkjs/lib/elk.bundled.js");
  const elk = new Elk();
  const homes = new Map(nodes.map((node) => [node.id, homeOf(node)]));
  const places = {};
  const sizes = new Map();
  for (const container of [...nodes].reverse().filter(isContainer)) {
    sizes.set(container.id, await laid(elk, container.id, nodes, edges, homes, sizes, places));
  }
  await laid(elk, "", nodes, edges, homes, sizes, places);
  return places;
}

/* Lay one body out into `places`; return the size of the frame that holds it. */
async function laid(elk, home, nodes, edges, homes, sizes, places) {
  const children = nodes.filter((node) => homes.get(node.id) === home).map((node) => ({ id: node.id, ...boxOf(node, sizes) }));
  const own = nodes.find((node) => node.id === home)?.data ?? { width: 0, height: 0 };
  const least = { width: Math.max(FRAME.width, own.width), height: Math.max(FRAME.height, own.height) };
  if (children.length === 0) return least;
  const left = home ? FRAME.left : 0;
  const top = home ? FRAME.head + 16 : 0;
  const { children: boxes } = await elk.layout({
    id: "root",
    layoutOptions: {
      "elk.algorithm": "layered",
      "elk.direction": "RIGHT",
      "elk.padding": "[top=0,left=0,bottom=0,right=0]",
      "elk.layered.spacing.nodeNodeBetweenLayers": String(GAP),
      "elk.spacing.nodeNode": "40",
      "elk.layered.considerModelOrder.strategy": "NODES_AND_EDGES",
      "elk.layered.nodePlacement.strategy": "NETWORK_SIMPLEX",
    },
    children,
    edges: lifted(edges, homes, home),
  });
  for (const box of boxes) places[box.id] = { x: Math.round(box.x) + left, y: Math.round(box.y) + top };
  return {
    width: Math.max(least.width, ...boxes.map((box) => places[box.id].x + box.width + FRAME.right)),
    height: Math.max(least.height, ...boxes.map((box) => places[box.id].y + box.height + FRAME.foot)),
  };
}

/* The edges between the nodes of one body; one that comes from deeper inside counts for its container. */
function lifted(edges, homes, home) {
  const up = (id) => {
    let at = id;
    while (at && homes.get(at) !== home) at = homes.get(at);
    return at;
  };
  return edges
    .map((edge) => ({ id: edge.id, source: up(edge.source), target: up(edge.target) }))
    .filter(({ source, target }) => source && target && source !== target)
    .map(({ id, source, target }) => ({ id, sources: [source], targets: [target] }));
}

function boxOf(node, sizes) {
  if (sizes.has(node.id)) return sizes.get(node.id);
  const { width, height } = sizeOf(node);
  return { width, height: node.type === "note" ? height : Math.max(height, RESERVED) };
}
