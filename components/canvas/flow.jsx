/* The canvas: draws the graph it is given and reports what people do with it. Every rule is Python's.
 *
 * Dragging reports nothing; a drop, a finished move, a connection, a deletion report once each.
 */
import { useCallback, useEffect, useMemo, useRef, useState } from "react";
import { ReactFlow, ReactFlowProvider, SelectionMode, getViewportForBounds, useReactFlow } from "@xyflow/react";
import "@xyflow/react/dist/base.css";
import "./flow.css";
import { CatalogueContext } from "./catalogue.js";
import { Cell, Note } from "./cell.jsx";
import { Controls } from "./controls.jsx";
import { useDraft } from "./draft.js";
import { edgeId, edgeReport, forbiddenFor, freePlace, tidy } from "./graph.js";
import { useKeys } from "./keys.js";
import { DRAG_TYPE, Palette } from "./palette.jsx";
import { CellStore, StoreContext } from "./store.js";
import { Wire } from "./wire.jsx";

const NODE_TYPES = { cell: Cell, note: Note };
const EDGE_TYPES = { wire: Wire };
const INHERITED = "inherited"; // any other word than light or dark leaves the page's own colours in force
const MANY = 200;
const SMALLEST = 0.05;
const FAR = 0.45;
const FARTHER = 0.2;
const LEGIBLE = 0.5;
const START = 0.75;

export function FlowCanvas(props) {
  return (
    <ReactFlowProvider>
      <Canvas {...props} />
    </ReactFlowProvider>
  );
}

function Canvas(props) {
  const { graph, base, recent, problems, types, icons, marks, focus, readOnly = false } = props;
  const handlers = useRef(props);
  handlers.current = props;
  const emit = useCallback((name, ...values) => handlers.current[name]?.(...values), []);
  const store = useMemo(() => new CellStore(), []);
  const catalogue = useMemo(
    () => ({ types, icons, marks, report: { open: (id, what) => emit("onOpen", id, what) } }),
    [],
  );
  const draft = useDraft(graph, types);
  const selection = useSelection(emit, draft.setNodes);
  const actions = useActions(draft, emit, selection);
  const view = useView(graph, draft.nodes, focus, draft.setNodes);

  useEffect(() => store.setCells(base, recent), [base, recent]);
  useEffect(() => store.setProblems(byNode(problems)), [problems]);
  useKeys({
    ...(readOnly ? {} : actions.editing),
    run: () => emit("onRun"),
    clear: selection.clear,
    fit: view.fit,
    all: () => draft.setNodes((nodes) => nodes.map((node) => ({ ...node, selected: true }))),
    nothing: () => {},
  });

  const onConnectStart = (_, { nodeId, handleType }) =>
    store.setForbidden(closed(draft, types, nodeId, handleType));
  const onConnectEnd = () => store.setForbidden(null);

  return (
    <CatalogueContext.Provider value={catalogue}>
      <StoreContext.Provider value={store}>
        <div className="wb-canvas" data-testid="canvas" data-readonly={readOnly || undefined} ref={view.box}>
          {!readOnly && graph.id && <Palette onAdd={actions.add} />}
          <div className="wb-flow" onDragOver={allowDrop} onDrop={readOnly ? undefined : actions.drop}>
            <ReactFlow
              nodes={draft.nodes}
              edges={draft.edges}
              nodeTypes={NODE_TYPES}
              edgeTypes={EDGE_TYPES}
              onNodesChange={draft.onNodesChange}
              onEdgesChange={draft.onEdgesChange}
              onNodeDragStart={actions.dragStart}
              onNodeDragStop={actions.dragStop}
              onSelectionDragStart={(event, nodes) => actions.dragStart(event, null, nodes)}
              onSelectionDragStop={(event, nodes) => actions.dragStop(event, null, nodes)}
              onConnect={actions.connect}
              onConnectStart={onConnectStart}
              onConnectEnd={onConnectEnd}
              isValidConnection={(edge) => edge.source !== edge.target && !store.forbidden?.has(edge.target)}
              onDelete={actions.remove}
              onSelectionChange={selection.change}
              onSelectionStart={selection.hold}
              onSelectionEnd={selection.release}
              onKeyUp={readOnly ? undefined : actions.nudged}
              onMove={view.move}
              nodesDraggable={!readOnly}
              nodesConnectable={!readOnly}
              edgesFocusable={!readOnly}
              deleteKeyCode={readOnly ? null : ["Delete", "Backspace"]}
              selectNodesOnDrag={false}
              onlyRenderVisibleElements={draft.nodes.length > MANY}
              panOnScroll
              panOnDrag={COARSE ? true : [1, 2]}
              selectionOnDrag={!COARSE && !readOnly}
              selectionMode={SelectionMode.Partial}
              multiSelectionKeyCode={["Shift", "Control", "Meta"]}
              zoomOnDoubleClick={false}
              connectOnClick={false}
              connectionRadius={32}
              minZoom={SMALLEST}
              maxZoom={2}
              elevateNodesOnSelect={false}
              colorMode={INHERITED}
              proOptions={{ hideAttribution: true }}
            />
            {!readOnly && graph.id && graph.nodes.length === 0 && <Empty />}
            <Controls onTidy={readOnly ? undefined : actions.tidy} onFit={view.fit} />
          </div>
        </div>
      </StoreContext.Provider>
    </CatalogueContext.Provider>
  );
}

