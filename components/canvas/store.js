/* What a cell shows beside its place and title: status, problems, whether it may be connected to.
 *
 * It lives outside React's state, so that a changed status redraws one cell and not the graph: each cell
 * and each wire subscribes to its own slice and is told only when that slice is a different object.
 */
import { createContext, useCallback, useContext, useSyncExternalStore } from "react";

const EMPTY = {};

export class CellStore {
  base = EMPTY;
  recent = EMPTY;
  cells = EMPTY;
  notes = EMPTY;
  busy = false;
  problems = EMPTY;
  forbidden = null;
  target = null;
  listeners = new Set();

  subscribe = (listener) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  /* `base` holds every cell of the watched run, `recent` those that changed since `base` was sent. */
  setCells(base = EMPTY, recent = EMPTY) {
    if (base === this.base && recent === this.recent) return;
    this.base = base;
    this.recent = recent;
    this.cells = keepEqual({ ...base, ...recent }, this.cells);
    this.notify();
  }

  /* `notes` say how each cell of a draft stands, with its output of an earlier run, which is not shown as if it
   * were new while a run is under way (`busy`). */
  setNotes(notes = EMPTY, busy = false) {
    if (notes === this.notes && busy === this.busy) return;
    this.notes = keepEqual(withOlder(notes), this.notes);
    this.busy = busy;
    this.notify();
  }

  setProblems(problems = EMPTY) {
    if (problems === this.problems) return;
    this.problems = keepEqual(problems, this.problems);
    this.notify();
  }

  /* The ids that the connection being drawn must not end at; null when none is being drawn. */
  setForbidden(ids) {
    this.forbidden = ids;
    this.notify();
  }

  /* The id of the container into which what is dragged would fall. */
  setTarget(id = null) {
    if (id === this.target) return;
    this.target = id;
    this.notify();
  }

  notify() {
    for (const listener of this.listeners) listener();
  }
}

/* Keep the old object of every entry whose content did not change, so that its subscribers stay quiet. */
function keepEqual(next, old) {
  const kept = {};
  for (const [id, value] of Object.entries(next)) {
    const before = old[id];
    kept[id] = before && JSON.stringify(before) === JSON.stringify(value) ? before : value;
  }
  return kept;
}

function withOlder(notes) {
  return Object.fromEntries(
    Object.entries(notes).map(([id, note]) => [id, { ...note, older: note.older && { ...note.older, older: true } }]),
  );
}

export const StoreContext = createContext(new CellStore());

function useSlice(select) {
  const store = useContext(StoreContext);
  return useSyncExternalStore(store.subscribe, () => select(store));
}

/* What a run shows in a cell: the watched one, else an earlier one. */
export const useCell = (id) =>
  useSlice(
    useCallback(
      (store) => {
        const cell = store.cells[id];
        if (store.busy || (cell && cell.status !== "idle")) return cell;
        return store.notes[id]?.older ?? cell;
      },
      [id],
    ),
  );

export const useNote = (id) => useSlice(useCallback((store) => store.notes[id], [id]));

export const useProblems = (id) => useSlice(useCallback((store) => store.problems[id], [id]));

export const useForbidden = (id) =>
  useSlice(useCallback((store) => store.forbidden !== null && store.forbidden.has(id), [id]));

export const useTarget = (id) => useSlice(useCallback((store) => store.target === id, [id]));

/* Where a wire stands in the watched run: "" (no run), "taken" or "faint". */
export const useWire = (source, port, target) =>
  useSlice(
    useCallback(
      (store) => {
        if (store.base === EMPTY && store.recent === EMPTY) return "";
        if (Object.keys(store.cells).length === 0) return "";
        return taken(store.cells[source], port, store.cells[target]) ? "taken" : "faint";
      },
      [source, port, target],
    ),
  );

function taken(from, port, to) {
  if (!from || !["succeeded", "failed"].includes(from.status)) return false;
  return (from.ports?.includes(port) ?? port === "out") && (!to || to.status !== "skipped");
}
