/* What a person can do to the graph: shown at once, reported once. */
import { useMemo, useRef } from "react";
import { useReactFlow } from "@xyflow/react";
import { absolute, frameAt, homeOf, inOrder, isContainer, outermost, sizeOf, within } from "./frames.js";
import { edgeId, edgeReport } from "./graph.js";
import { freePlace, tidy } from "./layout.js";
import { DRAG_TYPE, dragged } from "./palette.jsx";
import { fitAll } from "./view.js";

export function useActions(draft, emit, selection, store, types) {
  const flow = useReactFlow();
  const before = useRef(null);
  const latest = useRef(draft);
  latest.current = draft;

  return useMemo(() => {
    const selected = () => latest.current.nodes.filter((node) => node.selected);
    const move = (positions, parents = {}) => {
      if (Object.keys(positions).length === 0) return;
      const { number, setEdges, unplaced } = latest.current;
      for (const id of unplaced) if (!(id in positions) && flow.getNode(id)) positions[id] = rounded(flow.getNode(id).position);
      const across = Object.keys(parents).length > 0;
      show(positions, parents);
      if (across) setEdges((edges) => edges.filter((edge) => !crosses(edge, parents, flow)));
      emit("onMove", number(across ? null : positions), positions, parents);
    };
    const show = (positions, parents) => latest.current.setNodes((nodes) => moved(nodes, positions, parents));
    const centre = () => {
      const box = document.querySelector(".wb-flow").getBoundingClientRect();
      return flow.screenToFlowPosition({ x: box.x + box.width / 2, y: box.y + box.height / 2 });
    };
    /* Where something new goes when nobody says where: behind the selected cell, into an empty container that
     * is selected, or where one is looking. */
    const spot = (type) => {
      const { nodes } = latest.current;
      const chosen = selected();
      const one = chosen.length === 1 ? chosen[0] : null;
      const empty = one && isContainer(one) && !nodes.some((node) => homeOf(node) === one.id);
      const home = one ? (empty ? one.id : homeOf(one)) : "";
      if (home && !mayStandIn(types, type)) return { place: freePlace(nodes, "", centre()), home: "", after: "" };
      if (empty) return { place: within({ x: 0, y: 0 }), home, after: "" };
      return { place: freePlace(nodes, home, centre(), one), home, after: one?.id ?? "" };
    };
    const add = (type, { place, home, after }) => emit("onAdd", type, place, after, home);
    const target = (point, kinds, moving) =>
      kinds.every((kind) => mayStandIn(types, kind)) ? frameAt(flow, point, moving) : null;
    /* How far down something goes that was dropped on a container and cannot stand in one: below it. */
    const below = (point, kinds, moving) => {
      const odd = kinds.find((kind) => !mayStandIn(types, kind));
      const frame = odd && outermost(flow, frameAt(flow, point, moving));
      if (!frame) return 0;
      emit("onMisplaced", odd);
      return absolute(flow, frame.id).y + sizeOf(frame).height + 24 - point.y;
    };
    const lift = (nodes) => {
      before.current = placesOf(nodes);
      selection.hold();
    };
    const over = (event, nodes) => {
      const point = flow.screenToFlowPosition(pointer(event));
      return target(point, kindsOf(nodes), idsOf(nodes));
    };
    const drag = (event, nodes) => {
      const frame = over(event, nodes);
      const stays = nodes.every((node) => homeOf(node) === (frame?.id ?? ""));
      store.setTarget(stays ? null : frame?.id);
    };
    const drop = (event, nodes) => {
      const frame = over(event, nodes);
      store.setTarget(null);
      const down = frame ? 0 : below(flow.screenToFlowPosition(pointer(event)), kindsOf(nodes), idsOf(nodes));
      const { positions, parents } = landed(flow, nodes, frame, down);
      show(positions, parents); // a place is brought within its frame also where that is the old one
      move(changed(before.current, positions, parents), parents);
      selection.restore();
    };
    const resize = (id, { width, height }) => {
      const size = { width: Math.round(width), height: Math.round(height) };
      latest.current.setNodes((nodes) =>
        nodes.map((node) => (node.id === id ? { ...node, data: { ...node.data, ...size } } : node)),
      );
      emit("onResize", latest.current.number(null), id, size);
    };
    return {
      add: (type) => add(type, spot(type)),
      /* React Flow says `resizing: false` once, when a frame's corner is let go. */
      resized: (changes) => {
        for (const change of changes) if (change.resizing === false) resize(change.id, change.dimensions);
      },
      over: (event) => {
        const type = dragged();
        if (!event.dataTransfer.types.includes(DRAG_TYPE)) return;
        event.preventDefault();
        event.dataTransfer.dropEffect = "copy";
        const frame = target(flow.screenToFlowPosition(pointer(event)), [type]);
        store.setTarget(frame?.id);
      },
      leave: () => store.setTarget(null),
      drop: (event) => {
        const type = event.dataTransfer.getData(DRAG_TYPE);
        store.setTarget(null);
        if (!type) return;
        event.preventDefault();
        const point = flow.screenToFlowPosition(pointer(event));
        const frame = target(point, [type]);
        const origin = frame ? absolute(flow, frame.id) : { x: 0, y: 0 };
        const down = frame ? 0 : below(point, [type]);
        const place = rounded({ x: point.x - origin.x - 40, y: point.y - origin.y - (down ? 0 : 20) + down });
        add(type, { place: frame ? within(place) : place, home: frame?.id ?? "", after: "" });
      },
      flow: {
        onNodeClick: selection.only,
        onNodeDragStart: (_, node, nodes) => lift(nodes),
        onNodeDrag: (event, node, nodes) => drag(event, nodes),
        onNodeDragStop: (event, node, nodes) => drop(event, nodes),
        onSelectionDragStart: (_, nodes) => lift(nodes),
        onSelectionDrag: (event, nodes) => drag(event, nodes),
        onSelectionDragStop: (event, nodes) => drop(event, nodes),
        onKeyUp: (event) => {
          if (!event.key.startsWith("Arrow") || !event.target.closest(".react-flow__node")) return;
          move(Object.fromEntries(selected().map((node) => [node.id, homeOf(node) ? within(node.position) : rounded(node.position)])));
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
        paste: (text) => {
          const { place, home } = spot();
          emit("onPaste", text, home ? place : centre(), home);
        },
      },
    };
  }, []);
}

const kindsOf = (nodes) => nodes.map((node) => node.data.type);

const idsOf = (nodes) => new Set(nodes.map((node) => node.id));

const mayStandIn = (types, type) => types[type]?.anywhere ?? true;

const pointer = (event) => {
  const touch = event.changedTouches?.[0] ?? event.sourceEvent?.changedTouches?.[0];
  return { x: (touch ?? event).clientX, y: (touch ?? event).clientY };
};

const rounded = ({ x, y }) => ({ x: Math.round(x), y: Math.round(y) });

const placesOf = (nodes) => Object.fromEntries(nodes.map((node) => [node.id, rounded(node.position)]));

/* Where dropped nodes stand, measured from the frame they were dropped on, and whose container changes. */
function landed(flow, nodes, frame, down = 0) {
  const origin = frame ? absolute(flow, frame.id) : { x: 0, y: 0 };
  const positions = {};
  const parents = {};
  for (const node of nodes) {
    const home = frame?.id ?? "";
    const at = absolute(flow, node.id);
    const own = homeOf(node) === home ? node.position : { x: at.x - origin.x, y: at.y - origin.y };
    const place = { x: own.x, y: own.y + down };
    positions[node.id] = frame ? within(place) : rounded(place);
    if (homeOf(node) !== home) parents[node.id] = home;
  }
  return { positions, parents };
}

function moved(nodes, positions, parents) {
  return inOrder(
    nodes.map((node) => {
      if (!positions[node.id]) return node;
      const parentId = (parents[node.id] ?? homeOf(node)) || undefined;
      return { ...node, position: positions[node.id], parentId };
    }),
  );
}

/* Whether an edge would cross the border of a container once `parents` hold. */
function crosses(edge, parents, flow) {
  const home = (id) => parents[id] ?? homeOf(flow.getNode(id));
  return !edge.data?.implied && (edge.source in parents || edge.target in parents) && home(edge.source) !== home(edge.target);
}

const changed = (old, now, parents = {}) =>
  Object.fromEntries(
    Object.entries(now).filter(([id, at]) => id in parents || old?.[id]?.x !== at.x || old?.[id]?.y !== at.y),
  );
