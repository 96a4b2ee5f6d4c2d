// The keys of a task's page: a letter presses, or puts the cursor into, what carries it as `data-key`.
import { useEffect } from "react";

export function PageKeys() {
  useEffect(() => {
    const press = (event) => {
      if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented || event.repeat) return;
      if (document.querySelector("dialog[open], [role='dialog'], [role='alertdialog']")) return;
      if (event.key === "Escape" && isTyping(event)) return event.target.blur();
      if (isTyping(event)) return;
      const wanted = document.querySelector(`[data-key="${CSS.escape(event.key)}"]`);
      if (!wanted || wanted.disabled) return;
      event.preventDefault();
      if (wanted.matches("input, textarea, select")) {
        wanted.scrollIntoView({ block: "center" });
        wanted.focus();
      } else wanted.click();
    };
    window.addEventListener("keydown", press);
    return () => window.removeEventListener("keydown", press);
  }, []);
  return null;
}

const isTyping = (event) =>
  event.target.closest?.("input:not([type='checkbox']), textarea, select, [contenteditable='true']") !== null;