function Empty() {
  return (
    <div className="wb-flow-empty">
      <p>This workflow is empty.</p>
      <p>Drag a node here from the left, or press one there. Start with an Input or a Transform.</p>
    </div>
  );
}

/* The messages of each node's problems. */
function byNode(problems = []) {
  const found = {};
  for (const { node, message } of problems) if (node) (found[node] ??= []).push(message);
  return found;
}

const COARSE = window.matchMedia("(pointer: coarse)").matches;

function allowDrop(event) {
  if (!event.dataTransfer.types.includes(DRAG_TYPE)) return;
  event.preventDefault();
  event.dataTransfer.dropEffect = "copy";
}

/* The ids where the connection that starts at `nodeId` must not end. */
function closed(draft, types, nodeId, side) {
  const ids = forbiddenFor(nodeId, draft.edges, side);
  const ports = side === "source" ? "inputs" : "outputs";
  for (const node of draft.nodes) if (!types[node.data.type]?.[ports].length) ids.add(node.id);
  return ids;
}

/* What a person can do to the graph, shown at once and reported once. */
function useActions(draft, emit, selection) {
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
    return {
      add: (type) => add(type),
      drop: (event) => {
        const type = event.dataTransfer.getData(DRAG_TYPE);
        if (!type) return;
        event.preventDefault();
        const point = flow.screenToFlowPosition({ x: event.clientX, y: event.clientY });
        add(type, { x: Math.round(point.x - 40), y: Math.round(point.y - 20) });
      },
      dragStart: (_, node, nodes) => {
        before.current = placesOf(nodes);
        selection.hold();
      },
      dragStop: (_, node, nodes) => {
        move(changed(before.current, placesOf(nodes)));
        selection.restore();
      },
      nudged: (event) => {
        if (!event.key.startsWith("Arrow") || !event.target.closest(".react-flow__node")) return;
        move(placesOf(selected()));
      },
      connect: (connection) => {
        const edge = { ...connection, id: edgeId(connection), type: "wire", data: { implied: false } };
        latest.current.setEdges((edges) => [...edges.filter((other) => other.id !== edge.id), edge]);
        emit("onConnect", latest.current.number(null), edgeReport(edge));
      },
      remove: ({ nodes, edges }) => {
        const wires = edges.filter((edge) => !edge.data?.implied).map(edgeReport);
        const ids = nodes.map((node) => node.id);
        selection.without(ids);
        emit("onRemove", latest.current.number(null), ids, wires);
      },
      tidy: async () => {
        const { nodes, edges } = latest.current;
        move(changed(placesOf(nodes), await tidy(nodes, edges)));
        requestAnimationFrame(() => requestAnimationFrame(() => fitAll(flow))); // once they stand in their places
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

/* Reports the selected ids when they have settled: once, and not while a box is drawn or a cell is dragged. */
function useSelection(emit, setNodes) {
  const flow = useReactFlow();
  return useMemo(() => {
    let ids = [];
    let told = [];
    let held = false;
    let timer = 0;
    const tell = () => {
      if (held || ids.join() === told.join()) return;
      told = ids;
      emit("onSelect", ids);
    };
    return {
      change: ({ nodes }) => {
        ids = nodes.map((node) => node.id);
        clearTimeout(timer);
        timer = setTimeout(tell, 30);
      },
      hold: () => (held = true),
      release: () => {
        held = false;
        tell();
      },
      /* React Flow deselects the others when a cell is dragged; a move is not a change of selection. */
      restore: () => {
        held = false;
        const chosen = new Set(told);
        setNodes((nodes) => nodes.map((node) => ({ ...node, selected: chosen.has(node.id) })));
      },
      without: (gone) => (told = told.filter((id) => !gone.includes(id))),
      clear: () => {
        flow.setNodes((nodes) => nodes.map((node) => (node.selected ? { ...node, selected: false } : node)));
        flow.setEdges((edges) => edges.map((edge) => (edge.selected ? { ...edge, selected: false } : edge)));
      },
    };
  }, []);
}

/* Where one looks: fitted once per graph, moved to a node that somebody points at, coarser from afar. */
function useView(graph, nodes, focus, setNodes) {
  const flow = useReactFlow();
  const box = useRef(null);
  const fitted = useRef(null);
  const fit = () => fitAll(flow);

  useEffect(() => {
    if (fitted.current === graph.id || nodes.length === 0) return;
    fitted.current = graph.id;
    flow.setViewport(firstView(flow, nodes, box.current.querySelector(".wb-flow")));
  }, [graph.id, nodes]);

  useEffect(() => {
    if (!focus?.n) return;
    const chosen = new Set(focus.ids);
    setNodes((all) => all.map((node) => ({ ...node, selected: chosen.has(node.id) })));
    const node = focus.centre && flow.getNode(focus.ids[0]);
    if (!node) return;
    const { width = 260, height = 76 } = node.measured ?? {};
    flow.setCenter(node.position.x + width / 2, node.position.y + height / 2, { zoom: Math.max(flow.getZoom(), 0.8), duration: 160 });
  }, [focus?.n]);

  const move = useCallback((_, { zoom }) => {
    box.current?.toggleAttribute("data-far", zoom < FAR);
    box.current?.toggleAttribute("data-farther", zoom < FARTHER);
  }, []);
  return { box, fit, move };
}

/* React Flow's own fitView waits for all cells to be measured, and those off screen never are. */
function fitAll(flow) {
  const nodes = flow.getNodes();
  const { clientWidth, clientHeight } = document.querySelector(".wb-flow");
  if (nodes.length === 0) return;
  flow.setViewport(getViewportForBounds(flow.getNodesBounds(nodes), clientWidth, clientHeight, SMALLEST, 1, 0.1), { duration: 160 });
}

/* The whole graph where it can be read whole; otherwise the place where it begins. */
function firstView(flow, nodes, box) {
  const { clientWidth: width, clientHeight: height } = box;
  const whole = getViewportForBounds(flow.getNodesBounds(nodes), width, height, SMALLEST, 1, 0.1);
  if (whole.zoom >= LEGIBLE) return whole;
  const first = nodes.reduce((a, b) => (b.position.x < a.position.x ? b : a));
  return { x: 48 - first.position.x * START, y: height / 3 - first.position.y * START, zoom: START };
}
