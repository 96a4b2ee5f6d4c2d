/* What a cell of the notebook offers while it is selected, and where its output comes from. */
import { useContext } from "react";
import { NodeToolbar, Position } from "@xyflow/react";
import { ArrowRightFromLine, ArrowRightToLine, Diff, History, PencilLine, Pin, PinOff, Play, Repeat2 } from "lucide-react";
import { CatalogueContext } from "./catalogue.js";
import { useNote } from "./store.js";

const SIZE = { size: 14, strokeWidth: 1.75, "aria-hidden": true };

export function CellTools({ id }) {
  const { report, editable } = useContext(CatalogueContext);
  const note = useNote(id);
  if (!editable || !note) return null;
  const tools = [
    ["node", Play, "Run this cell (Shift+Enter)", note.pinned],
    ["to", ArrowRightToLine, "Run to here", note.pinned],
    ["from", ArrowRightFromLine, "Run from here", false],
  ];
  return (
    <NodeToolbar position={Position.Top} offset={6} className="wb-cell-tools nodrag" data-testid={`tools-${id}`}>
      {tools.map(([what, Icon, label, off]) => (
        <Tool key={what} name={`part-${what}`} Icon={Icon} label={label} off={off} onClick={() => report.part(what, id)} />
      ))}
      <Tool
        name="pin"
        Icon={note.pinned ? PinOff : Pin}
        label={note.pinned ? "Unpin the output" : "Pin the output: test runs take it instead of running the cell"}
        off={!note.pinned && !note.older}
        onClick={() => report.pin(id)}
      />
    </NodeToolbar>
  );
}

function Tool({ name, Icon, label, off, onClick }) {
  return (
    <button type="button" title={label} aria-label={label} disabled={off} onClick={onClick} data-testid={name}>
      <Icon {...SIZE} />
    </button>
  );
}

/* The marks in a cell's foot: stale, and reused, pinned or edited with the run that the output is from. */
export function Marks({ id, cell }) {
  const note = useNote(id);
  const kind = note?.pinned ? "pinned" : cell?.older ? "older" : cell?.origin;
  const run = { older: note?.run, reused: cell?.origin_run }[kind];
  return (
    <>
      {note?.stale && (
        <Mark id={id} name="stale" Icon={Diff} title="The draft has changed, or something this was made from is newer">
          Stale
        </Mark>
      )}
      {kind && <Mark id={id} name={kind} {...KINDS[kind]} run={run} />}
    </>
  );
}

const KINDS = {
  reused: { Icon: Repeat2, children: "Reused", title: "This run did not run the cell: the output is from another run" },
  pinned: { Icon: Pin, children: "Pinned", title: "A pinned value: test runs take it instead of running the cell" },
  edited: { Icon: PencilLine, children: "Edited", title: "A value that was written for this run" },
  older: { Icon: History, children: "Earlier run", title: "The output of an earlier run" },
};

function Mark({ id, name, Icon, title, run, children }) {
  return (
    <span className="wb-cell-mark" data-mark={name} data-testid={`${name}-${id}`} title={title}>
      <Icon size={12} strokeWidth={1.75} aria-hidden="true" />
      {children}
      {run && (
        <a className="nodrag" href={`/runs/${run}`} title={`Open run ${run}`} data-testid={`from-${id}`}>
          {run.slice(-6)}
        </a>
      )}
    </span>
  );
}
