/* The graph as the browser holds it: the server's, and on top of it what was just done here.
 *
 * Every change reported to the server carries a number. A graph that comes back says which number it has
 * seen (`ack`), so that an answer to an earlier change never undoes a later one on the screen.
 */
import { useEffect, useRef } from "react";
import { useEdgesState, useNodesState } from "@xyflow/react";
import { toEdge, toNode } from "./graph.js";

export function useDraft(graph, types) {
  const [nodes, setNodes, onNodesChange] = useNodesState([]);
  const [edges, setEdges, onEdgesChange] = useEdgesState([]);
  const sent = useRef([]);
  const shown = useRef("");

  useEffect(() => {
    const key = `${graph.id}:${graph.rev}:${graph.ack}`;
    sent.current = sent.current.filter((change) => change.seq > graph.ack);
    if (key === shown.current || sent.current.some((change) => !change.moved)) return;
    const fresh = shown.current.split(":")[0] !== graph.id;
    shown.current = key;
    const moved = Object.assign({}, ...sent.current.map((change) => change.moved));
    setNodes((old) => merged(graph.nodes, fresh ? [] : old, (view, before) => toNode(placed(view, moved, before), types, before)));
    setEdges((old) => merged(graph.edges, fresh ? [] : old, toEdge));
  }, [graph]);

  /* Number a change: `moved` maps ids to new positions; null for a change of the graph's shape. */
  const number = (moved) => {
    const last = sent.current.at(-1)?.seq ?? 0;
    const seq = Math.max(last + 1, Date.now());
    sent.current.push({ seq, moved });
    return seq;
  };

  return { nodes, edges, setNodes, setEdges, onNodesChange, onEdgesChange, number };
}

/* A cell keeps its place while it is being dragged, and where it was dropped until the server has heard. */
function placed(view, moved, old) {
  const place = moved[view.id] ?? (old?.dragging ? old.position : null);
  return place ? { ...view, ...place } : view;
}

function merged(views, old, make) {
  const before = new Map(old.map((item) => [item.id, item]));
  return views.map((view) => make(view, before.get(view.id)));
}
