/* An edge as a calm curve: inked where the watched run went, faint where it did not, dashed if implied. */
import { memo } from "react";
import { BaseEdge, getBezierPath } from "@xyflow/react";
import { useWire } from "./store.js";

export const Wire = memo(function Wire(props) {
  const { id, source, target, sourceHandleId, data, selected } = props;
  const state = useWire(source, sourceHandleId ?? "out", target);
  const path = data?.implied ? arc(props) : getBezierPath(props)[0];
  const name = data?.implied ? "wb-wire wb-wire-implied" : `wb-wire ${state && `wb-wire-${state}`}`;
  return (
    <g data-testid={`edge-${source}-${target}`} data-state={data?.implied ? "implied" : state}>
      <BaseEdge id={id} path={path} className={selected ? `${name} wb-wire-selected` : name} interactionWidth={data?.implied ? 0 : 16} />
    </g>
  );
});

/* Implied wires pass above the cells between their ends, so that they never lie on a drawn one. */
function arc({ sourceX, sourceY, targetX, targetY }) {
  const out = Math.min(80, Math.abs(targetX - sourceX) / 2);
  return `M${sourceX},${sourceY} C${sourceX + out},${sourceY - BOW} ${targetX - out},${targetY - BOW} ${targetX},${targetY}`;
}

const BOW = 88;
