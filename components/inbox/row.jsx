// One task in the list: a link that covers the line, a box to select it, and what one decides by at a glance.
import { memo, useEffect, useState } from "react";
import { Link } from "react-router";
import { Check, FileText, Flag, Hand, PencilLine, RotateCcw, TriangleAlert, Wallet } from "lucide-react";
import { Ago } from "$/public/external/components/moments/moments.jsx";

const ICONS = { approval: Hand, review: PencilLine, form: FileText, pause: TriangleAlert, budget: Wallet };

export const Row = memo(function Row({ row, kinds, current, selected, selecting, onSelect, onPoint, register }) {
  const Icon = ICONS[row.kind] ?? Hand;
  const late = row.open && row.due_at && Date.parse(row.due_at) < Date.now();
  return (
    <li
      className="wb-task-row"
      data-testid="task-row"
      data-id={row.id}
      data-unread={row.unread && row.open && !row.ghost ? "" : undefined}
      data-ghost={row.ghost ? "" : undefined}
      data-current={current ? "" : undefined}
      aria-selected={selected}
    >
      <button
        type="button"
        role="checkbox"
        aria-checked={selected}
        aria-label={`Select ${row.title}`}
        tabIndex={-1}
        className="wb-task-box"
        data-shown={selecting ? "" : undefined}
        disabled={row.ghost || !row.open}
        onClick={(event) => onSelect(row.id, event.shiftKey)}
      >
        <span>{selected ? <Check size={12} strokeWidth={2.5} aria-hidden="true" /> : null}</span>
      </button>
      <Icon size={16} strokeWidth={1.75} className="wb-task-kind" aria-hidden="true" />
      <div className="wb-task-text">
        <div className="wb-task-line">
          {row.unread && row.open && !row.ghost ? <span className="wb-task-dot" title="New to you" /> : null}
          <Link
            to={row.href}
            ref={(element) => register(row.id, element)}
            className="wb-task-title"
            onFocus={() => onPoint(row.id)}
          >
            {row.title}
          </Link>
          {row.priority < 3 && row.open ? (
            <span className="wb-task-flag" title={row.priority === 1 ? "Urgent" : "High priority"}>
              <Flag size={12} strokeWidth={2} aria-hidden="true" /> {row.priority === 1 ? "Urgent" : "High"}
            </span>
          ) : null}
        </div>
        <div className="wb-task-note">
          <span>{kinds[row.kind] ?? row.kind}</span>
          <span className="wb-task-flow">{row.workflow}</span>
          {row.claimed && row.open ? <span>claimed by {row.claimed}</span> : null}
          {row.context ? <span className="wb-task-context">{plain(row.context)}</span> : null}
        </div>
      </div>
      <div className="wb-task-when">
        {row.open && !row.ghost ? null : <Outcome row={row} />}
        {row.due_at && row.open ? (
          <span className={late ? "wb-tone-fail" : "wb-task-due"}>
            {late ? "due " : "due "}
            <Ago at={row.due_at} />
          </span>
        ) : null}
        <Ago at={row.opened_at} />
      </div>
    </li>
  );
});

// "Decided by Ada, can be undone for 7 s"
function Outcome({ row }) {
  const left = useSeconds(row.held_until);
  const by = row.decided ? `${row.outcome || "decided"} by ${row.decided}` : row.outcome || "no longer here";
  return (
    <span className="wb-task-outcome" data-testid="task-outcome">
      {left > 0 ? <RotateCcw size={12} strokeWidth={2} aria-hidden="true" /> : null}
      {left > 0 ? `${by}, can be undone for ${left} s` : by}
    </span>
  );
}

export function useSeconds(until) {
  const left = () => (until ? Math.max(0, Math.ceil((Date.parse(until) - Date.now()) / 1000)) : 0);
  const [seconds, setSeconds] = useState(left);
  useEffect(() => {
    setSeconds(left());
    if (!left()) return undefined;
    const timer = setInterval(() => setSeconds(left()), 250);
    return () => clearInterval(timer);
  }, [until]);
  return seconds;
}

// The beginning of a text without its Markdown marks.
const plain = (text) => text.replace(/[*_`#>|]+/g, "").replace(/\[([^\]]*)\]\([^)]*\)/g, "$1");
