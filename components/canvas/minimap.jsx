/* Where one is in a large graph; each node in the colour of its status. Hidden on phones, and while there is little. */
import { memo } from "react";
import { MiniMap } from "@xyflow/react";
import { useCell } from "./store.js";

const FEW = 6;

const Dot = memo(function Dot({ id, x, y, width, height, selected, className }) {
  const status = useCell(id)?.status ?? "idle";
  return <rect className={`wb-map-node wb-map-${className}`} data-status={status} data-selected={selected || undefined} x={x} y={y} width={width} height={height} rx={12} />;
});

const typeOf = (node) => node.type;

export function Minimap({ count }) {
  if (count <= FEW) return null;
  return <MiniMap className="wb-map" nodeComponent={Dot} nodeClassName={typeOf} position="bottom-right" pannable zoomable ariaLabel="The whole workflow, small" />;
}
