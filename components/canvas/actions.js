/* What a person can do to the graph: shown at once, reported once. */
import { useMemo, useRef } from "react";
import { useReactFlow } from "@xyflow/react";
import { edgeId, edgeReport, freePlace, tidy } from "./graph.js";
import { DRAG_TYPE } from "./palette.jsx";
import { fitAll } from "./view.js";

export function useActions(draft, emit, selection) {
  const flow = useReactFlow();
  const before = useRef(null);
  const latest = useRef(draft);
  latest.current = draft;

  return useMemo(() => {
    const selected = () => latest.current.nodes.filter((node) => node.selected);
    const move = (positions) => {
      if (Object.keys(positions).length === 0) return;
      const { number, setNodes } = latest.current;
      setNodes((nodes) =>
        nodes.map((node) => (positions[node.id] ? { ...node, position: positions[node.id] } : node)),
      );
      emit("onMove", number(positions), positions);
    };
    const centre = () => {
      const box = document.querySelector(".wb-flow").getBoundingClientRect();
      return flow.screenToFlowPosition({ x: box.x + box.width / 2, y: box.y + box.height / 2 });
    };
    const add = (type, point) => {
      const chosen = selected();
      const after = !point && chosen.length === 1 ? chosen[0] : null;
      const place = point ?? freePlace(latest.current.nodes, centre(), after);
      emit("onAdd", type, place, after?.id ?? "");
    };
    const lift = (nodes) => {
      before.current = placesOf(nodes);
      selection.hold();
    };
    const drop = (nodes) => {
      move(changed(before.current, placesOf(nodes)));
      selection.restore();
    };
    return {
      add: (type) => add(type),
      drop: (event) => {
        const type = event.dataTransfer.getData(DRAG_TYPE);
        if (!type) return;
        event.preventDefault();
        const point = flow.screenToFlowPosition({ x: event.clientX, y: event.clientY });
        add(type, { x: Math.round(point.x - 40), y: Math.round(point.y - 20) });
      },
      flow: {
        onNodeClick: selection.only,
        onNodeDragStart: (_, node, nodes) => lift(nodes),
        onNodeDragStop: (_, node, nodes) => drop(nodes),
        onSelectionDragStart: (_, nodes) => lift(nodes),
        onSelectionDragStop: (_, nodes) => drop(nodes),
        onKeyUp: (event) => {
          if (event.key.startsWith("Arrow") && event.target.closest(".react-flow__node")) move(placesOf(selected()));
        },
        onConnect: (connection) => {
          const edge = { ...connection, id: edgeId(connection), type: "wire", data: { implied: false } };
          latest.current.setEdges((edges) => [...edges.filter((other) => other.id !== edge.id), edge]);
          emit("onConnect", latest.current.number(null), edgeReport(edge));
        },
        onDelete: ({ nodes, edges }) => {
          const wires = edges.filter((edge) => !edge.data?.implied).map(edgeReport);
          const ids = nodes.map((node) => node.id);
          selection.without(ids);
          emit("onRemove", latest.current.number(null), ids, wires);
        },
      },
      tidy: async () => {
        const { nodes, edges } = latest.current;
        const places = await tidy(nodes, edges);
        move(changed(placesOf(nodes), places));
        fitAll(flow, places);
      },
      editing: {
        undo: () => emit("onUndo"),
        redo: () => emit("onRedo"),
        duplicate: () => {
          const ids = selected().map((node) => node.id);
          if (ids.length) emit("onDuplicate", ids);
        },
        copy: () => {
          const ids = selected().map((node) => node.id);
          if (ids.length) emit("onCopy", ids);
        },
        paste: (text) => emit("onPaste", text, centre()),
      },
    };
  }, []);
}

const placesOf = (nodes) =>
  Object.fromEntries(
    nodes.map((node) => [node.id, { x: Math.round(node.position.x), y: Math.round(node.position.y) }]),
  );

const changed = (old, now) =>
  Object.fromEntries(Object.entries(now).filter(([id, at]) => old?.[id]?.x !== at.x || old?.[id]?.y !== at.y));
