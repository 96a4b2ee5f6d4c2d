// A JSON value as a foldable tree. Children are drawn only when open, a hundred at a time.
import { useState } from "react";
import { ChevronRight } from "lucide-react";
import { childPath, copyText } from "$/public/external/components/clipboard/clipboard.js";

const STEP = 100;
const LONG = 400;
const OPEN_UP_TO = 40;

export function Tree({ value, path }) {
  return (
    <ul className="wb-tree" role="tree">
      {entriesOf(value).length ? (
        <Children value={value} path={path} depth={0} />
      ) : (
        <li className="wb-output-empty">{Array.isArray(value) ? "Empty list" : "Empty object"}</li>
      )}
    </ul>
  );
}

function Children({ value, path, depth }) {
  const [shown, show] = useState(STEP);
  const entries = entriesOf(value);
  return (
    <>
      {entries.slice(0, shown).map(([key, child]) => (
        <Entry key={key} name={key} value={child} path={childPath(path, key)} depth={depth} />
      ))}
      {entries.length > shown ? (
        <li role="none">
          <button type="button" className="wb-more" onClick={() => show(shown + STEP)}>
            Show {Math.min(STEP, entries.length - shown)} more of {entries.length.toLocaleString()}
          </button>
        </li>
      ) : null}
    </>
  );
}

function Entry({ name, value, path, depth }) {
  const branch = value !== null && typeof value === "object";
  const count = branch ? entriesOf(value).length : 0;
  const [open, setOpen] = useState(branch && depth < 1 && count <= OPEN_UP_TO);
  return (
    <li role="treeitem" aria-expanded={branch && count ? open : undefined} className="wb-tree-item">
      <div className="wb-tree-line">
        {branch && count ? (
          <button
            type="button"
            className="wb-tree-fold"
            data-open={open}
            aria-label={`${open ? "Fold" : "Unfold"} ${name}`}
            onClick={() => setOpen(!open)}
          >
            <ChevronRight size={12} />
          </button>
        ) : (
          <span className="wb-tree-fold" />
        )}
        <Key name={name} path={path} />
        {branch ? (
          <button type="button" className="wb-tree-sum" tabIndex={-1} onClick={() => setOpen(!open)}>
            {Array.isArray(value) ? `[${count.toLocaleString()}]` : `{${count.toLocaleString()}}`}
          </button>
        ) : (
          <Scalar value={value} />
        )}
      </div>
      {branch && open ? (
        <ul role="group" className="wb-tree-group">
          <Children value={value} path={path} depth={depth + 1} />
        </ul>
      ) : null}
    </li>
  );
}

function Key({ name, path }) {
  const [copied, setCopied] = useState(false);
  const copy = async () => {
    await copyText(`{{ ${path} }}`);
    setCopied(true);
    setTimeout(() => setCopied(false), 1200);
  };
  if (!path || path.startsWith(".") || path.startsWith("[")) return <span className="wb-tree-key">{name}</span>;
  return (
    <button type="button" className="wb-tree-key" title={`Copy {{ ${path} }}`} onClick={copy}>
      {copied ? "copied" : name}
    </button>
  );
}

function Scalar({ value }) {
  const [all, showAll] = useState(false);
  if (typeof value !== "string") {
    return <span className={`wb-tree-${value === null ? "null" : typeof value}`}>{String(value)}</span>;
  }
  const cut = !all && value.length > LONG;
  return (
    <span className="wb-tree-string">
      {JSON.stringify(cut ? value.slice(0, LONG) : value)}
      {cut ? (
        <button type="button" className="wb-more" onClick={() => showAll(true)}>
          … {(value.length - LONG).toLocaleString()} more
        </button>
      ) : null}
    </span>
  );
}

const entriesOf = (value) =>
  Array.isArray(value) ? value.map((child, index) => [index, child]) : Object.entries(value ?? {});
