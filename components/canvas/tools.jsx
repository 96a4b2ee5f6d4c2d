/* What a cell of the notebook offers while it is selected, and where its output comes from. */
import { useContext } from "react";
import { NodeToolbar, Position, useReactFlow } from "@xyflow/react";
import { ArrowRightFromLine, ArrowRightToLine, Diff, History, PencilLine, Pin, PinOff, Play, Repeat2 } from "lucide-react";
import { CatalogueContext } from "./catalogue.js";
import { outermost } from "./frames.js";
import { useNote } from "./store.js";

const SIZE = { size: 14, strokeWidth: 1.75, "aria-hidden": true };

/* A node inside a container runs where that runs, in each of its passes: its tools are about the outermost one. */
export function CellTools({ id }) {
  const { report, editable, mayRun } = useContext(CatalogueContext);
  const flow = useReactFlow();
  const own = outermost(flow, flow.getNode(id));
  const note = useNote(own?.id ?? id);
  if (!note || !(editable || mayRun)) return null;
  const around = own.id === id ? "" : `“${own.data.title}”`;
  const pinned = note.pinned && `${around || "The output"} is pinned: unpin it to run it`;
  const tools = [
    ["node", Play, around ? `Run ${around}: this cell runs in each of its passes (Shift+Enter)` : "Run this cell (Shift+Enter)", pinned],
    ["to", ArrowRightToLine, `Run to ${around || "here"}`, pinned],
    ["from", ArrowRightFromLine, `Run from ${around || "here"}`, false],
  ];
  return (
    <NodeToolbar position={around ? Position.Bottom : Position.Top} offset={6} className="wb-cell-tools nodrag" data-testid={`tools-${id}`}>
      {mayRun && tools.map(([what, Icon, label, why]) => (
        <Tool key={what} name={`part-${what}`} Icon={Icon} label={label} why={why} onClick={() => report.part(what, id)} />
      ))}
      {editable && <PinTool id={id} note={note} around={around} report={report} />}
    </NodeToolbar>
  );
}

function PinTool({ id, note, around, report }) {
  if (around) return <Tool name="pin" Icon={Pin} why={`There is an output for each pass, so none can be pinned here: pin ${around}`} />;
  return note.pinned ? (
    <Tool name="pin" Icon={PinOff} label="Unpin the output" onClick={() => report.pin(id)} />
  ) : (
    <Tool
      name="pin"
      Icon={Pin}
      label="Pin the output: test runs take it instead of running the cell"
      why={!note.older && "Nothing to pin yet: run the cell first"}
      onClick={() => report.pin(id)}
    />
  );
}

/* `why` says why it cannot be pressed now. */
function Tool({ name, Icon, label, why = false, onClick }) {
  const words = why || label;
  return (
    <button type="button" title={words} aria-label={words} disabled={Boolean(why)} onClick={onClick} data-testid={name}>
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
