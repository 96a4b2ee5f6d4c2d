/* The node types, searchable: drag one onto the canvas, or press it to add it where one is looking. */
import { useContext, useMemo, useRef, useState } from "react";
import { PanelLeftClose, PanelLeftOpen, Search } from "lucide-react";
import { CatalogueContext } from "./catalogue.js";

export const DRAG_TYPE = "application/x-workbench-node";
/* The type that is being dragged: a browser tells it to nobody before it is dropped. */
let type = "";
export const dragged = () => type;
const STORED = "workbench.palette";

export function Palette({ onAdd }) {
  const [open, setOpen] = useState(() => localStorage.getItem(STORED) !== "closed");
  const toggle = () => {
    localStorage.setItem(STORED, open ? "closed" : "open");
    setOpen(!open);
  };
  const Icon = open ? PanelLeftClose : PanelLeftOpen;
  const label = open ? "Hide the node types" : "Show the node types";
  return (
    <aside className="wb-kit" data-open={open || undefined} aria-label="Node types" data-testid="palette">
      <header className="wb-kit-head">
        {open && <h2>Nodes</h2>}
        <button type="button" className="wb-tool" title={label} aria-label={label} aria-expanded={open} onClick={toggle}>
          <Icon size={16} strokeWidth={1.75} aria-hidden="true" />
        </button>
      </header>
      {open && <Finder onAdd={onAdd} />}
    </aside>
  );
}

function Finder({ onAdd }) {
  const { types } = useContext(CatalogueContext);
  const [query, setQuery] = useState("");
  const list = useRef(null);
  const groups = useMemo(() => grouped(Object.values(types), query), [types, query]);
  const first = groups[0]?.[1][0];
  const onKeyDown = (event) => {
    if (event.key === "Enter" && event.target.tagName === "INPUT" && first) onAdd(first.type);
    if (event.key === "ArrowDown" || event.key === "ArrowUp") step(event, list.current.parentElement);
  };
  return (
    <div className="wb-kit-body" onKeyDown={onKeyDown}>
      <label className="wb-find">
        <Search size={14} strokeWidth={1.75} aria-hidden="true" />
        <input
          type="search"
          placeholder="Find a node type"
          aria-label="Find a node type"
          data-testid="palette-search"
          value={query}
          onChange={(event) => setQuery(event.target.value)}
        />
      </label>
      <div className="wb-kit-list" ref={list}>
        {groups.map(([category, entries]) => (
          <section key={category}>
            <h3>{category}</h3>
            {entries.map((entry) => (
              <Entry key={entry.type} entry={entry} onAdd={onAdd} />
            ))}
          </section>
        ))}
        {groups.length === 0 && <p className="wb-kit-none">No node type matches “{query}”.</p>}
      </div>
    </div>
  );
}

function Entry({ entry, onAdd }) {
  const { icons } = useContext(CatalogueContext);
  const onDragStart = (event) => {
    type = entry.type;
    event.dataTransfer.setData(DRAG_TYPE, entry.type);
    event.dataTransfer.effectAllowed = "copy";
  };
  return (
    <button
      type="button"
      className="wb-kit-entry"
      data-testid={`palette-${entry.type}`}
      title={`${entry.summary} Drag it onto the canvas, or press to add it.`}
      draggable
      onDragStart={onDragStart}
      onClick={() => onAdd(entry.type)}
    >
      <span className="wb-cell-icon">{icons[entry.type]}</span>
      <span className="wb-kit-text">
        <span className="wb-kit-title">{entry.title}</span>
        <span className="wb-kit-summary">{entry.summary}</span>
      </span>
    </button>
  );
}

function grouped(types, query) {
  const words = query.trim().toLowerCase().split(/\s+/);
  const groups = new Map();
  for (const entry of types) {
    const text = `${entry.title} ${entry.type} ${entry.summary} ${entry.category}`.toLowerCase();
    if (!words.every((word) => text.includes(word))) continue;
    groups.set(entry.category, [...(groups.get(entry.category) ?? []), entry]);
  }
  return [...groups];
}

/* Arrow keys walk from the search field through the entries and back. */
function step(event, root) {
  const stops = [...root.querySelectorAll("input, .wb-kit-entry")];
  const next = stops.indexOf(document.activeElement) + (event.key === "ArrowDown" ? 1 : -1);
  stops[Math.max(0, Math.min(stops.length - 1, next))]?.focus();
  event.preventDefault();
}
