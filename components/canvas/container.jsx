/* A container as a quiet frame around its body: a cell's head, how far it is, and the pass that is shown. */
import { memo, useContext, useEffect, useRef, useState } from "react";
import { NodeResizeControl } from "@xyflow/react";
import { ChevronLeft, ChevronRight, CircleX, SkipForward } from "lucide-react";
import { ErrorLine, Line, Ports, ProblemMark, StatusMark, Title, looksAlike, useBox } from "./box.jsx";
import { CatalogueContext } from "./catalogue.js";
import { portsOf } from "./graph.js";
import { FRAME } from "./metrics.js";
import { useTarget } from "./store.js";
import { CellTools, Marks } from "./tools.jsx";

export const Container = memo(function Container({ id, data, selected }) {
  const { types, report, editable } = useContext(CatalogueContext);
  const { cell, box } = useBox(id, selected);
  const target = useTarget(id);
  return (
    <div className="wb-box wb-frame" {...box} data-target={target || undefined}>
      <Ports id={id} {...portsOf(data, types)} />
      <CellTools id={id} />
      <header className="wb-frame-head">
        <div className="wb-box-row wb-frame-row">
          <Title id={id} data={data} />
          <Marks id={id} cell={cell} />
          <ProblemMark id={id} />
          <StatusMark id={id} status={box["data-status"]} />
          {cell?.tally && (
            <span className="wb-frame-tally" data-testid={`tally-${id}`} data-failed={cell.passes?.failed > 0 || undefined}>
              {cell.tally}
            </span>
          )}
        </div>
        <div className="wb-box-row wb-frame-row">
          {cell?.passes && <Passes id={id} passes={cell.passes} report={report} />}
          <Line text={data.summary} />
        </div>
      </header>
      {data.empty && editable && <p className="wb-frame-empty">Drag nodes in here: they run once in every pass.</p>}
      {cell?.error && <ErrorLine id={id} text={cell.error} />}
      {editable && selected && <Grip id={id} />}
    </div>
  );
}, looksAlike);

/* The corner by which a frame is pulled larger or smaller, never smaller than its body. */
function Grip({ id }) {
  return (
    <NodeResizeControl className="wb-frame-grip nodrag" position="bottom-right" minWidth={FRAME.width} minHeight={FRAME.height}>
      <svg viewBox="0 0 12 12" data-testid={`grip-${id}`} aria-hidden="true">
        <title>Pull to resize</title>
        <path d="M11 3 3 11M11 8 8 11" />
      </svg>
    </NodeResizeControl>
  );
}

const stop = (event) => event.stopPropagation(); // turning to another pass selects nothing
const quiet = (event) => ["Enter", " "].includes(event.key) && event.stopPropagation();

/* Which pass the body shows, and the ways to another. Numbers are counted from 1, as people do. The head is
 * filled from the left, because a frame may be wider than the screen. */
function Passes({ id, passes, report }) {
  const go = (which) => report.pass(id, which);
  const tools = [
    ["failed", CircleX, "Next pass that failed", passes.failed > 0],
    ["latest", SkipForward, passes.follow ? "The latest pass is followed" : "The latest pass", true],
  ];
  return (
    <div
      className="wb-passes nodrag"
      role="group"
      aria-label={`Pass of ${id}`}
      data-testid={`passes-${id}`}
      onClick={stop}
      onKeyDown={quiet}
    >
      <Step name="previous" Icon={ChevronLeft} label="Pass before" off={passes.index <= 0} id={id} go={go} />
      <Number id={id} passes={passes} go={go} />
      <Step name="next" Icon={ChevronRight} label="Next pass" off={passes.index + 1 >= passes.known} id={id} go={go} />
      {tools.map(([name, Icon, label, there]) =>
        there ? <Step key={name} name={name} Icon={Icon} label={label} on={name === "latest" && passes.follow} id={id} go={go} /> : null,
      )}
    </div>
  );
}

function Step({ name, Icon, label, id, go, off = false, on = false }) {
  return (
    <button
      type="button"
      className="wb-pass-step"
      data-testid={`pass-${name}-${id}`}
      title={label}
      aria-label={label}
      aria-pressed={name === "latest" ? on : undefined}
      disabled={off}
      onClick={() => go(name)}
    >
      <Icon size={14} strokeWidth={1.75} aria-hidden="true" />
    </button>
  );
}

function Number({ id, passes, go }) {
  const shown = passes.index < 0 ? "" : String(passes.index + 1);
  const [text, setText] = useState(shown);
  const input = useRef(null);
  useEffect(() => {
    if (document.activeElement !== input.current) setText(shown); // what is being typed stays
  }, [shown]);
  const commit = () => (/^\d+$/.test(text) && text !== shown ? go(String(Math.max(1, +text) - 1)) : setText(shown));
  return (
    <label className="wb-pass-number" title={passes.index < 0 ? "No pass has begun" : `index ${passes.index}`}>
      <input
        ref={input}
        inputMode="numeric"
        aria-label={`Number of the pass of ${id}`}
        data-testid={`pass-${id}`}
        value={text}
        size={Math.max(1, text.length)}
        onChange={(event) => setText(event.target.value)}
        onFocus={(event) => event.target.select()}
        onBlur={commit}
        onKeyDown={(event) => {
          if (event.key === "Enter") event.target.blur();
          if (event.key === "Escape") setText(shown);
        }}
      />
      <span>of {passes.total || passes.known}</span>
    </label>
  );
}
