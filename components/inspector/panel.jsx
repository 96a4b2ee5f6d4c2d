/* A panel at the edge of the work that remembers its size; its inner edge is dragged, or moved with arrows. */
import { useRef, useState } from "react";

export function Panel({ side = "right", name, size = 360, least = 240, most = 720, label, children }) {
  const stored = `workbench.panel.${name}`;
  const [now, setNow] = useState(() => Number(localStorage.getItem(stored)) || size);
  const drag = useRef(null);
  const across = side === "bottom" ? "y" : "x";
  const set = (value) => {
    const next = Math.round(Math.max(least, Math.min(most, value)));
    setNow(next);
    localStorage.setItem(stored, String(next));
  };
  const place = (event) => (across === "x" ? event.clientX : event.clientY);
  const onPointerDown = (event) => {
    event.currentTarget.setPointerCapture(event.pointerId);
    drag.current = { from: place(event), size: now };
  };
  const onPointerMove = (event) => {
    if (drag.current) set(drag.current.size + drag.current.from - place(event));
  };
  const onKeyDown = (event) => {
    const step = { ArrowLeft: 16, ArrowUp: 16, ArrowRight: -16, ArrowDown: -16 }[event.key];
    if (!step) return;
    event.preventDefault();
    set(now + step);
  };
  return (
    <aside className="wb-panel" data-side={side} data-testid={`panel-${name}`} aria-label={label} style={{ "--wb-panel-size": `${now}px` }}>
      <div
        className="wb-panel-grip"
        role="separator"
        tabIndex={0}
        aria-label={`Resize: ${label}`}
        aria-orientation={across === "x" ? "vertical" : "horizontal"}
        aria-valuenow={now}
        aria-valuemin={least}
        aria-valuemax={most}
        onPointerDown={onPointerDown}
        onPointerMove={onPointerMove}
        onPointerUp={() => (drag.current = null)}
        onKeyDown={onKeyDown}
      />
      {children}
    </aside>
  );
}
