/* The canvas: draws the graph it is given and reports what people do with it. Every rule is Python's.
 *
 * Dragging reports nothing; a drop, a finished move, a connection, a deletion report once each.
 */
import { memo, useCallback, useEffect, useMemo, useRef } from "react";
import { ReactFlow, ReactFlowProvider, SelectionMode } from "@xyflow/react";
import "@xyflow/react/dist/base.css";
import "./flow.css";
import "./container.css";
import "./notebook.css";
import { useActions } from "./actions.js";
import { CatalogueContext } from "./catalogue.js";
import { Cell, Note } from "./cell.jsx";
import { Container } from "./container.jsx";
import { Controls } from "./controls.jsx";
import { useDraft } from "./draft.js";
import { homeOf } from "./frames.js";
import { forbiddenFor, portsOf } from "./graph.js";
import { useKeys } from "./keys.js";
import { Minimap } from "./minimap.jsx";
import { Palette } from "./palette.jsx";
import { useSelection } from "./selection.js";
import { CellStore, StoreContext } from "./store.js";
import { SMALLEST, useView } from "./view.js";
import { Wire } from "./wire.jsx";

const COARSE = window.matchMedia("(pointer: coarse)").matches;
const MANY = 200;

/* React Flow's settings stand here once, so that they are the same objects at every drawing. */
const ALWAYS = {
  nodeTypes: { cell: Cell, note: Note, container: Container },
  edgeTypes: { wire: Wire },
  colorMode: "inherited", // any other word than light or dark leaves the page's own colours in force
  minZoom: SMALLEST,
  maxZoom: 2,
  panOnScroll: true,
  zoomOnDoubleClick: false,
  connectOnClick: false,
  connectionRadius: 32,
  elevateNodesOnSelect: false,
  selectNodesOnDrag: false,
  selectionMode: SelectionMode.Partial,
  multiSelectionKeyCode: ["Shift", "Control", "Meta"],
  proOptions: { hideAttribution: true },
};
/* Both say the same settings: React Flow keeps what it was told last of one that is left out. */
const EDITING = {
  deleteKeyCode: ["Delete", "Backspace"],
  panOnDrag: COARSE || [1, 2],
  selectionOnDrag: !COARSE,
  nodesDraggable: true,
  nodesConnectable: true,
  edgesFocusable: true,
};
const READING = {
  deleteKeyCode: null,
  panOnDrag: true,
  selectionOnDrag: false,
  nodesDraggable: false,
  nodesConnectable: false,
  edgesFocusable: false,
};

export function FlowCanvas(props) {
  return (
    <ReactFlowProvider>
      <Canvas {...props} />
    </ReactFlowProvider>
  );
}

function Canvas(props) {
  const { graph, base, recent, notes, busy, problems, types, icons, marks, focus, readOnly = false, mayRun = true } = props;
  const handlers = useRef(props);
  handlers.current = props;
  const emit = useCallback((name, ...values) => handlers.current[name]?.(...values), []);
  const store = useMemo(() => new CellStore(), []);
  const catalogue = useMemo(
    () => ({
      types,
      icons,
      marks,
      editable: !readOnly,
      mayRun,
      report: {
        open: (id, what) => emit("onOpen", id, what),
        pass: (id, which) => emit("onPass", id, which),
        part: (what, id) => emit("onPart", what, id),
        pin: (id) => emit("onPin", id),
      },
    }),
    [readOnly, mayRun],
  );
  useEffect(() => store.setCells(base, recent), [base, recent]);
  useEffect(() => store.setNotes(notes, busy), [notes, busy]);
  useEffect(() => store.setProblems(byNode(problems)), [problems]);
  return (
    <CatalogueContext.Provider value={catalogue}>
      <StoreContext.Provider value={store}>
        <Stage graph={graph} focus={focus} readOnly={readOnly} mayRun={mayRun} emit={emit} store={store} types={catalogue.types} />
      </StoreContext.Provider>
    </CatalogueContext.Provider>
  );
}

