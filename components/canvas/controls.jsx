/* The canvas's own buttons: zoom, fit, tidy. */
import { useReactFlow } from "@xyflow/react";
import { Maximize, Minus, Plus, Workflow } from "lucide-react";

export function Controls({ onTidy, onFit }) {
  const flow = useReactFlow();
  const tools = [
    ["zoom-out", Minus, "Zoom out", () => flow.zoomOut({ duration: 120 })],
    ["zoom-in", Plus, "Zoom in", () => flow.zoomIn({ duration: 120 })],
    ["fit", Maximize, "Fit everything into view (Ctrl+0)", onFit],
    onTidy && ["tidy", Workflow, "Tidy the layout", onTidy],
  ];
  return (
    <div className="wb-controls" role="toolbar" aria-label="Canvas">
      {tools.filter(Boolean).map(([name, Icon, label, act]) => (
        <button key={name} type="button" className="wb-tool" title={label} aria-label={label} data-testid={`canvas-${name}`} onClick={act}>
          <Icon size={16} strokeWidth={1.75} aria-hidden="true" />
        </button>
      ))}
    </div>
  );
}
