// The keys of the list. `g` begins a sequence of the whole application, so the key after it is not ours.
import { useEffect, useRef } from "react";

const SEQUENCE_MS = 1200;

const isTyping = (target) => target.closest?.("input, textarea, select, dialog, [role='dialog'], [contenteditable='true']");

export function useInboxKeys(acts) {
  const act = useRef(acts);
  act.current = acts;
  useEffect(() => {
    let sequence = 0;
    const press = (event) => {
      if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented || isTyping(event.target)) return;
      if (document.querySelector("dialog[open], [role='dialog'], [role='alertdialog']")) return;
      const within = Date.now() < sequence;
      sequence = event.key === "g" ? Date.now() + SEQUENCE_MS : 0;
      if (within || event.key === "g") return;
      const todo = of(event, act.current);
      if (!todo) return;
      event.preventDefault();
      todo();
    };
    window.addEventListener("keydown", press);
    return () => window.removeEventListener("keydown", press);
  }, []);
}

function of(event, act) {
  const keys = {
    j: () => act.step(1),
    k: () => act.step(-1),
    ArrowDown: () => act.step(1),
    ArrowUp: () => act.step(-1),
    o: () => act.open(""),
    e: () => act.open("edit"),
    c: () => act.open("comment"),
    a: act.approve,
    r: act.reject,
    x: () => act.select(false),
    X: () => act.select(true),
    u: act.mark,
    ".": act.fresh,
    Escape: act.clear,
  };
  return act.blocked && event.key !== "Escape" ? null : keys[event.key];
}
