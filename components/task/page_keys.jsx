// The keys of a task's page: a letter presses, or puts the cursor into, what carries it as `data-key`.
// `?focus=edit` and `?focus=comment`, by which the list leads here, are as if its key were pressed.
import { useEffect } from "react";

const FOCUS = { edit: "e", comment: "c" };
const PATIENCE_MS = 10_000;

export function PageKeys() {
  useEffect(() => {
    const press = (event) => {
      if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented || event.repeat) return;
      if (document.querySelector("dialog[open], [role='dialog'], [role='alertdialog']")) return;
      if (event.key === "Escape" && isTyping(event)) return event.target.blur();
      if (isTyping(event)) return;
      if (reach(event.key)) event.preventDefault();
    };
    window.addEventListener("keydown", press);
    return () => window.removeEventListener("keydown", press);
  }, []);
  useEffect(() => {
    const key = FOCUS[new URLSearchParams(window.location.search).get("focus")];
    if (!key) return;
    const began = Date.now();
    const timer = setInterval(() => {
      if (reach(key) || Date.now() - began > PATIENCE_MS) clearInterval(timer);
    }, 50);
    return () => clearInterval(timer);
  }, []);
  return null;
}

const reach = (key) => {
  const wanted = document.querySelector(`[data-key="${CSS.escape(key)}"]`);
  if (!wanted || wanted.disabled) return false;
  if (wanted.matches("input, textarea, select")) {
    wanted.scrollIntoView({ block: "center" });
    wanted.focus();
  } else wanted.click();
  return true;
};

const isTyping = (event) =>
  event.target.closest?.("input:not([type='checkbox']), textarea, select, [contenteditable='true']") !== null;
