/* One node as a cell of the notebook: what it is, what it does, what came out of it. */
import { memo, useContext } from "react";
import Markdown from "react-markdown";
import { ErrorLine, Line, Ports, ProblemMark, StatusMark, Title, looksAlike, useBox } from "./box.jsx";
import { CatalogueContext } from "./catalogue.js";
import { portsOf } from "./graph.js";
import { portsHeight } from "./metrics.js";
import { useProblems } from "./store.js";
import { CellTools, Marks } from "./tools.jsx";

export const Cell = memo(function Cell({ id, data, selected, height }) {
  const { types, report } = useContext(CatalogueContext);
  const { cell, note, box } = useBox(id, selected);
  const { inputs, outputs } = portsOf(data, types);
  return (
    <div
      className="wb-box wb-cell"
      {...box}
      style={{ minHeight: portsHeight(Math.max(inputs.length, outputs.length)), "--wb-cell-height": `${height}px` }}
    >
      <Ports id={id} inputs={inputs} outputs={outputs} />
      <CellTools id={id} />
      <header className="wb-box-row wb-cell-head">
        <Title id={id} data={data} />
        <ProblemMark id={id} />
        <StatusMark id={id} status={box["data-status"]} />
      </header>
      {data.summary && <Line text={data.summary} />}
      {cell?.error && <ErrorLine id={id} text={cell.error} />}
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
