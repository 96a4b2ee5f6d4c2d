/* The canvas's keys and clipboard. They are quiet while one types, and while a dialog is open. */
import { useEffect, useRef } from "react";

const TYPING = "input, textarea, select, [contenteditable=true], [role=textbox]";
const FLOATING = "dialog[open], [role=dialog], [role=alertdialog], [role=menu]";

const typing = (target) => target instanceof Element && target.closest(TYPING) !== null;
const covered = () => document.querySelector(FLOATING) !== null;

/* The command that a key press asks for, or null. */
function commandOf(event) {
  const key = event.key.toLowerCase();
  const control = event.ctrlKey || event.metaKey;
  if (control && key === "enter") return "run";
  if (typing(event.target)) return null;
  if (event.shiftKey && key === "enter") return "part";
  if (!control) return key === "escape" ? "clear" : null;
  if (key === "z") return event.shiftKey ? "redo" : "undo";
  return { y: "redo", a: "all", d: "duplicate", s: "nothing", 0: "fit" }[key] ?? null;
}

export function useKeys(commands) {
  const latest = useRef(commands);
  latest.current = commands;
  useEffect(() => {
    const onKeyDown = (event) => {
      const name = covered() ? null : commandOf(event);
      if (!name || !(name in latest.current)) return;
      event.preventDefault();
      latest.current[name]();
    };
    /* Before React Flow sees it, which takes Shift with Enter for a wish to deselect the cell. */
    const onPart = (event) => {
      if (covered() || commandOf(event) !== "part" || !latest.current.part) return;
      event.preventDefault();
      event.stopPropagation();
      latest.current.part();
    };
    const onCopy = (event) => {
      if (typing(event.target) || covered() || String(window.getSelection())) return;
      latest.current.copy?.();
    };
    const onPaste = (event) => {
      if (typing(event.target) || covered()) return;
      latest.current.paste?.(event.clipboardData?.getData("text/plain") ?? "");
    };
    window.addEventListener("keydown", onPart, true);
    window.addEventListener("keydown", onKeyDown);
    document.addEventListener("copy", onCopy);
    document.addEventListener("paste", onPaste);
    return () => {
      window.removeEventListener("keydown", onPart, true);
      window.removeEventListener("keydown", onKeyDown);
      document.removeEventListener("copy", onCopy);
      document.removeEventListener("paste", onPaste);
    };
  }, []);
}
