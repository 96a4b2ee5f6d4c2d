/* One node as a cell of the notebook: what it is, what it does, what came out of it. */
import { memo, useContext } from "react";
import { Handle, Position } from "@xyflow/react";
import Markdown from "react-markdown";
import { TriangleAlert } from "lucide-react";
import { CatalogueContext } from "./catalogue.js";
import { portsOf } from "./graph.js";
import { portY, portsHeight } from "./metrics.js";
import { useCell, useForbidden, useNote, useProblems } from "./store.js";
import { CellTools, Marks } from "./tools.jsx";

/* Where a cell stands is its wrapper's business: what moves with its container is not drawn anew. */
export const looksAlike = (a, b) => a.id === b.id && a.data === b.data && a.selected === b.selected && a.height === b.height;

export const Cell = memo(function Cell({ id, data, selected, height }) {
  const { types, icons, report } = useContext(CatalogueContext);
  const type = types[data.type];
  const cell = useCell(id);
  const problems = useProblems(id);
  const forbidden = useForbidden(id);
  const note = useNote(id);
  const status = cell?.status ?? "idle";
  const { inputs, outputs } = portsOf(data, types);
  return (
    <div
      className="wb-cell"
      data-testid={`node-${id}`}
      data-status={status}
      data-selected={selected || undefined}
      data-forbidden={forbidden || undefined}
      data-problem={problems ? true : undefined}
      data-stale={note?.stale || undefined}
      style={{ minHeight: portsHeight(Math.max(inputs.length, outputs.length)), "--wb-cell-height": `${height}px` }}
    >
      <Ports id={id} inputs={inputs} outputs={outputs} />
      <CellTools id={id} />
      <header className="wb-cell-head">
        <span className="wb-cell-icon" title={type?.title ?? data.type}>
          {icons[data.type]}
        </span>
        <span className="wb-cell-title" title={`${data.title} (${id})`}>
          {data.title}
        </span>
        {problems && <ProblemMark id={id} problems={problems} report={report} />}
        <StatusMark id={id} status={status} />
      </header>
      {data.summary && (
        <p className="wb-cell-line" title={data.summary}>
          {data.summary}
        </p>
      )}
      {cell?.error && (
        <p className="wb-cell-error" title={cell.error} data-testid={`error-${id}`}>
          {cell.error}
        </p>
      )}
      {cell && <Preview id={id} cell={cell} report={report} />}
      {(cell || note?.stale || note?.pinned) && <Foot id={id} cell={cell} marked={note?.stale || note?.pinned} />}
    </div>
  );
}, looksAlike);

export const Note = memo(function Note({ id, data, selected }) {
  const problems = useProblems(id);
  return (
    <div className="wb-note" data-testid={`node-${id}`} data-selected={selected || undefined} data-problem={problems ? true : undefined}>
      {data.title && <p className="wb-note-title">{data.title}</p>}
      <div className="wb-markdown">
        <Markdown disallowedElements={["img"]}>{data.summary || "*An empty note*"}</Markdown>
      </div>
    </div>
  );
}, looksAlike);

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

export function ProblemMark({ id, problems, report }) {
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

function Preview({ id, cell, report }) {
  if (!cell.kind) return null;
  return (
    <div className="wb-cell-out" data-testid={`preview-${id}`} data-kind={cell.kind}>
      <PreviewBody cell={cell} />
      {cell.more && (
        <button type="button" className="wb-cell-more nodrag" onClick={() => report.open(id, "output")}>
          more
        </button>
      )}
    </div>
  );
}

function PreviewBody({ cell }) {
  switch (cell.kind) {
    case "image":
      return <img src={cell.preview} alt="" loading="lazy" draggable={false} />;
    case "markdown":
      return (
        <div className="wb-markdown">
          <Markdown disallowedElements={["img"]}>{cell.preview}</Markdown>
        </div>
      );
    case "table":
      return <Table head={cell.head} rows={cell.rows} />;
    default:
      return <pre>{cell.preview}</pre>;
  }
}

function Table({ head, rows }) {
  return (
    <table>
      <thead>
        <tr>
          {head.map((name) => (
            <th key={name}>{name}</th>
          ))}
        </tr>
      </thead>
      <tbody>
        {rows.map((row, index) => (
          <tr key={index}>
            {row.map((value, column) => (
              <td key={column}>{value}</td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function Foot({ id, cell, marked }) {
  const parts = [cell?.duration, cell?.attempt > 1 ? `${cell.attempt} attempts` : ""].filter(Boolean);
  if (parts.length === 0 && !marked && !cell?.origin && !cell?.older) return null;
  return (
    <footer className="wb-cell-foot">
      {parts.length > 0 && <span>{parts.join(" · ")}</span>}
      <Marks id={id} cell={cell} />
    </footer>
  );
}
