/* What a cell and a container's frame have in common: how they stand, their head's parts, their ports. */
import { useContext } from "react";
import { Handle, Position } from "@xyflow/react";
import { TriangleAlert } from "lucide-react";
import { CatalogueContext } from "./catalogue.js";
import { portY } from "./metrics.js";
import { useCell, useForbidden, useNote, useProblems } from "./store.js";

/* Where a cell stands is its wrapper's business: what moves with its container is not drawn anew. */
export const looksAlike = (a, b) => a.id === b.id && a.data === b.data && a.selected === b.selected && a.height === b.height;

/* What the store says of a node, and as `box` the attributes by which its style tells how it stands. */
export function useBox(id, selected) {
  const cell = useCell(id);
  const note = useNote(id);
  const problems = useProblems(id);
  const forbidden = useForbidden(id);
  const box = {
    "data-testid": `node-${id}`,
    "data-status": cell?.status ?? "idle",
    "data-selected": selected || undefined,
    "data-forbidden": forbidden || undefined,
    "data-problem": problems ? true : undefined,
    "data-stale": note?.stale || undefined,
  };
  return { cell, note, box };
}

export function Title({ id, data }) {
  const { types, icons } = useContext(CatalogueContext);
  return (
    <>
      <span className="wb-cell-icon" title={types[data.type]?.title ?? data.type}>
        {icons[data.type]}
      </span>
      <span className="wb-cell-title" title={`${data.title} (${id})`}>
        {data.title}
      </span>
    </>
  );
}

/* What a node does with its settings. */
export function Line({ text }) {
  return (
    <p className="wb-box-line" title={text}>
      {text}
    </p>
  );
}

export function ErrorLine({ id, text }) {
  return (
    <p className="wb-box-error" title={text} data-testid={`error-${id}`}>
      {text}
    </p>
  );
}

export function Ports({ id, inputs, outputs }) {
  const sides = [
    ["target", Position.Left, inputs],
    ["source", Position.Right, outputs],
  ];
  return sides.flatMap(([kind, position, ports]) =>
    ports.map((port, index) => (
      <Handle
        key={`${kind}-${port.name}`}
        id={port.name}
        type={kind}
        position={position}
        className="wb-port"
        style={{ top: portY(index) }}
        data-testid={`handle-${id}-${port.name}`}
        aria-label={`${port.title} of ${id}`}
        data-name={port.title}
        data-shown={ports.length > 1 || undefined}
      />
    )),
  );
}

export function StatusMark({ id, status }) {
  const mark = useContext(CatalogueContext).marks[status];
  return (
    <span
      className={`wb-mark-status wb-tone-${mark?.tone ?? "quiet"}`}
      data-status={status}
      data-testid={`status-${id}`}
      role="img"
      aria-label={mark?.label ?? status}
      title={status === "idle" ? undefined : mark?.label}
    >
      {status !== "idle" && mark?.icon}
    </span>
  );
}

export function ProblemMark({ id }) {
  const { report } = useContext(CatalogueContext);
  const problems = useProblems(id);
  if (!problems) return null;
  const text = problems.join("\n");
  return (
    <button
      type="button"
      className="wb-cell-problems nodrag"
      data-testid={`problems-${id}`}
      title={text}
      aria-label={`${problems.length} problems: ${text}`}
      onClick={() => report.open(id, "problems")}
    >
      <TriangleAlert size={12} strokeWidth={2} aria-hidden="true" />
      {problems.length}
    </button>
  );
}