/* What does not depend on a run: a changed status does not come through here. */
const Stage = memo(function Stage({ graph, focus, readOnly, mayRun, emit, store, types }) {
  const draft = useDraft(graph, types);
  const selection = useSelection(emit, draft.setNodes);
  const actions = useActions(draft, emit, selection, store, types);
  useEffect(selection.reset, [graph.id]);
  const view = useView(graph, draft.nodes, focus, draft.setNodes);
  const connecting = useConnecting(draft, store, types, emit);
  const running = {
    run: () => emit("onRun"),
    part: () => {
      const chosen = draft.nodes.filter((node) => node.selected);
      if (chosen.length === 1) emit("onPart", "node", chosen[0].id);
    },
  };
  useKeys({
    ...(readOnly ? {} : actions.editing),
    ...(mayRun ? running : {}),
    clear: () => selection.clear() || emit("onEscape"),
    fit: view.fit,
    all: () => draft.setNodes((nodes) => nodes.map((node) => ({ ...node, selected: true }))),
    nothing: () => {},
  });
  const flow = useMemo(
    () => ({
      ...ALWAYS,
      ...(readOnly ? READING : EDITING),
      ...connecting,
      ...(readOnly ? {} : actions.flow),
      onSelectionChange: selection.change,
      onSelectionStart: selection.hold,
      onSelectionEnd: selection.release,
      onMove: view.move,
      onMoveEnd: view.settled,
      onNodesChange: (changes) => {
        draft.onNodesChange(changes);
        actions.resized(changes);
      },
      onEdgesChange: draft.onEdgesChange,
    }),
    [readOnly],
  );
  const editable = !readOnly && graph.id !== "";
  return (
    <div className="wb-canvas" data-testid="canvas" data-readonly={readOnly || undefined} ref={view.box}>
      {editable && <Palette onAdd={actions.add} />}
      <div
        className="wb-flow"
        onDragOver={editable ? actions.over : undefined}
        onDragLeave={editable ? actions.leave : undefined}
        onDrop={editable ? actions.drop : undefined}
      >
        <ReactFlow
          nodes={draft.nodes}
          edges={draft.edges}
          onlyRenderVisibleElements={draft.nodes.length > MANY}
          {...flow}
        >
          <Minimap count={draft.nodes.length} />
        </ReactFlow>
        {graph.id && graph.nodes.length === 0 && <Empty editable={editable} />}
        {graph.id && <Controls onTidy={editable ? actions.tidy : undefined} onFit={view.fit} />}
      </div>
    </div>
  );
});

/* Marks where the connection that is being drawn must not end; the compiler has the last word. */
function useConnecting(draft, store, types, emit) {
  const latest = useRef(draft);
  latest.current = draft;
  return useMemo(
    () => ({
      onConnectStart: (_, { nodeId, handleType }) =>
        store.setForbidden(closed(latest.current, types, nodeId, handleType)),
      onConnectEnd: (_, { isValid, fromNode, toNode }) => {
        store.setForbidden(null);
        if (isValid === false && toNode && homeOf(fromNode) !== homeOf(toNode)) emit("onRefused", fromNode.id, toNode.id);
      },
      isValidConnection: ({ source, target }) =>
        source !== target && !(store.forbidden?.has(source) && store.forbidden.has(target)),
    }),
    [],
  );
}

function Empty({ editable }) {
  return (
    <div className="wb-flow-empty">
      <p>This workflow is empty.</p>
      {editable && <p className="wb-wide">Drag a node here from the left, or press one there. Start with an Input or a Transform.</p>}
      {editable && <p className="wb-narrow">Nodes are added on a wider screen. Here a workflow is read, run and published.</p>}
    </div>
  );
}

/* The messages of each node's problems. */
function byNode(problems = []) {
  const found = {};
  for (const { node, message } of problems) if (node) (found[node] ??= []).push(message);
  return found;
}

/* The ids where the connection that starts at `nodeId` must not end. */
function closed(draft, types, nodeId, side) {
  const ids = forbiddenFor(nodeId, draft.nodes, draft.edges, side);
  const ports = side === "source" ? "inputs" : "outputs";
  for (const node of draft.nodes) if (!portsOf(node.data, types)[ports].length) ids.add(node.id);
  return ids;
}
