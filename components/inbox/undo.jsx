// What was decided and can be undone yet, with the seconds that are left; `z` undoes the last.
import { useEffect, useRef, useState } from "react";
import { RotateCcw } from "lucide-react";
import { useSeconds } from "./row.jsx";

const isTyping = (target) => target.closest?.("input, textarea, select, [contenteditable='true']");

export function Undo({ held, onUndo }) {
  const [gone, setGone] = useState(() => new Set());
  const live = held.filter((one) => !gone.has(one.key) && Date.parse(one.until) > Date.now());
  const last = useRef(null);
  last.current = live.at(-1) ?? null;
  const undo = (one) => {
    setGone((before) => new Set([...before, one.key]));
    onUndo(one.ids);
  };
  const act = useRef(undo);
  act.current = undo;
  useEffect(() => {
    const press = (event) => {
      if (event.key !== "z" || event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
      const one = last.current;
      if (!one || isTyping(event.target) || Date.parse(one.until) <= Date.now()) return;
      event.preventDefault();
      act.current(one);
    };
    window.addEventListener("keydown", press);
    return () => window.removeEventListener("keydown", press);
  }, []);
  return (
    <div className="wb-undo" role="status" aria-live="polite">
      {live.slice(-3).map((one) => (
        <Toast key={one.key} one={one} onUndo={undo} onOver={() => setGone((before) => new Set([...before, one.key]))} />
      ))}
    </div>
  );
}

function Toast({ one, onUndo, onOver }) {
  const left = useSeconds(one.until);
  useEffect(() => {
    if (left <= 0) onOver();
  }, [left]);
  return (
    <div className="wb-undo-toast" data-testid="undo-toast">
      <span className="wb-undo-words">{one.words}</span>
      <button type="button" className="wb-undo-button" data-testid="undo" onClick={() => onUndo(one)} title="Undo (z)">
        <RotateCcw size={14} strokeWidth={2} aria-hidden="true" /> Undo <span aria-hidden="true">{left}</span>
      </button>
    </div>
  );
}
