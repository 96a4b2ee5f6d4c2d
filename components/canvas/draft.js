/* The graph as the browser holds it: the server's, and on top of it what was just done here.
 *
 * Every change reported to the server carries a number. A graph that comes back says which number it has
 * seen (`ack`), so that an answer to an earlier change never undoes a later one on the screen.
 */
import { useEffect, useRef } from "react";
import { useEdgesState, useNodesState } from "@xyflow/react";
import { framed } from "./frames.js";
import { handlesOf, portsOf, toEdge, toNode, toNodes } from "./graph.js";

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
    setNodes((old) => {
      const before = byId(fresh ? [] : old);
      return framed(
        toNodes(graph.nodes, (view) => toNode(placed(view, moved, before.get(view.id)), types, before.get(view.id))),
        resized,
      );
    });
    setEdges((old) => {
      const before = byId(fresh ? [] : old);
      return graph.edges.map((view) => toEdge(view, before.get(view.id)));
    });
  }, [graph]);

  const resized = (node) => ({ ...node, handles: handlesOf(portsOf(node.data, types), node.width) });
  useEffect(() => {
    const frame = requestAnimationFrame(() => setNodes((all) => framed(all, resized)));
    return () => cancelAnimationFrame(frame);
  }, [nodes]);

  /* Number a change: `moved` maps ids to new positions; null for a change of the graph's shape. */
  const number = (moved) => {
    const last = sent.current.at(-1)?.seq ?? 0;
    const seq = Math.max(last + 1, Date.now());
    sent.current.push({ seq, moved });
    return seq;
  };

  return { nodes, edges, unplaced: graph.unplaced ?? [], setNodes, setEdges, onNodesChange, onEdgesChange, number };
}

/* A cell keeps its place while it is being dragged, and where it was dropped until the server has heard. */
function placed(view, moved, old) {
  const place = moved[view.id] ?? (old?.dragging ? old.position : null);
  return place ? { ...view, ...place } : view;
}

const byId = (items) => new Map(items.map((item) => [item.id, item]));
