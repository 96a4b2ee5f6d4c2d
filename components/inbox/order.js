// In which order the list stands. What happens elsewhere moves no row under a person's pointer, finger or cursor:
// rows that have left stay as ghosts, new ones are counted, until the person lets go or asks for them.
import { useEffect, useRef, useState } from "react";

const canUndo = (row) => row.held_until && Date.parse(row.held_until) > Date.now();

export function useOrder({ rows, left, address, engaged, dropped }) {
  const [shown, setShown] = useState(rows);
  const last = useRef(address);
  const busy = useRef(engaged);
  busy.current = engaged;

  useEffect(() => {
    const anew = last.current !== address;
    last.current = address;
    setShown((before) => (anew ? rows : merge(before, rows, left, dropped, busy.current)));
  }, [rows, left, address]);

  useEffect(() => {
    if (!engaged) setShown((before) => merge(before, rows, left, dropped, false));
  }, [engaged]);

  // What can no longer be undone by others leaves when nobody looks at it.
  useEffect(() => {
    const until = shown.filter((row) => row.ghost && canUndo(row)).map((row) => Date.parse(row.held_until));
    if (!until.length) return undefined;
    const timer = setTimeout(
      () => !busy.current && setShown((before) => merge(before, rows, left, dropped, false)),
      Math.max(50, Math.min(...until) - Date.now() + 50),
    );
    return () => clearTimeout(timer);
  }, [shown]);

  const known = new Set(shown.map((row) => row.id));
  const fresh = rows.filter((row) => !known.has(row.id) && !dropped.has(row.id));
  return { shown: shown.filter((row) => !dropped.has(row.id)), fresh: fresh.length, showFresh: () => setShown(rows) };
}

function merge(before, rows, left, dropped, hold) {
  const now = new Map(rows.map((row) => [row.id, row]));
  const gone = new Map(left.map((row) => [row.id, row]));
  const ghost = (row) => ({ ...row, ...gone.get(row.id), ghost: true });
  if (!hold) {
    const ghosts = before.map(ghost).filter((row) => !now.has(row.id) && !dropped.has(row.id) && canUndo(row));
    return ghosts.length ? inPlace(before, rows, ghosts) : rows;
  }
  const known = new Set(before.map((row) => row.id));
  const lastKnown = rows.findLastIndex((row) => known.has(row.id));
  const further = before.length && lastKnown >= 0 ? rows.slice(lastKnown + 1).filter((row) => !known.has(row.id)) : rows;
  return [...before.map((row) => now.get(row.id) ?? ghost(row)), ...(before.length ? further : rows)];
}

// Puts ghosts behind the rows that they stood behind.
function inPlace(before, rows, ghosts) {
  const placed = [...rows];
  for (const row of ghosts) {
    const at = before.findIndex((one) => one.id === row.id);
    const ahead = before.slice(0, at).findLast((one) => placed.some((other) => other.id === one.id));
    placed.splice(ahead ? placed.findIndex((one) => one.id === ahead.id) + 1 : 0, 0, row);
  }
  return placed;
}
